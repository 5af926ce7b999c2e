import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, type LinkCloseCause } from '@realer-device/host'
import { afterEach, expect, test, vi } from 'vitest'
import { nodeTcpLink, type TcpLinkOptions } from '../src/tcp-link.ts'
import { startTcp } from './servers.ts'

// The one part of the world that a test cannot bring: what the name servers say.
const names = vi.hoisted(() => new Map<string, readonly string[]>())
vi.mock('node:dns', async (importOriginal) => {
  const dns = await importOriginal<typeof import('node:dns')>()
  const lookup = (
    name: string,
    _options: object,
    tell: (error: Error | null, addresses?: { address: string; family: number }[]) => void,
  ) => {
    const addresses = names.get(name)
    if (addresses === undefined) return tell(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }))
    tell(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
  return { ...dns, lookup }
})

const endings: (() => unknown)[] = []
afterEach(async () => {
  names.clear()
  for (const end of endings.splice(0)) await end()
})

/** Opens a link; what it came to: open, or its end. */
function outcomeOf(url: string, options: TcpLinkOptions = {}): Promise<'open' | LinkCloseCause> {
  return new Promise((resolve) => {
    const link = nodeTcpLink(options)(
      { url, timeoutMs: 10_000 },
      { onOpen: () => resolve('open'), onBytes() {}, onClosed: resolve },
    )
    endings.push(() => link.destroy())
  })
}

test('loopback is led to, by its addresses and as localhost, whatever the name servers say', async () => {
  const port = await startTcp()
  names.set('localhost', ['93.184.215.14'])
  for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::ffff:127.0.0.1]'])
    expect(await outcomeOf(`mqtt://${host}:${port}`), host).toBe('open')
})

test.each([
  'mqtt://mqtt.therealer.com',
  'mqtt://93.184.215.14:1883',
  'mqtt://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]',
  'mqtt://[::ffff:93.184.215.14]',
  'mqtt://192.168.1.10',
  'mqtt://[fd00::1]',
  'mqtt://0.0.0.0',
  'mqtt://127.1',
  'mqtt://localhost.example',
  'mqtts://127.0.0.1',
  'mqtts://mqtt.therealer.com:8883',
  'unix:/run/terminator.sock',
])('AUTH-1: %s is refused where nothing names it', async (url) => {
  expect(await outcomeOf(url)).toBe('unusable')
})

test('AUTH-1: a name that is allowed leads to a network of its own, and not to where anyone comes', async () => {
  const port = await startTcp()
  const options = { hosts: ['terminator.home'] }
  names.set('terminator.home', ['127.0.0.1'])
  expect(await outcomeOf(`mqtt://Terminator.home:${port}`, options)).toBe('open')
  names.set('terminator.home', ['127.0.0.1', '93.184.215.14'])
  expect(await outcomeOf(`mqtt://terminator.home:${port}`, options)).toBe('unusable')
  names.delete('terminator.home')
  expect(await outcomeOf(`mqtt://terminator.home:${port}`, options)).toBe('network')
})

test("the catalog's address goes to the terminator that stands for it, and to no other", async () => {
  const port = await startTcp()
  const terminators = { 'mqtts://mqtt.example': `mqtt://127.0.0.1:${port}` }
  expect(await outcomeOf('mqtts://mqtt.example:8883', { terminators })).toBe('open')
  expect(await outcomeOf('mqtts://MQTT.example/', { terminators })).toBe('open')
  expect(await outcomeOf('mqtts://mqtt.example:8884', { terminators })).toBe('unusable')
  expect(await outcomeOf('mqtts://other.example', { terminators })).toBe('unusable')
})

test('a terminator may be at a socket of the file system', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'realer-device-'))
  const path = join(folder, 'terminator.sock')
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket))
  endings.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await rm(folder, { recursive: true })
  })
  server.listen(path)
  await once(server, 'listening')
  const terminators = { 'mqtts://mqtt.example': `unix:${path}` }
  expect(await outcomeOf('mqtts://mqtt.example', { terminators })).toBe('open')
})

test.each([
  ['hosts', { hosts: ['93.184.215.14'] }],
  ['hosts', { hosts: ['2606:2800:21f:cb07:6820:80da:af6b:8b2c'] }],
  ['hosts', { hosts: ['mqtt://terminator.home'] }],
  ['hosts', { hosts: ['terminator.home:1883'] }],
  ['hosts', { hosts: [''] }],
  ['hosts', { hosts: 'terminator.home' as unknown as string[] }],
  ['terminators', { terminators: { 'mqtt.example': 'mqtt://127.0.0.1' } }],
  ['terminators', { terminators: { 'mqtts://mqtt.example': 'mqtt://93.184.215.14' } }],
  ['terminators', { terminators: { 'mqtts://mqtt.example': 'mqtt://terminator.home' } }],
  ['terminators', { terminators: { 'mqtts://mqtt.example': 'mqtts://127.0.0.1' } }],
  ['terminators', { terminators: { 'mqtts://mqtt.example': 'unix:relative' } }],
  ['terminators', { terminators: null as unknown as Record<string, string> }],
])('AUTH-1: an option that leads elsewhere, or nowhere, is refused by its name: %s %j', (field, options) => {
  expect(() => nodeTcpLink(options)).toThrow(expect.objectContaining({ name: 'ConfigError', field }))
  expect(() => nodeTcpLink(options)).toThrow(ConfigError)
})

test("hosts on a network of one's own are taken, by name and by address", () => {
  const hosts = ['terminator.home', '10.0.0.7', '172.16.3.4', '192.168.1.10', 'fd00::1', 'fe80::1', '::1']
  expect(nodeTcpLink({ hosts })).toBeTypeOf('function')
})
