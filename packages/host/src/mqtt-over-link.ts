import type { CloseCause } from '@realer-device/core'
import {
  createMqttSession,
  type MqttClosed,
  type MqttOutput,
  type MqttSession,
  type MqttTimer,
} from '@realer-device/mqtt'
import { type Diagnose, faultText } from './diagnostics.ts'
import type { Link, LinkCloseCause, OpenLink } from './link.ts'
import type { OpenMqtt } from './mqtt-client.ts'
import { publishReason, subscribeReason } from './mqtt-reasons.ts'
import type { Clock } from './platform.ts'
import { createTelling } from './telling.ts'
import { createTimers } from './timers.ts'

/** What a connection on a link is made of. */
export interface LinkParts {
  readonly clock: Clock
  readonly openLink: OpenLink
  /** How long a link that is to close may take before it is cut. */
  readonly closeTimeoutMs: number
  readonly diagnose: Diagnose
}

/** What is told once the outputs that came with it are carried out. */
type Telling = () => void

/** The protocol's own maximum, which a session names where the broker sets no limit (MQTT 5 section 3.2.2.3.6). */
const LARGEST_PACKET_BYTES = 268_435_460

/** The MQTT client of `@realer-device/mqtt` on a link: each connection is a session and a link, joined. */
export function mqttOverLink({ clock, openLink, closeTimeoutMs, diagnose }: LinkParts): OpenMqtt {
  return (request, events) => {
    const { url, timeoutMs, clientId, username, cleanStart, sessionExpirySeconds, will, keepAliveSeconds } =
      request
    const timers = createTimers<MqttTimer | 'close'>(clock)
    const telling = createTelling()
    let phase: 'opening' | 'open' | 'closing' | 'over' = 'opening'
    let session: MqttSession | null = null
    let link: Link | null = null
    // What is told once a link that was ordered to close is gone.
    let farewell: Telling = () => {}
    let linkFault: { readonly cause: LinkCloseCause; readonly detail: string } | null = null

    const isOver = (): boolean => phase === 'over'

    function over(): void {
      phase = 'over'
      timers.cancelAll()
      link?.destroy()
    }

    function closed(cause: CloseCause, reasonCode: number | null, detail: string): Telling {
      return () => events.onClosed({ cause, reasonCode, detail })
    }

    function fail(cause: CloseCause, detail: string): void {
      if (phase === 'over') return
      over()
      telling.tell(closed(cause, null, detail))
    }

    /** Carries out what the session orders, then tells what it has told. */
    function handle(outputs: readonly MqttOutput[]): void {
      const tellings: Telling[] = []
      try {
        for (const output of outputs) {
          if (phase === 'over') break
          const told = obey(output)
          if (told !== null) tellings.push(told)
        }
      } catch (error) {
        // A link that throws breaks its contract.
        fail('protocolError', `The link failed: ${faultText(error)}`)
      }
      for (const told of tellings) telling.tell(told)
    }

    function obey(output: MqttOutput): Telling | null {
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
          return () => events.onConnected({ receiveMaximum, maximumPacketSize })
        }
        case 'refused':
          // `closed` follows and ends it.
          return () => events.onRefused(output.reasonCode)
        case 'subscribed':
          return () => events.onSubscribed(output.grants)
        case 'published':
          return () => events.onPublishAnswered(output.delivery, output.reasonCode)
        case 'publishRefused':
          return () => events.onPublishAnswered(output.delivery, publishReason[output.code])
        case 'callRefused':
          // Refused SUBSCRIBEs are answered where they were asked for; the rest cannot happen in this order of calls.
          return null
        case 'message': {
          const { topic, payload } = output
          const acknowledge = (reasonCode: number): void =>
            telling.call(() => {
              if (output.qos === 1) handle(session?.acknowledge(output.packetId, reasonCode) ?? [])
            })
          return () => events.onMessage({ topic, payload, acknowledge })
        }
        case 'closed':
          return sessionClosed(output)
      }
    }

    function sessionClosed(output: MqttClosed): Telling | null {
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
      if (cause === 'link') return closed(causeOfLink(), reasonCode, detail)
      if (cause === 'connectTimeout') return closed('timeout', reasonCode, detail)
      // A refusal was told as such, and that was the connection's last word.
      return cause === 'refused' ? null : closed(cause, reasonCode, detail)
    }

    function causeOfLink(): CloseCause {
      const cause = linkFault?.cause ?? 'network'
      if (cause !== 'unusable') return cause
      // No retry can help here, but a new catalog may: the machine goes on with its backoff (REC-2, CAT-8).
      diagnose('error', 'link-unusable', `No link leads to ${url}: ${linkFault?.detail}.`, 'AUTH-1', 'url')
      return 'network'
    }

    function tellFarewell(): void {
      if (phase === 'over') return
      over()
      telling.tell(farewell)
    }

    function onOpen(): void {
      if (phase !== 'opening') return
      // Asking may bring out that the tuple is over, and that the connection was aborted for it.
      const password = request.readPassword()
      if (isOver()) return
      if (password === null) return fail('timeout', 'The credential was over before the connection was open.')
      phase = 'open'
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
      } catch (error) {
        // An option that the cloud gave is unusable.
        return fail('protocolError', `The connection cannot be opened: ${faultText(error)}`)
      }
      handle(session.open())
    }

    function onBytes(bytes: Uint8Array): void {
      if (phase === 'open') handle(session?.receive(bytes) ?? [])
    }

    function onClosed(cause: LinkCloseCause, detail: string): void {
      if (phase === 'over') return
      if (phase === 'closing') return tellFarewell()
      linkFault = { cause, detail }
      if (session !== null) return handle(session.linkClosed(detail))
      over()
      telling.tell(closed(causeOfLink(), null, detail))
    }

    function subscribe(topics: readonly string[]): void {
      const outputs = session?.subscribe(topics.map((topic) => ({ topic, qos: 1 }))) ?? []
      handle(outputs)
      const refusal = outputs.find((output) => output.type === 'callRefused')
      if (refusal === undefined) return
      const reasonCode = subscribeReason(refusal.code)
      const message = `SUBSCRIBE was not sent: ${refusal.detail}.`
      diagnose('error', 'subscribe-impossible', message, 'SUB-3', 'topics')
      telling.tell(() => events.onSubscribed(topics.map((topic) => ({ topic, reasonCode }))))
    }

    function disconnect(reasonCode: number): void {
      if (session !== null) return handle(session.disconnect(reasonCode))
      // Nothing was said yet: there is nobody to take leave of.
      fail('client', 'The connection was given up before it was open.')
    }

    link = openLink({ url, timeoutMs }, { onOpen, onBytes, onClosed })
    return {
      subscribe: (topics) => telling.call(() => subscribe(topics)),
      publish: (delivery, topic, payload) =>
        telling.call(() => handle(session?.publish({ delivery, topic, payload }) ?? [])),
      disconnect: (reasonCode) => telling.call(() => disconnect(reasonCode)),
      abort() {
        telling.silence()
        over()
      },
    }
  }
}
