import { eventOf, type PathStep } from './session-cause.ts'
import { causesOfCalls } from './session-driver-calls.ts'
import { causesOfHost } from './session-driver-host.ts'
import { causesOfConnections } from './session-driver-mqtt.ts'
import type { WaitingDevice } from './waiting-device.ts'

type AnyCause = (world: WaitingDevice, event: never, next: PathStep | undefined) => void | Promise<void>

const causes: { readonly [type: string]: AnyCause | undefined } = {
  ...causesOfCalls,
  ...causesOfConnections,
  ...causesOfHost,
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
