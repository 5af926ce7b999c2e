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
    acknowledgementTimeoutMs: fc.constantFrom(500, 60_000),
    stableOnlineMs: fc.constantFrom(1, 60_000),
    closeTimeoutMs: fc.constantFrom(1, 5_000),
    stopTimeoutMs: fc.constantFrom(1, 15_000),
    connectTimeoutMs: fc.constantFrom(100, 30_000),
  },
  { requiredKeys: [] },
)

const limits = fc.record({
  maxReports: fc.constantFrom(1, 3, 8),
  maxInflightMessages: fc.constantFrom(1, 2, 16),
  maxUnansweredCommands: fc.constantFrom(1, 2),
  maxPayloadCharacters: fc.constantFrom(200, 65_536),
})

const options: fc.Arbitrary<Partial<DeviceOptions>> = fc.record(
  {
    commandRoutes: fc.constantFrom(['rte_valve', 'rte_door'], ['valve'], [], ['rte_valve', 'rte_nowhere']),
    routes: fc.constant({ valve: 'rte_valve' }),
    valueContract: fc.constantFrom('string' as const, 'json' as const),
    credentialScopes: fc.constantFrom(null, ['iot:mqtt:feed-data:write']),
    timing,
    limits,
  },
  { requiredKeys: ['limits'] },
)

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

/** A whole run. */
export function run(start: Beginning, list: readonly Move[]): World {
  const world = begin(start)
  for (const each of list) world.does(each)
  return world
}
