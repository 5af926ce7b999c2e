import type { TimedEvent } from '@realer-device/core'
import type { WaitingDevice } from './waiting-device.ts'

/** A transition that this project's own host never takes, because it never tells the event there. */
export interface OnlyOtherHosts {
  /** Where the transition begins, by its path in the chart. */
  readonly state: string
  readonly event: string
  readonly reason: string
}

const endedByDisconnect =
  'The MQTT session of packages/mqtt ends with its own DISCONNECT: a CONNACK that comes after it is read by no one, and ' +
  'the host tells the end of the link instead. A host with another MQTT client may tell the refusal.'

/** All of them. Every other transition of the session's chart is taken by a real device. */
export const onlyOtherHosts: readonly OnlyOtherHosts[] = [
  { state: 'stopping.closing', event: 'mqttRefused', reason: endedByDisconnect },
  { state: 'stopping.revoking', event: 'mqttRefused', reason: endedByDisconnect },
]

/** Refuses CONNECT after all, and closes; the answer is the event that this host tells of it, as `variantOf` has it. */
export async function causeInstead(
  { clock, links }: WaitingDevice,
  { now }: TimedEvent,
): Promise<readonly unknown[]> {
  clock.moveTo(now)
  await links.current().hand('connack')
  await links.current().hand('closed')
  return ['mqttClosed', 'no reason']
}
