import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { clientClauses } from '@realer-device/contract'
import { startSandbox } from '@realer-device/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { differences } from '../packages/mqttjs/test/differences.ts'
import { type ExampleFolder, makeExampleFolder } from './support/example-folder.ts'
import { codeFiles } from './support/readme.ts'

const fileOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))
const page = fileOf('docs/mqtt-clients.md')
let folder: ExampleFolder
let files: ReadonlyMap<string, string>
let text: string

beforeAll(async () => {
  folder = await makeExampleFolder()
  files = new Map([...(await codeFiles(page)), ...(await codeFiles(fileOf('packages/mqttjs/README.md')))])
  await folder.write(files)
  text = await readFile(page, 'utf8')
}, 60_000)

afterAll(() => folder.remove())

/** The cells of the rows of every table, without the padding. */
function rows(): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe('the page for hosts that have an MQTT client', () => {
  it('and the README of the example have code that type-checks', async () => {
    expect([...files.keys()].sort()).toEqual(['device.ts', 'on-mqttjs.ts', 'try-client.ts'])
    expect(await folder.typeCheck([...files.keys()])).toBe('')
  }, 120_000)

  it('PUB-2 DES-7 AUTH-7: the README’s device lives on MQTT.js: a report, a command, a stop', async () => {
    const sandbox = await startSandbox({ routes: { sensors: ['temperature'], commands: ['heater'] } })
    try {
      await folder.write(new Map([['ca.pem', sandbox.caPem]]))
      const program = folder.run('device.ts', {
        NODE_EXTRA_CA_CERTS: `${folder.path}/ca.pem`,
        REALER_API_URL: sandbox.apiUrl,
        REALER_CLIENT_ID: sandbox.clientId,
        REALER_CLIENT_SECRET: sandbox.clientSecret,
      })
      try {
        await program.line(/^temperature: done$/)
        const { desiredId } = sandbox.desire('heater', 'on', { validForSeconds: 60 })
        const report = await sandbox.ledger.untilKind('report', (one) => one.desiredId === desiredId)
        expect(report.outcome).toBe('applied')
        program.process.kill('SIGTERM')
        expect(await program.ended).toBe(0)
      } finally {
        program.process.kill('SIGKILL')
      }
      expect(sandbox.ledger.summary()).toMatchObject({ revoked: true, violations: [], lost: [] })
    } finally {
      await sandbox.stop()
    }
  }, 120_000)

  it('has every clause of the contract, word for word, in order', () => {
    const told = rows().filter(([id = '']) => id.startsWith('CLIENT-'))
    expect(told).toEqual(clientClauses.map(({ id, must }) => [id, must]))
  })

  it('has every packet that MQTT.js takes and our own client refuses, with our reason code', () => {
    for (const [what, , refused] of differences) {
      const row = rows().find(([from]) => from === what)
      expect(row?.[1], what).toBe(refused.replace('protocolError', 'ends it,'))
    }
  })

  it('has a line for each habit of MQTT.js that is tested', async () => {
    const tests = await readFile(fileOf('packages/mqttjs/test/habits.test.ts'), 'utf8')
    const habits = [...tests.matchAll(/^ {2}test\(/gm)]
    const [, , table = ''] = /## What MQTT.js does by itself([\s\S]*?)(\|[\s\S]*?)\n\n/.exec(text) ?? []
    expect(table.trim().split('\n').slice(2)).toHaveLength(habits.length)
  })
})
