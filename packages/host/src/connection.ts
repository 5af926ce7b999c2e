import type { CloseCause, ConnectEffect } from '@realer-device/core'
import {
  createMqttSession,
  type MqttClosed,
  type MqttMessage,
  type MqttOutput,
  type MqttSession,
  type MqttTimer,
} from '@realer-device/mqtt'
import { type Diagnose, faultText } from './diagnostics.ts'
import type { Turn } from './loop.ts'
import { readMessage } from './message.ts'
import { publishReason, subscribeReason } from './mqtt-reasons.ts'
import type { Link, LinkCloseCause, Platform } from './platform.ts'
import { createTimers } from './timers.ts'
import type { Vault } from './vault.ts'

/** One MQTT connection: a link and the session on it, joined. */
export interface Connection {
  readonly id: string
  subscribe(topics: readonly string[]): void
  publish(delivery: string, topic: string, payload: string): void
  /** DISCONNECT, then the end; `mqttClosed` tells when the link is gone (CONN-6). */
  disconnect(reasonCode: number): void
  /** Cuts the link; nothing of this connection is told any more. */
  abort(): void
}

/** What a connection is made of. */
export interface ConnectionParts {
  readonly platform: Pick<Platform, 'clock' | 'openLink'>
  readonly vault: Vault
  /** How long a link that is to close may take before it is cut. */
  readonly closeTimeoutMs: number
  dispatch(turn: Turn): void
  readonly diagnose: Diagnose
}

/** The protocol's own maximum, which a session names where the broker sets no limit (MQTT 5 section 3.2.2.3.6). */
const LARGEST_PACKET_BYTES = 268_435_460
const PAYLOAD_FORMAT_INVALID = 0x99

