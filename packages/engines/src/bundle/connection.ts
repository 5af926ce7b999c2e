import type { ConnectEffect, DeviceEvent, Verdict } from '@realer-device/core'
import { createMqttSession, type MqttOutput, type MqttSession, type MqttTimer } from '@realer-device/mqtt'
import { Broker } from './broker.ts'
import { hexOf, textOf } from './utf8.ts'

/** What the host is told: an event, and what to do with it beside. */
export interface Told {
  readonly event: DeviceEvent
  /** The machine has decided, and nothing is carried out yet. */
  readonly decided?: (verdict: Verdict) => void
  /** All that the machine asked for is carried out. */
  readonly done?: () => void
}

/** Who is told of a connection. */
export interface ConnectionHost {
  tell(told: Told): void
  /** One call of the session and what it answered: a line of the trace. */
  record(line: unknown): void
}

/** Longest packet of MQTT 5: a session that names it was set no limit. */
const largestPacketBytes = 268_435_460

/** One MQTT connection of the device: a real session of the `mqtt` package, and the broker's side of the link. */
export class Connection {
  readonly id: string
  readonly broker = new Broker()
  phase: 'opening' | 'open' | 'closing' | 'over' = 'opening'
  /** The session's timers, with the moment at which they are due. */
  readonly timers = new Map<MqttTimer, number>()
  readonly #host: ConnectionHost
  readonly #session: MqttSession
  #now = 0
  #packetId = 0
  /** What is told when a link that was ordered to close is gone. */
  #farewell: DeviceEvent | null = null

  /** @throws {MqttOptionError} where the cloud gave an option that no CONNECT can carry */
  constructor(effect: ConnectEffect, password: string, host: ConnectionHost) {
    const { clientId, username, cleanStart, sessionExpirySeconds, will, keepAliveSeconds, timeoutMs } = effect
    this.id = effect.connection
    this.#host = host
    this.#session = createMqttSession({
      clientId,
      username,
      password,
      cleanStart,
      sessionExpirySeconds,
      will,
      keepAliveSeconds,
      connectTimeoutMs: timeoutMs,
    })
  }

  /** The link is up. */
  opens(now: number): void {
    this.#now = now
    this.phase = 'open'
    this.#take('open', this.#session.open())
  }

  /** Bytes come from the broker. */
  receives(now: number, bytes: Uint8Array): void {
    this.#now = now
    if (this.phase === 'open') this.#take(`receive ${hexOf(bytes)}`, this.#session.receive(bytes))
  }

  /** A timer of the session fires. */
  fires(now: number, timer: MqttTimer): void {
    this.#now = now
    this.timers.delete(timer)
    this.#take(`timer ${timer}`, this.#session.timerFired(timer))
  }

  /** The link is gone. */
  ends(now: number, detail: string): void {
    this.#now = now
    if (this.phase === 'closing') return this.#over()
    if (this.phase === 'opening') {
      this.phase = 'over'
      this.#tell({ type: 'mqttClosed', connection: this.id, cause: 'network', reasonCode: null, detail })
      return
    }
    this.#take('linkClosed', this.#session.linkClosed(detail))
  }

  /** An id for the broker's next PUBLISH at QoS 1. */
  nextPacketId(): number {
    this.#packetId = (this.#packetId % 65_535) + 1
    return this.#packetId
  }

  subscribe(now: number, topics: readonly string[]): void {
    this.#now = now
    const outputs = this.#session.subscribe(topics.map((topic) => ({ topic, qos: 1 })))
    this.#take('subscribe', outputs)
    if (!outputs.some(({ type }) => type === 'callRefused')) return
    const grants = topics.map((topic) => ({ topic, reasonCode: 0x8f }))
    this.#tell({ type: 'mqttSubscribed', connection: this.id, grants })
  }

  publish(now: number, delivery: string, topic: string, payload: string): void {
    this.#now = now
    this.#take('publish', this.#session.publish({ delivery, topic, payload }))
  }

  disconnect(now: number, reasonCode: number): void {
    this.#now = now
    this.#take('disconnect', this.#session.disconnect(reasonCode))
  }

  /** The link is cut, and nothing more is told. */
  abort(): void {
    this.phase = 'over'
    this.timers.clear()
  }

  #take(call: string, outputs: readonly MqttOutput[]): void {
    this.#host.record(['mqtt', call, outputs.map(plain)])
    for (const output of outputs) if (this.phase !== 'over') this.#obey(output)
  }

  #obey(output: MqttOutput): void {
    const connection = this.id
    switch (output.type) {
      case 'send':
        return this.broker.receive(output.bytes)
      case 'setTimer':
        this.timers.set(output.timer, this.#now + output.delayMs)
        return
      case 'cancelTimer':
        this.timers.delete(output.timer)
        return
      case 'connected': {
        const { receiveMaximum, maximumPacketSize: size } = output
        const maximumPacketSize = size < largestPacketBytes ? size : null
        return this.#tell({ type: 'mqttConnected', connection, receiveMaximum, maximumPacketSize })
      }
      case 'refused':
        return this.#tell({ type: 'mqttRefused', connection, reasonCode: output.reasonCode })
      case 'subscribed':
        return this.#tell({ type: 'mqttSubscribed', connection, grants: output.grants })
      case 'published':
        return this.#answered(output.delivery, output.reasonCode)
      case 'publishRefused':
        return this.#answered(output.delivery, output.code === 'packet-too-large' ? 0x95 : 0x97)
      case 'message': {
        const payload = textOf(output.payload)
        const acknowledge = (reasonCode: number) => {
          if (output.qos === 1)
            this.#take('acknowledge', this.#session.acknowledge(output.packetId, reasonCode))
        }
        if (payload === null) return acknowledge(0x99)
        const event = { type: 'mqttMessageReceived', connection, topic: output.topic, payload } as const
        return this.#host.tell({ event, done: () => acknowledge(0) })
      }
      case 'closed':
        return this.#closed(output)
      case 'close':
      case 'callRefused':
        return
    }
  }

  #closed({ cause, reasonCode: code, detail }: Extract<MqttOutput, { type: 'closed' }>): void {
    const connection = this.id
    const reasonCode = code ?? null
    this.timers.clear()
    if (cause === 'client' || cause === 'protocolError') {
      // DISCONNECT has to leave first: the end is told when the link is gone.
      this.phase = 'closing'
      this.#farewell = { type: 'mqttClosed', connection, cause, reasonCode, detail }
      return
    }
    this.phase = 'over'
    // A refusal was told as such, and that was the last word.
    if (cause === 'refused') return
    const told = cause === 'link' ? 'network' : cause === 'connectTimeout' ? 'timeout' : cause
    this.#tell({ type: 'mqttClosed', connection, cause: told, reasonCode, detail })
  }

  #over(): void {
    this.phase = 'over'
    if (this.#farewell !== null) this.#tell(this.#farewell)
  }

  #answered(delivery: string, reasonCode: number): void {
    this.#tell({ type: 'mqttPublishAnswered', connection: this.id, delivery, reasonCode })
  }

  #tell(event: DeviceEvent): void {
    this.#host.tell({ event })
  }
}

/** An output as plain data: bytes as hexadecimal text. */
function plain(output: MqttOutput): unknown {
  if (output.type === 'send') return ['send', hexOf(output.bytes)]
  if (output.type === 'message') return { ...output, payload: hexOf(output.payload) }
  return output
}
