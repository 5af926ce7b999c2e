import { mkdirSync, writeFileSync } from 'node:fs'
import type { DeviceOptions } from '@realer-device/core'
import fc from 'fast-check'
import { type Move, move } from './moves.ts'
import { World } from './world.ts'

/** How a run begins: with which options, and from the start or with a device that is online. */
export interface Beginning {
  readonly from: 'starting' | 'online'
  readonly options: Partial<DeviceOptions>
}

const timing = fc.record(
  {
    backoffFloorMs: fc.constantFrom(1, 1_000, 20_000),
    slowRetryMs: fc.constantFrom(1_000, 300_000),
    retryAfterCapMs: fc.constantFrom(10_000, 86_400_000),
    acknowledgementTimeoutMs: fc.constantFrom(500, 60_000),
    stableOnlineMs: fc.constantFrom(1, 60_000),
    closeTimeoutMs: fc.constantFrom(1, 5_000),
    stopTimeoutMs: fc.constantFrom(1, 15_000),
    connectTimeoutMs: fc.constantFrom(100, 30_000),
    publishTimeoutMs: fc.constantFrom(100, 30_000, 1e8),
    commandTimeoutMs: fc.constantFrom(100, 600_000),
  },
  { requiredKeys: [] },
)

const limits = fc.record({
  maxReports: fc.constantFrom(1, 3, 8),
  maxInflightMessages: fc.constantFrom(1, 2, 16),
  maxUnansweredCommands: fc.constantFrom(1, 2),
  maxPayloadCharacters: fc.constantFrom(200, 65_536),
  maxUnansweredPublishes: fc.constantFrom(null, 1, 3),
})

const plainOptions: fc.Arbitrary<Partial<DeviceOptions>> = fc.record(
  {
    commandRoutes: fc.constantFrom(['rte_valve', 'rte_door'], ['valve'], [], ['rte_valve', 'rte_nowhere']),
    routes: fc.constant({ valve: 'rte_valve' }),
    valueContract: fc.constantFrom('string' as const, 'json' as const),
    credentialScopes: fc.constantFrom(null, ['iot:mqtt:feed-data:write']),
    outboxOverflow: fc.constantFrom('refuse' as const, 'evictOldest' as const),
    wallClock: fc.constantFrom('untrusted' as const, 'trusted' as const),
    outdatedCommands: fc.constantFrom('ignore' as const, 'reportStale' as const),
    durable: fc.boolean(),
    sessionExpirySeconds: fc.constantFrom(0, 3_600),
    will: fc.constantFrom(
      null,
      { route: 'rte_temperature', value: 'gone', delaySeconds: 5 },
      { route: 'nowhere', value: 'x', delaySeconds: 0 },
    ),
    tokenRenewalFraction: fc.constantFrom(0.5, 0.75, 1),
    timing,
    limits,
  },
  { requiredKeys: ['limits'] },
)

/** Some of the command routes may run again after a restart (DES-12). */
const options = fc.tuple(plainOptions, fc.boolean()).map(([plain, mayRepeat]) => ({
  ...plain,
  ...(mayRepeat && { repeatableRoutes: [...(plain.commandRoutes ?? ['rte_valve', 'rte_door'])].slice(0, 1) }),
}))

export const beginning: fc.Arbitrary<Beginning> = fc.record({
  from: fc.constantFrom('starting' as const, 'online' as const, 'online' as const),
  options,
})

export const moves = (maxLength: number): fc.Arbitrary<Move[]> => fc.array(move, { maxLength, size: 'max' })

/** A device in its world, brought to where the moves begin. */
export function begin({ from, options }: Beginning): World {
  const world = new World(options)
  while (from === 'online' && !world.isOnline) world.heals()
  return world
}

/** A run that is kept: what it was, and why. */
export interface KeptRun {
  readonly title: string
  readonly beginning: Beginning
  readonly moves: readonly Move[]
}

export const regressionsFolder = new URL('../regressions/', import.meta.url)

/** The steps of a run, one line of NDJSON each: what `judge` reads. */
export function traceOf(world: World): string {
  return world.lines.map((line) => JSON.stringify(line)).join('\n')
}

/**
 * One run, judged step by step, then by what `ends` wants of it.
 *
 * @param after is shown the world after each move
 * @throws {Error} with the breaches and the trace of the run; fast-check adds seed and path
 */
export function judgedRun(
  kept: Omit<KeptRun, 'title'>,
  ends: (world: World) => void = () => {},
  after: (world: World) => void = () => {},
): World {
  let world: World | null = null
  try {
    world = begin(kept.beginning)
    for (const each of kept.moves) {
      world.does(each)
      after(world)
    }
    ends(world)
    return world
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (world === null) throw error
    keep(kept, message)
    throw new Error(`${message}\n\nThe run, as a trace:\n${traceOf(world)}`, { cause: error })
  }
}

/** With REALER_KEEP_RUN=name the run that failed last, which is the shrunk one, stays as a file. */
function keep(kept: Omit<KeptRun, 'title'>, title: string): void {
  const name = process.env.REALER_KEEP_RUN
  if (name === undefined) return
  mkdirSync(regressionsFolder, { recursive: true })
  writeFileSync(
    new URL(`${name}.json`, regressionsFolder),
    `${JSON.stringify({ title, ...kept }, null, 2)}\n`,
  )
}