/** Opens a connection. Whatever fails, now or later, is told as an event. */
export function openConnection(effect: ConnectEffect, parts: ConnectionParts): Connection {
  const { platform, vault, closeTimeoutMs, dispatch, diagnose } = parts
  const { connection } = effect
  const timers = createTimers<MqttTimer | 'close'>(platform.clock)
  let phase: 'opening' | 'open' | 'closing' | 'over' = 'opening'
  let aborted = false
  let session: MqttSession | null = null
  let link: Link | null = null
  // What is told once a link that was ordered to close is gone.
  let farewell: Turn | null = null
  let linkFault: { readonly cause: LinkCloseCause; readonly detail: string } | null = null

  function over(): void {
    phase = 'over'
    timers.cancelAll()
    link?.destroy()
  }

  function closed(cause: CloseCause, reasonCode: number | null, detail: string): Turn {
    return { event: { type: 'mqttClosed', connection, cause, reasonCode, detail: vault.redact(detail) } }
  }

  function fail(cause: CloseCause, detail: string): void {
    over()
    dispatch(closed(cause, null, detail))
  }

  /** Carries out what the session orders, then tells what it has told. */
  function handle(outputs: readonly MqttOutput[]): void {
    const turns: Turn[] = []
    for (const output of outputs) {
      if (phase === 'over') break
      const turn = obey(output)
      if (turn !== null) turns.push(turn)
    }
    for (const turn of turns) if (!aborted) dispatch(turn)
  }

  function obey(output: MqttOutput): Turn | null {
    switch (output.type) {
      case 'send':
        link?.send(output.bytes)
        return null
      case 'close':
        // `closed` follows and decides how the link ends.
        return null
      case 'setTimer':
        timers.set(output.timer, output.delayMs, () => handle(session?.timerFired(output.timer) ?? []))
        return null
      case 'cancelTimer':
        timers.cancel(output.timer)
        return null
      case 'connected': {
        const { receiveMaximum, maximumPacketSize: size } = output
        const maximumPacketSize = size < LARGEST_PACKET_BYTES ? size : null
        return { event: { type: 'mqttConnected', connection, receiveMaximum, maximumPacketSize } }
      }
      case 'refused':
        // `closed` follows and ends it.
        return { event: { type: 'mqttRefused', connection, reasonCode: output.reasonCode } }
      case 'subscribed':
        return { event: { type: 'mqttSubscribed', connection, grants: output.grants } }
      case 'published':
        return publishAnswered(output.delivery, output.reasonCode)
      case 'publishRefused':
        return publishAnswered(output.delivery, publishReason[output.code])
      case 'callRefused':
        // Refused SUBSCRIBEs are answered where they were asked for; the rest cannot happen in this order of calls.
        return null
      case 'message':
        return received(output)
      case 'closed':
        return sessionClosed(output)
    }
  }

  function publishAnswered(delivery: string, reasonCode: number): Turn {
    return { event: { type: 'mqttPublishAnswered', connection, delivery, reasonCode } }
  }

  function received(message: MqttMessage): Turn | null {
    const acknowledge = (reasonCode: number): void => {
      if (message.qos === 1) handle(session?.acknowledge(message.packetId, reasonCode) ?? [])
    }
    const read = readMessage(message, vault)
    if (!read.ok) {
      diagnose('warning', read.code, `A message on ${message.topic} ${read.fault}.`, read.rule, 'payload')
      acknowledge(PAYLOAD_FORMAT_INVALID)
      return null
    }
    const { payload } = read
    return {
      event: { type: 'mqttMessageReceived', connection, topic: message.topic, payload },
      done: () => acknowledge(0x00),
    }
  }

  function sessionClosed(output: MqttClosed): Turn | null {
    const { cause, detail } = output
    const reasonCode = output.reasonCode ?? null
    // Where we end it in good order, DISCONNECT must leave first: the link closes, and then the connection is over.
    if (phase === 'open' && (cause === 'client' || cause === 'protocolError')) {
      phase = 'closing'
      farewell = closed(cause, reasonCode, detail)
      timers.set('close', closeTimeoutMs, tellFarewell)
      link?.close()
      return null
    }
    over()
    if (cause === 'link') return closed(linkFault?.cause ?? 'network', reasonCode, detail)
    if (cause === 'connectTimeout') return closed('timeout', reasonCode, detail)
    // A refusal was told as `mqttRefused`, and that was the connection's last word.
    return cause === 'refused' ? null : closed(cause, reasonCode, detail)
  }

  function tellFarewell(): void {
    over()
    if (farewell !== null) dispatch(farewell)
  }

  function open(): void {
    const password = vault.read(effect.password.secret)
    if (password === null) return fail('protocolError', 'The credential of the connection is not kept.')
    const { clientId, username, cleanStart, sessionExpirySeconds, will } = effect
    const { keepAliveSeconds, timeoutMs, url } = effect
    try {
      session = createMqttSession({
        clientId,
        username,
        password,
        cleanStart,
        sessionExpirySeconds,
        will,
        keepAliveSeconds,
        connectTimeoutMs: timeoutMs,
      })
      link = platform.openLink({ url, timeoutMs }, { onOpen, onBytes, onClosed })
    } catch (error) {
      // An option that the cloud gave is unusable, or a link that breaks its contract.
      fail('protocolError', `The connection cannot be opened: ${faultText(error)}`)
    }
  }

  function onOpen(): void {
    if (phase !== 'opening') return
    phase = 'open'
    handle(session?.open() ?? [])
  }

  function onBytes(bytes: Uint8Array): void {
    if (phase === 'open') handle(session?.receive(bytes) ?? [])
  }

  function onClosed(cause: LinkCloseCause, detail: string): void {
    if (phase === 'closing') return tellFarewell()
    linkFault = { cause, detail }
    handle(session?.linkClosed(detail) ?? [])
  }

  open()
  return {
    id: connection,
    subscribe(topics) {
      const outputs = session?.subscribe(topics.map((topic) => ({ topic, qos: 1 }))) ?? []
      handle(outputs)
      const refusal = outputs.find((output) => output.type === 'callRefused')
      if (refusal === undefined) return
      const reasonCode = subscribeReason(refusal.code)
      const grants = topics.map((topic) => ({ topic, reasonCode }))
      diagnose(
        'error',
        'subscribe-impossible',
        `SUBSCRIBE was not sent: ${refusal.detail}.`,
        'SUB-3',
        'topics',
      )
      dispatch({ event: { type: 'mqttSubscribed', connection, grants } })
    },
    publish: (delivery, topic, payload) => handle(session?.publish({ delivery, topic, payload }) ?? []),
    disconnect: (reasonCode) => handle(session?.disconnect(reasonCode) ?? []),
    abort() {
      aborted = true
      over()
    },
  }
}
