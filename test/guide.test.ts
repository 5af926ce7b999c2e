import { readFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { readConfig, ruleIds } from '@realer-device/core'
import { type Sandbox, startSandbox } from '@realer-device/sandbox'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ExampleFolder, makeExampleFolder, type Program } from './support/example-folder.ts'
import { codeFiles } from './support/readme.ts'

const guide = fileURLToPath(new URL('../docs/guide.md', import.meta.url))
const mqttClient = fileURLToPath(new URL('./support/own-mqtt-client.ts', import.meta.url))
const endings: (() => unknown)[] = []
let folder: ExampleFolder
let files: ReadonlyMap<string, string>

beforeAll(async () => {
  folder = await makeExampleFolder()
  files = await codeFiles(guide)
  await folder.write(files)
  const client = `export { openMqtt } from ${JSON.stringify(mqttClient)}\n`
  await folder.write(new Map([['my-mqtt-client.ts', client]]))
}, 60_000)

afterAll(() => folder.remove())

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function startCloud(): Promise<Sandbox> {
  const sandbox = await startSandbox({ routes: { sensors: ['temperature'], commands: ['heater'] } })
  endings.push(() => sandbox.stop())
  await folder.write(new Map([['ca.pem', sandbox.caPem]]))
  return sandbox
}

function run(file: string, sandbox: Sandbox): Program {
  const program = folder.run(file, {
    NODE_EXTRA_CA_CERTS: `${folder.path}/ca.pem`,
    REALER_API_URL: sandbox.apiUrl,
    REALER_CLIENT_ID: sandbox.clientId,
    REALER_CLIENT_SECRET: sandbox.clientSecret,
  })
  endings.push(() => program.process.kill('SIGKILL'))
  return program
}

/** No device of an earlier test is left in the folder. */
async function forget(): Promise<void> {
  for (const name of ['device.json', 'device.store']) await rm(`${folder.path}/${name}`, { force: true })
}

describe("the guide's code", () => {
  it('has the files that the guide speaks of', () => {
    const names = [
      'board-platform.ts',
      'calls.ts',
      'commands.ts',
      'device.ts',
      'firmware.ts',
      'host.ts',
      'parts.ts',
      'timers.ts',
    ]
    expect([...files.keys()].sort()).toEqual(names)
  })

  it('type-checks under the options of this repository', async () => {
    expect(await folder.typeCheck([...files.keys()])).toBe('')
  }, 120_000)

  it.each(['device.ts', 'firmware.ts'])(
    'PUB-2 DES-7 PUB-11 AUTH-7: %s lives against a cloud: a report, a command, the value after the way online, a stop',
    async (file) => {
      await forget()
      const sandbox = await startCloud()
      const { ledger } = sandbox
      const program = run(file, sandbox)
      await program.line(/^the cloud has its say$/)
      await program.line(/^temperature: done/)
      await ledger.untilKind(
        'acknowledgement',
        ({ route, status }) => route === 'heater' && status === 'accepted',
      )
      expect(sandbox.valueOf('heater')).toBe('off')
      const { desiredId } = sandbox.desire('heater', 'on', { validForSeconds: 60 })
      const report = await ledger.untilKind('report', (one) => one.desiredId === desiredId)
      expect(report.outcome).toBe('applied')
      expect(sandbox.valueOf('heater')).toBe('on')
      const refused = sandbox.desire('heater', 'lukewarm', { validForSeconds: 60 })
      const refusal = await ledger.untilKind('report', (one) => one.desiredId === refused.desiredId)
      expect(refusal.outcome).toBe('rejected')
      program.process.kill('SIGTERM')
      expect(await program.ended).toBe(0)
      expect(program.lines[0]).toBe('safe: starting')
      const summary = ledger.summary()
      expect(summary.revoked).toBe(true)
      expect(summary.violations).toEqual([])
      const kept = file === 'device.ts' ? 'device.store' : 'device.json'
      const stored = await readFile(`${folder.path}/${kept}`, 'utf8')
      expect(sandbox.secretsIn(stored + program.lines.join('\n'))).toBe(0)
    },
    120_000,
  )

  it.each(['device.ts', 'firmware.ts'])(
    'CORE-6 PUB-4 DES-4: %s is killed with a report on its way, and goes on from its snapshot with the same message id',
    async (file) => {
      await forget()
      const sandbox = await startCloud()
      const { ledger, faults } = sandbox
      faults.order({ at: 'acknowledgement', do: 'swallow' })
      const first = run(file, sandbox)
      const sent = await ledger.untilKind('acknowledgement', ({ delivery }) => delivery === 'swallowed')
      first.process.kill('SIGKILL')
      await first.ended
      const second = run(file, sandbox)
      const replayed = await ledger.untilKind(
        'acknowledgement',
        ({ messageId, delivery }) => messageId === sent.messageId && delivery === 'sent',
      )
      expect(replayed.status).toBe('replayed')
      await second.line(/^the cloud has its say$/)
      second.process.kill('SIGTERM')
      expect(await second.ended).toBe(0)
      expect(ledger.summary().violations).toEqual([])
    },
    120_000,
  )

  it("CONN-1 AUTH-1: a board's own platform brings a device online", async () => {
    const sandbox = await startCloud()
    await folder.write(new Map([['board.ts', boardProgram]]))
    const program = run('board.ts', sandbox)
    await program.line(/^temperature: done sn-7-3-0$/)
    expect(await program.ended).toBe(0)
    expect(sandbox.ledger.summary()).toMatchObject({ settled: { accepted: 1 }, violations: [] })
  }, 120_000)
})

