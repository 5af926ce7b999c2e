import type { CloseCause, ConnectEffect } from '@realer-device/core'
import { type Diagnose, faultText } from './diagnostics.ts'
import type { Turn } from './loop.ts'
import { readMessage } from './message.ts'
import type { MqttConnection, MqttInbound, OpenMqtt } from './mqtt-client.ts'
import type { Vault } from './vault.ts'

/** The one MQTT connection of a device, under the machine's id for it. */
export interface Connection extends MqttConnection {
  readonly id: string
}

/** What a connection is made of. */
export interface ConnectionParts {
  readonly openMqtt: OpenMqtt
  readonly vault: Vault
  /** The tuple's credential while the tuple may still be used; else null (CRED-5). */
  readPassword(): string | null
  /** Whether the tuple has ended, so that nothing may be sent any more (REN-5). */
  isTupleOver(): boolean
  dispatch(turn: Turn): void
  readonly diagnose: Diagnose
}

const PAYLOAD_FORMAT_INVALID = 0x99

/** Opens a connection. Whatever fails, now or later, is told as an event; after the last one nothing is. */
export function openConnection(effect: ConnectEffect, parts: ConnectionParts): Connection {
  const { openMqtt, vault, readPassword, isTupleOver, dispatch, diagnose } = parts
  const { connection } = effect
  let isOver = false
  let mqtt: MqttConnection | null = null

  function tell(turn: Turn): void {
    if (!isOver) dispatch(turn)
  }

  function tellLast(turn: Turn): void {
    tell(turn)
    isOver = true
  }

  function closed(cause: CloseCause, reasonCode: number | null, detail: string): Turn {
    return { event: { type: 'mqttClosed', connection, cause, reasonCode, detail: vault.redact(detail) } }
  }

  function received({ topic, payload: bytes, acknowledge }: MqttInbound): void {
    if (isOver) return
    const read = readMessage(topic, bytes, vault)
    if (!read.ok) {
      diagnose('warning', read.code, `A message on ${topic} ${read.fault}.`, read.rule, 'payload')
      return attempt(() => acknowledge(PAYLOAD_FORMAT_INVALID))
    }
    const { payload } = read
    tell({
      event: { type: 'mqttMessageReceived', connection, topic, payload },
      // The store may have taken its time meanwhile.
      done() {
        if (!isTupleOver()) attempt(() => acknowledge(0x00))
      },
    })
  }

  /** A client that throws breaks its contract: its connection is over, and the loop goes on (CORE-3). */
  function attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      tellLast(closed('protocolError', null, `The MQTT client failed: ${faultText(error)}`))
      abortClient()
    }
  }

  function abortClient(): void {
    try {
      mqtt?.abort()
    } catch (error) {
      diagnose('error', 'client-failed', `The MQTT client failed: ${faultText(error)}`, 'CORE-3')
    }
  }

  attempt(() => {
    const { type: _type, connection: _id, password: _secret, ...request } = effect
    mqtt = openMqtt(
      { ...request, readPassword: () => (isOver ? null : readPassword()) },
      {
        onConnected: ({ receiveMaximum, maximumPacketSize }) =>
          tell({ event: { type: 'mqttConnected', connection, receiveMaximum, maximumPacketSize } }),
        onRefused: (reasonCode) => tellLast({ event: { type: 'mqttRefused', connection, reasonCode } }),
        onSubscribed: (grants) => tell({ event: { type: 'mqttSubscribed', connection, grants } }),
        onPublishAnswered: (delivery, reasonCode) =>
          tell({ event: { type: 'mqttPublishAnswered', connection, delivery, reasonCode } }),
        onMessage: received,
        onClosed: ({ cause, reasonCode, detail }) => tellLast(closed(cause, reasonCode, detail)),
      },
    )
  })
  return {
    id: connection,
    subscribe: (topics) => attempt(() => mqtt?.subscribe(topics)),
    publish: (delivery, topic, payload) => attempt(() => mqtt?.publish(delivery, topic, payload)),
    disconnect: (reasonCode) => attempt(() => mqtt?.disconnect(reasonCode)),
    abort() {
      isOver = true
      abortClient()
    },
  }
}
