import { readFile } from 'node:fs/promises'
import { createServer as createTcpServer } from 'node:net'
import { connect, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type Clause,
  callerClauses,
  type LinkSetup,
  linkCasesLeftOut,
  linkClauses,
  linkContract,
} from '@realer-device/contract'
import { linkEnds, type OpenLink } from '@realer-device/host'
import { nodePlatform } from '@realer-device/node'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { memoryLinkSetup } from '../packages/memory/test/setup.ts'
import { createAuthority } from '../packages/node/test/authority.ts'
import { listenOn } from '../packages/node/test/listen-on.ts'
import { closedPort } from '../packages/node/test/servers.ts'
import { makeExampleFolder } from './support/example-folder.ts'
import { codeFiles } from './support/readme.ts'

const page = fileURLToPath(new URL('../docs/links.md', import.meta.url))
const text = await readFile(page, 'utf8')
const files = await codeFiles(page)
const folder = await makeExampleFolder()
await folder.write(files)
const authority = await createAuthority()

afterAll(() => folder.remove())

/** What the page's code is made of, as this test uses it; the compiler holds the page to its own types. */
interface BoardSocketEvents {
  onReady(): void
  onData(bytes: Uint8Array): void
  onClosed(): void
  onError(isTls: boolean, text: string): void
}
interface PageCode {
  boardLink(
    connect: (host: string, port: number, events: BoardSocketEvents) => object,
    clock: object,
  ): OpenLink
}

/** A board whose TLS is Node's. */
function connectBoard(host: string, port: number, events: BoardSocketEvents): object {
  const socket: TLSSocket = connect({ host, port, ca: authority.caPem })
  let isQuiet = false
  const tell = (act: () => void): void => {
    if (!isQuiet) act()
  }
  socket.on('secureConnect', () => tell(() => events.onReady()))
  socket.on('data', (bytes: Uint8Array) => tell(() => events.onData(bytes)))
  socket.on('error', (error: Error & { code?: string }) =>
    tell(() => {
      isQuiet = true
      events.onError(/CERT|VERIFY|ALTNAME|SSL|TLS|EPROTO/.test(error.code ?? ''), error.code ?? 'an error')
    }),
  )
  socket.on('close', () => tell(() => events.onClosed()))
  return {
    write(bytes: Uint8Array, onLeft: () => void) {
      if (socket.writable) socket.write(bytes, onLeft)
    },
    read: (isOn: boolean) => (isOn ? socket.resume() : socket.pause()),
    finish: () => socket.end(),
    abort() {
      isQuiet = true
      socket.destroy()
    },
  }
}

