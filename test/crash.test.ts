import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, type SandboxOptions, startSandbox } from '@realer-device/sandbox'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Drive, drive, seeded } from './crash/drive.ts'
import type { StoreKind } from './crash/life.ts'
import { bundleDevice, createLives, type Lives } from './crash/lives.ts'
import { complaintsOf } from './crash/verdict.ts'
import { mosquittoIsWanted } from './support/mosquitto.ts'

// A longer campaign: REALER_KILLS=2000 npx vitest run test/crash.test.ts
// Its chances again: REALER_KILL_SEED=<the seed that was printed>
const kills = Number(process.env.REALER_KILLS ?? 160)
const seed = Number(process.env.REALER_KILL_SEED ?? 20_261_125)

type Broker = NonNullable<SandboxOptions['broker']>

let program = ''
beforeAll(async () => {
  program = await bundleDevice()
})

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

async function bear(
  kind: StoreKind,
  broker: Broker = 'embedded',
): Promise<{ lives: Lives; cloud: Drive; sandbox: Sandbox; random: () => number }> {
  const folder = mkdtempSync(join(tmpdir(), `realer-device-${kind}-`))
  endings.push(() => rmSync(folder, { recursive: true, force: true }))
  const sandbox = await startSandbox({
    broker,
    routes: { sensors: ['temperature'], commands: ['door', 'heater'] },
  })
  endings.push(() => sandbox.stop())
  const random = seeded(seed)
  const lives = createLives(program, sandbox, { kind, path: join(folder, 'device.store') })
  return { lives, cloud: drive(lives, sandbox, random), sandbox, random }
}

const killed = ({ lives }: Lives): number => lives.filter(({ wasKilled }) => wasKilled).length

const stages: readonly [StoreKind, Broker][] = [
  ['file', 'embedded'],
  ['sqlite', mosquittoIsWanted('the crash campaign against Mosquitto') ? 'mosquitto' : 'embedded'],
]

describe.each(stages)('a device on a %s store (%s broker), whose process is killed', (kind, broker) => {
  test(
    `PUB-4, PUB-9, DES-3, DES-4, DES-9, DES-12, F-8: ${kills} times, at every write of its store and at any moment, loses and doubles nothing`,
    async () => {
      const { lives, cloud, sandbox, random } = await bear(kind, broker)
      // Every write in turn, before it and after it, until a life has no such write any more.
      let write = 0
      for (let wasReached = true; wasReached && write < 100; ) {
        write += 1
        const before = await cloud.live({ by: 'write', write, when: 'before' })
        const after = await cloud.live({ by: 'write', write, when: 'after' })
        wasReached = before.wasKilled || after.wasKilled
      }
      expect(write, 'writes of a life').toBeGreaterThan(10)
      // Then at any moment: by the clock, from the start of the process on, and while it tells of something.
      while (killed(lives) < kills) {
        const byClock = random() < 0.5
        const at = random()
        await cloud.live(
          byClock
            ? { by: 'time', afterMs: Math.floor(at * 600) }
            : { by: 'line', line: 1 + Math.floor(at * 25) },
        )
      }
      await cloud.calmDown()
      process.stdout.write(
        `${kind} store: ${killed(lives)} kills in ${lives.lives.length} lives, ${write - 1} writes in turn, seed ${seed}\n`,
      )
      expect(complaintsOf(lives.lives, sandbox)).toEqual([])
      expect(sandbox.ledger.summary().settled.accepted).toBeGreaterThan(killed(lives))
    },
    60_000 + kills * 10_000,
  )
})

describe('the judge finds out a store that breaks its contract', () => {
  test('PUB-9 breach: one that writes a moment after it has said so loses reports', async () => {
    const { lives, cloud, sandbox } = await bear('late')
    for (let write = 2; write < 6; write++) await cloud.live({ by: 'write', write, when: 'after' })
    await cloud.calmDown()
    expect(complaintsOf(lives.lives, sandbox).join('\n')).toMatch(
      /PUB-9: .* was kept, and the cloud never settled it/,
    )
  }, 120_000)

  test('DES-3, DES-4, DES-9 breach: one that forgets the commands lets them run twice', async () => {
    const { lives, cloud, sandbox } = await bear('forgetful')
    for (let life = 0; life < 12; life++) await cloud.live({ by: 'nobody' })
    const complaints = complaintsOf(lives.lives, sandbox).join('\n')
    expect(complaints).toMatch(/DES-4: .* was executed twice/)
    expect(complaints).toMatch(/DES-3, F-10: .* ran after a newer one, or again/)
  }, 120_000)
})
