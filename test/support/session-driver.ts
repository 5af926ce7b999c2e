import type { TimedEvent } from '@realer-device/core'
import type { SessionPath } from '../../packages/core/test/support/session-model.ts'
import { causesOfCalls } from './session-driver-calls.ts'
import { causesOfCommands } from './session-driver-host.ts'
import { causesOfConnections } from './session-driver-mqtt.ts'
import type { WaitingDevice } from './waiting-device.ts'

/** One step of a generated path. */
export type PathStep = SessionPath['steps'][number]

/** Makes the world do what a step's event tells of. The one after it may have to be caused amid this one. */
export type Cause<Type extends TimedEvent['type']> = (
  world: WaitingDevice,
  event: Extract<TimedEvent, { type: Type }>,
  next: PathStep | undefined,
) => void | Promise<void>

/** A cause for every event of a kind. */
export type Causes<Type extends TimedEvent['type']> = { readonly [One in Type]: Cause<One> }

type AnyCause = (world: WaitingDevice, event: never, next: PathStep | undefined) => void | Promise<void>

const causes: { readonly [type: string]: AnyCause | undefined } = {
  ...causesOfCalls,
  ...causesOfConnections,
  ...causesOfCommands,
}

/** The event of a step. */
export function eventOf(step: PathStep): TimedEvent {
  return step.event as unknown as TimedEvent
}

/** Causes the event of a step at its moment: the clock stands at that moment, and whoever is to act has acted. */
export async function cause(world: WaitingDevice, step: PathStep, next: PathStep | undefined): Promise<void> {
  const event = eventOf(step)
  const act = causes[event.type]
  // Of a timer, time itself is the cause; some need a peer that keeps silent until then.
  if (event.type.startsWith('timer.')) {
    await act?.(world, event as never, next)
    world.clock.moveTo(event.now)
  } else {
    if (act === undefined) throw new Error(`nothing causes ${event.type}`)
    world.clock.moveTo(event.now)
    await act(world, event as never, next)
  }
}
