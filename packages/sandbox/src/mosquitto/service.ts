import { Socket } from 'node:net'
import { connectAsync, type IPublishPacket } from 'mqtt'
import * as v from 'valibot'
import type { Delivery } from '../broker/port.ts'
import type { SandboxDevice } from '../device.ts'
import { SandboxError } from '../errors.ts'
import { newSecret } from '../ids.ts'
import { CONTROL_RESPONSE_TOPIC, CONTROL_TOPIC, type DynsecCommand } from './dynsec.ts'

/** Realer's own client at Mosquitto: it takes feed data, sends to the device, and rules the plugin. */
export interface Service {
  publish(topic: string, payload: string): Promise<Delivery>
  /** Carries out commands of the plugin. Rejects with `SandboxError` `mosquitto-failed` where one is refused. */
  control(commands: DynsecCommand[]): Promise<void>
  close(): Promise<void>
}

const CONTROL_TIMEOUT_MS = 10_000
const NO_MATCHING_SUBSCRIBERS = 0x10
const response = v.object({
  responses: v.array(v.object({ error: v.optional(v.string()), correlationData: v.optional(v.string()) })),
})

/** Connects with MQTT.js, which shares no code with the devices that are judged. */
export async function connectService(parts: {
  port: number
  caPem: string
  username: string
  password: string
  device: SandboxDevice
  onFeedData: (message: { topic: string; payload: Uint8Array; qos: number }) => void
}): Promise<Service> {
  const client = await connectAsync(`mqtts://127.0.0.1:${parts.port}`, {
    protocolVersion: 5,
    clientId: 'realer-service',
    username: parts.username,
    password: parts.password,
    ca: parts.caPem,
    reconnectPeriod: 0,
  }).catch((error: unknown) => {
    throw new SandboxError('mosquitto-failed', `The service could not connect: ${String(error)}`)
  })
  // MQTT.js writes a packet in pieces, which would wait for each other's TCP acknowledgement.
  if (client.stream instanceof Socket) client.stream.setNoDelay()
  const answers = new Map<string, (error: string | undefined) => void>()
  // One publish at a time: order is kept, and the next PUBACK is always that of the last publish.
  let turn: Promise<unknown> = Promise.resolve()

  client.on('error', () => {})
  client.on('message', (topic: string, payload: Buffer, packet: IPublishPacket) => {
    if (topic !== CONTROL_RESPONSE_TOPIC) {
      parts.onFeedData({ topic, payload, qos: packet.qos })
      return
    }
    const parsed = v.safeParse(response, JSON.parse(payload.toString()))
    for (const { correlationData, error } of parsed.success ? parsed.output.responses : []) {
      if (correlationData !== undefined) answers.get(correlationData)?.(error)
    }
  })

  function publish(topic: string, payload: string): Promise<Delivery> {
    const result = turn.then(() => publishNow(topic, payload))
    turn = result.catch(() => undefined)
    return result
  }

  async function publishNow(topic: string, payload: string): Promise<Delivery> {
    let reasonCode = 0
    const onPacket = (packet: { cmd: string; reasonCode?: number }): void => {
      if (packet.cmd === 'puback') reasonCode = packet.reasonCode ?? 0
    }
    client.on('packetreceive', onPacket)
    try {
      if (!client.connected) throw new SandboxError('mosquitto-failed', 'The service is not connected.')
      await client.publishAsync(topic, payload, { qos: 1 })
    } finally {
      client.off('packetreceive', onPacket)
    }
    return reasonCode === NO_MATCHING_SUBSCRIBERS ? 'no-subscriber' : 'sent'
  }

  function carryOut(command: DynsecCommand): { done: Promise<void>; request: object } {
    const correlationData = newSecret()
    const done = new Promise<void>((resolve, reject) => {
      const end = (error: string | undefined): void => {
        clearTimeout(timer)
        answers.delete(correlationData)
        if (error === undefined) resolve()
        else reject(new SandboxError('mosquitto-failed', `${command.command}: ${error}`))
      }
      const timer = setTimeout(() => end('no answer'), CONTROL_TIMEOUT_MS)
      answers.set(correlationData, end)
    })
    return { done, request: { ...command, correlationData } }
  }

  await client.subscribeAsync(
    [CONTROL_RESPONSE_TOPIC, `realer/iot/v1/devices/${parts.device.clientId}/routes/+/feed-data`],
    { qos: 1 },
  )
  return {
    publish,
    async control(commands) {
      const running = commands.map(carryOut)
      const all = Promise.all(running.map(({ done }) => done))
      const request = JSON.stringify({ commands: running.map((one) => one.request) })
      await Promise.all([publish(CONTROL_TOPIC, request), all])
    },
    async close() {
      for (const end of [...answers.values()]) end('the sandbox was stopped')
      await client.endAsync(true)
    },
  }
}
