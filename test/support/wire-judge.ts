import type { StepTrace } from '@realer-device/node'
import type { Packet, PacketOf, TappedConnection, Wiretap } from './wiretap.ts'

/** What is wrong with the MQTT packets of a device, a sentence each with the rule's id; nothing where all is well. */
export function complaintsOfWire({ connections }: Pick<Wiretap, 'connections'>): string[] {
  return connections.flatMap((connection) => [...judgePublishes(connection), ...judgeLimits(connection)])
}

type Flow = Pick<TappedConnection, 'flow'>

/** PUB-1: QoS 1, never retained; a will is a publish too. */
export function judgePublishes({ flow }: Flow): string[] {
  return flow.flatMap(({ from, packet }) => {
    if (from !== 'device') return []
    if (packet.cmd === 'publish') return judgePublish(packet)
    return packet.cmd === 'connect' && packet.will !== undefined ? judgePublish(packet.will) : []
  })
}

function judgePublish(sent: { topic: string; qos?: number; retain?: boolean }): string[] {
  const { topic, qos = 0, retain = false } = sent
  return [
    ...(qos === 1 ? [] : [`PUB-1: published to ${topic} with QoS ${qos}`]),
    ...(retain ? [`PUB-1: published to ${topic} with retain set`] : []),
  ]
}

/** CONN-5: receive maximum, maximum packet size, maximum QoS, topic aliases and retain, as CONNACK said. */
export function judgeLimits({ flow }: Flow): string[] {
  const faults: string[] = []
  const unacknowledged = new Set<number | undefined>()
  let limits: NonNullable<PacketOf<'connack'>['properties']> = {}
  for (const { from, packet } of flow) {
    if (from === 'broker' && packet.cmd === 'connack') limits = packet.properties ?? {}
    if (from === 'broker' && packet.cmd === 'puback') unacknowledged.delete(packet.messageId)
    if (from !== 'device') continue
    const bytes = sizeOf(packet)
    if (bytes > (limits.maximumPacketSize ?? Number.POSITIVE_INFINITY))
      faults.push(
        `CONN-5: a ${packet.cmd} of ${bytes} bytes, where the broker takes ${limits.maximumPacketSize}`,
      )
    if (packet.cmd !== 'publish') continue
    unacknowledged.add(packet.messageId)
    const receiveMaximum = limits.receiveMaximum ?? 65_535
    if (unacknowledged.size > receiveMaximum)
      faults.push(
        `CONN-5: ${unacknowledged.size} publishes without PUBACK, where the broker takes ${receiveMaximum}`,
      )
    if (packet.qos > (limits.maximumQoS ?? 2))
      faults.push(`CONN-5: QoS ${packet.qos}, where the broker takes ${limits.maximumQoS}`)
    if (packet.retain && limits.retainAvailable === false)
      faults.push('CONN-5: retain, where the broker has none')
    if ((packet.properties?.topicAlias ?? 0) > (limits.topicAliasMaximum ?? 0))
      faults.push('CONN-5: a topic alias over the maximum')
  }
  return faults
}

/** The size of a packet with its fixed header; the decoder gives the remaining length. */
function sizeOf({ length = 0 }: Packet): number {
  const lengthBytes = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
  return 1 + lengthBytes + length
}

/** CONN-3: a link on which nothing passes any more is given up, and keep alive is what finds it. */
export function judgeHalfOpen(stepsAfter: readonly StepTrace[]): string[] {
  const closed = stepsAfter.flatMap(({ event }) => (event?.type === 'mqttClosed' ? [event] : []))
  const [first] = closed
  if (first === undefined) return ['CONN-3: the half-open link was never given up']
  return first.cause === 'keepAlive'
    ? []
    : [`CONN-3: the link ended by ${first.cause}, and not by keep alive`]
}