/** A board whose parts are those of Node. */
const boardProgram = `
import { createDevice } from '@realer-device/host'
import { nodePlatform } from '@realer-device/node'
import { type Board, boardPlatform } from './board-platform.ts'

const { clock, caller, openLink, wallClock } = nodePlatform()
const board: Board = {
  serial: 'sn-7', bootCount: 3, uptimeMs: clock.now, utc: wallClock, after: clock.setTimer, https: caller, tls: openLink,
}
const device = createDevice({
  apiUrl: process.env.REALER_API_URL ?? '',
  clientId: process.env.REALER_CLIENT_ID ?? '',
  clientSecret: process.env.REALER_CLIENT_SECRET ?? '',
  deviceId: 12345,
  routes: { temperature: 'rte_temperature000000000000000' },
}, boardPlatform(board))
device.start()
const { messageId, settled } = device.report('temperature', '21.5')
console.log(\`temperature: \${(await settled).result} \${messageId}\`)
await device.stop()
`

describe("the guide's table of options", () => {
  const config = readConfig({ deviceId: 12345 })

  /** Every option with its default, as the table writes them. */
  const expected = new Map(
    Object.entries(config).flatMap(([name, value]) => {
      if (name === 'deviceId') return [[name, 'required']]
      if (name !== 'timing' && name !== 'limits') return [[name, `\`${JSON.stringify(value)}\``]]
      return Object.entries(config[name]).map(([part, bound]) => [
        `${name}.${part}`,
        `\`${JSON.stringify(bound)}\``,
      ])
    }),
  )

  async function rows(): Promise<string[][]> {
    const text = await readFile(guide, 'utf8')
    const [, table = ''] = /<!-- options:.*?-->\s*((?:\|.*\n)+)/.exec(text) ?? []
    return table
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

  it('has every option of readConfig once, with its default, and no other', async () => {
    const told = (await rows()).map(([name = '', value = '']) => [name.replaceAll('`', ''), value])
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected))
    expect(told).toHaveLength(expected.size)
  })

  it('names the rules of each by ids that exist', async () => {
    const known: ReadonlySet<string> = new Set(ruleIds)
    for (const [name, , , rules = ''] of await rows()) {
      const ids = rules.split(', ')
      expect(ids.length, name).toBeGreaterThan(0)
      expect(
        ids.filter((id) => !known.has(id)),
        name,
      ).toEqual([])
    }
  })
})