/** The rows of the table behind a mark. */
function rowsAfter(mark: string): string[][] {
  const [, table = ''] = text.split(`<!-- ${mark} -->\n`)
  return (/^(?:\|.*\n?)+/.exec(table)?.[0] ?? '')
    .trim()
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe("the page's link", async () => {
  const { boardLink } = (await import(pathToFileURL(`${folder.path}/board-link.ts`).href)) as PageCode
  const { clock } = nodePlatform()
  const listenTls = (given: { key: string; cert: string }) =>
    listenOn(() => createTlsServer(given), 'mqtts', 'secureConnection')
  const setup: LinkSetup = {
    openLink: boardLink(connectBoard, clock),
    listen: listenTls(await authority.issue()),
    listenUntrusted: listenTls(await (await createAuthority()).issue()),
    listenAsAnother: listenTls(await authority.issue({ address: '127.0.0.2' })),
    listenWithoutTls: listenOn(
      () => createTcpServer((socket) => void socket.end('220 mail.example ready\r\n')),
      'mqtts',
      'connection',
    ),
    listenSilently: listenOn(() => createTcpServer(), 'mqtts', ''),
    closedAddress: async () => `mqtts://127.0.0.1:${await closedPort()}`,
  }
  for (const { name, run } of linkContract(setup)) it(name, run)

  it('leaves no case out', () => {
    expect(linkCasesLeftOut(setup)).toEqual([])
  })

  it('takes fewer than 100 lines, and all code of the page compiles', async () => {
    expect([...files.keys()].sort()).toEqual(['board-link-kit.ts', 'board-link.ts'])
    expect(files.get('board-link.ts')?.trimEnd().split('\n').length).toBeLessThan(100)
    expect(await folder.typeCheck([...files.keys()])).toBe('')
  }, 120_000)
})

describe("the page's way to run the kit", async () => {
  const { prove } = (await import(pathToFileURL(`${folder.path}/board-link-kit.ts`).href)) as {
    prove(setup: LinkSetup): Promise<void>
  }
  const { clock, setup: all } = memoryLinkSetup({ seed: 5 })
  const { closedAddress: _, ...setup } = all

  it('says of every case that it holds, or that it was left out', async () => {
    const lines: string[] = []
    const console = vi.spyOn(globalThis.console, 'log').mockImplementation((line) => void lines.push(line))
    await clock.runUntil(prove(setup)).finally(() => console.mockRestore())
    const held = linkContract(setup).map(({ name }) => `ok: ${name}`)
    const [left] = linkCasesLeftOut(setup)
    expect(lines).toEqual([...held, `left out: ${left?.name}: the setup does not give closedAddress`])
  })

  it('ends with the breach of a link that has one', async () => {
    const silent: LinkSetup = { ...setup, openLink: () => ({ send() {}, close() {}, destroy() {} }) }
    await expect(clock.runUntil(prove(silent))).rejects.toThrow(
      expect.objectContaining({ name: 'ContractBreach' }),
    )
  })
})

describe("the packages' own examples", () => {
  const readme = (name: string) => fileURLToPath(new URL(`../packages/${name}/README.md`, import.meta.url))

  it('compile', async () => {
    const examples = new Map([
      ...(await codeFiles(readme('contract'))),
      ...(await codeFiles(readme('memory'))),
      ...(await codeFiles(readme('node'))),
      ['my-link.ts', myLink],
      ['device-options.d.ts', deviceOptions],
    ])
    await folder.write(examples)
    expect(examples.size).toBeGreaterThanOrEqual(5)
    expect(await folder.typeCheck([...examples.keys()])).toBe('')
  }, 120_000)

  it('run: a network in memory', async () => {
    await folder.write(await codeFiles(readme('memory')))
    const program = folder.run('outage.ts')
    expect(await program.ended).toBe(0)
    expect(program.lines).toEqual(['open', 'network', '1000 ms: over'])
  }, 60_000)
})

/** What the example of the kit's README brings of its own. */
const myLink = `
import type { ListenForLinks } from '@realer-device/contract'
import type { OpenLink } from '@realer-device/host'

export declare const myLink: OpenLink
export declare const listen: ListenForLinks
export declare const listenUntrusted: ListenForLinks
export declare const listenAsAnother: ListenForLinks
export declare const listenWithoutTls: ListenForLinks
export declare function closedAddress(): string
`

/** What the example of Node's README takes for given. */
const deviceOptions = `
declare const deviceId: string
declare const clientId: string
declare const clientSecret: string
`

describe("the page's tables", () => {
  it.each<[string, readonly Clause[]]>([
    ['link', linkClauses],
    ['caller', callerClauses],
  ])('have every clause of the %s in its own words, in their order, and no other', (kind, clauses) => {
    expect(clauses.length).toBeGreaterThan(20)
    expect(rowsAfter(`clauses: ${kind}`)).toEqual(clauses.map(({ id, must }) => [id, must]))
  })

  it('say of every cause who ended the link, and whether to try again', () => {
    const by = { us: 'us', peer: 'the peer', nobody: 'nobody' }
    const retry = {
      'after-backoff': 'after a backoff',
      'when-mended': 'when it was mended',
      never: 'never',
    }
    const rows = rowsAfter('causes').map(([cause, endedBy, _when, another]) => [cause, endedBy, another])
    expect(rows).toEqual(
      Object.entries(linkEnds).map(([cause, end]) => [`\`${cause}\``, by[end.by], retry[end.retry]]),
    )
  })
})
