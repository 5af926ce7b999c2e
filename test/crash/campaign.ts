import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@realer-device/memory'
import { type Sandbox, type SandboxOptions, startSandbox } from '@realer-device/sandbox'
import { afterEach, expect } from 'vitest'
import { type Drive, drive } from './drive.ts'
import type { StoreKind } from './life.ts'
import { bundleDevice, createLives, type Lives } from './lives.ts'
import { complaintsOf } from './verdict.ts'

/** How many kills a campaign has; a longer one: REALER_KILLS=2000 npx -y pnpm@12 test crash. */
export const kills = Number(process.env.REALER_KILLS ?? 160)
const seed = Number(process.env.REALER_KILL_SEED ?? 20_261_125)

/** How long a campaign may take before it counts as hung, in ms. */
export const CAMPAIGN_TIMEOUT_MS = 60_000 + kills * 10_000

type Broker = NonNullable<SandboxOptions['broker']>

/** A device that lives and dies, and the cloud around it. */
export interface Birth {
  readonly lives: Lives
  readonly cloud: Drive
  readonly sandbox: Sandbox
  readonly random: () => number
}

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

export async function bear(kind: StoreKind, broker: Broker = 'embedded'): Promise<Birth> {
  const folder = mkdtempSync(join(tmpdir(), `realer-device-${kind}-`))
  endings.push(() => rmSync(folder, { recursive: true, force: true }))
  const sandbox = await startSandbox({
    broker,
    routes: { sensors: ['temperature'], commands: ['door', 'heater'] },
  })
  endings.push(() => sandbox.stop())
  const random = seededRandom(seed)
  const lives = createLives(await bundleDevice(kind), sandbox, { kind, path: join(folder, 'device.store') })
  return { lives, cloud: drive(lives, sandbox, random), sandbox, random }
}

const killed = ({ lives }: Lives): number => lives.filter(({ wasKilled }) => wasKilled).length

/** Kills the process of one device at every write of its store in turn, and then at any moment; nothing may be lost or doubled. */
export async function killEverywhere(kind: StoreKind, broker: Broker): Promise<void> {
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
      byClock ? { by: 'time', afterMs: Math.floor(at * 600) } : { by: 'line', line: 1 + Math.floor(at * 25) },
    )
  }
  await cloud.calmDown()
  process.stdout.write(
    `${kind} store, ${broker} broker: ${killed(lives)} kills in ${lives.lives.length} lives, ${write - 1} writes in turn, seed ${seed}\n`,
  )
  expect(complaintsOf(lives.lives, sandbox)).toEqual([])
  expect(sandbox.ledger.summary().settled.accepted).toBeGreaterThan(killed(lives))
}
