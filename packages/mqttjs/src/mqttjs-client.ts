import type { MqttClientEvents, MqttConnection, MqttConnectRequest, OpenMqtt } from '@realer-device/host'
import { MqttClient, type Packet } from 'mqtt'
import { readConnack } from './connack.ts'
import { connectOptions, OUR_MAXIMUM_PACKET_BYTES } from './connect-options.ts'
import { createExchanges, type Exchanges } from './exchanges.ts'
import { createFrameCutter } from './frames.ts'
import { MqttjsStream } from './mqttjs-stream.ts'
import { MALFORMED_PACKET, PROTOCOL_ERROR, ProtocolFault } from './protocol-fault.ts'
import { createTelling } from './telling.ts'
import { causeOf, connectTls } from './tls-socket.ts'
import { readCa } from './trust.ts'

/** How the client reaches a broker. */
export interface MqttjsClientOptions {
  /** Certificate authorities to trust, as PEM text, in place of Node's own list. Verification cannot be turned off. */
  readonly ca?: string | readonly string[]
  /** How long a connection that is to end may take before it is cut. Default 5000 ms. */
  readonly closeTimeoutMs?: number
}

/**
 * MQTT.js as a platform's MQTT client, on Node: each connection is a TLS socket and an MQTT.js client of its own, which
 * does not reconnect, resubscribe, store or resend. For `{ ...parts, openMqtt: mqttjsClient() }`.
 *
 * @throws {ConfigError} field `ca`, where it holds no usable certificate
 */
export function mqttjsClient(options: MqttjsClientOptions = {}): OpenMqtt {
  const ca = readCa(options.ca)
  const { closeTimeoutMs = 5_000 } = options
  return (request, events) => openConnection({ ca, closeTimeoutMs, request, events })
}

interface ConnectionParts {
  readonly ca: string[] | undefined
  readonly closeTimeoutMs: number
  readonly request: MqttConnectRequest
  readonly events: MqttClientEvents
}

type End = Parameters<MqttClientEvents['onClosed']>[0]

function openConnection({ ca, closeTimeoutMs, request, events }: ConnectionParts): MqttConnection {
  const telling = createTelling()
  const cut = createFrameCutter(OUR_MAXIMUM_PACKET_BYTES)
  let phase: 'opening' | 'connecting' | 'connected' | 'closing' | 'over' = 'opening'
  let stream: MqttjsStream | null = null
  let exchanges: Exchanges | null = null
  let farewell: End | null = null

  const socket = connectTls(request.url, ca)
  let timer = setTimeout(
    () => close('timeout', `no TLS connection within ${request.timeoutMs} ms`),
    request.timeoutMs,
  )

  const isOver = (): boolean => phase === 'over'

  /** MQTT.js sees its stream end with the socket, and ends its timers. */
  function release(): void {
    phase = 'over'
    clearTimeout(timer)
    stream?.destroy()
    socket?.destroy()
  }

  function end(last: End): void {
    if (isOver()) return
    release()
    telling.tellLast(() => events.onClosed(last))
  }

  function close(cause: End['cause'], detail: string, reasonCode: number | null = null): void {
    end({ cause, reasonCode, detail })
  }

  /** DISCONNECT, and then the end. `end()` of MQTT.js waits first until every publish is answered. */
  function leave(reasonCode: number, last: End): void {
    if (phase === 'closing' || phase === 'over') return
    if (stream === null) return end(last)
    phase = 'closing'
    farewell = last
    clearTimeout(timer)
    timer = setTimeout(() => end(last), closeTimeoutMs)
    stream.end(Buffer.of(0xe0, 1, reasonCode))
  }

  function fail(error: unknown): void {
    const { message } = error instanceof Error ? error : new Error(String(error))
    const reasonCode = error instanceof ProtocolFault ? error.reasonCode : PROTOCOL_ERROR
    leave(reasonCode, protocolError(reasonCode, message))
  }

  /** A call of MQTT.js, or of a host, that may throw. */
  function attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      fail(error)
    }
  }

  function opened(): void {
    if (isOver()) return
    // Without it, small packets that cross wait for each other.
    socket?.setNoDelay(true)
    // Asking may bring out that the tuple is over, and that the connection was aborted for it.
    const password = request.readPassword()
    if (isOver()) return
    if (password === null) return close('timeout', 'The credential was over before the connection was open.')
    attempt(() => connect(password))
  }

  function connect(password: string): void {
    if (socket === null) return
    phase = 'connecting'
    clearTimeout(timer)
    timer = setTimeout(() => close('timeout', `no CONNACK within ${request.timeoutMs} ms`), request.timeoutMs)
    const ours = new MqttjsStream(socket)
    stream = ours
    // MQTT.js destroys its stream where it cannot encode what it is given, and where the broker broke the protocol.
    ours.on('error', ({ message }) => end(farewell ?? protocolError(PROTOCOL_ERROR, message)))
    ours.on('close', () => end(farewell ?? protocolError(PROTOCOL_ERROR, 'MQTT.js gave up its stream')))
    // CONNECT leaves within this call.
    const client = new MqttClient(() => ours, connectOptions(request, password))
    delete client.options.password
    client.on('error', (error) => fail(faultOf(error)))
    client.on('packetreceive', (packet) => received(client, packet))
    client.onKeepaliveTimeout = () => close('keepAlive', 'no PINGRESP in time')
    // An error keeps MQTT.js from answering: PUBACK is ours, once `acknowledge` was called.
    client.handleMessage = (_packet, done) => done(new Error('not answered by MQTT.js'))
  }

  /** Throws where the broker broke the protocol: then MQTT.js does nothing with the packet. */
  function received(client: MqttClient, packet: Packet): void {
    if (phase === 'connecting') return connackReceived(client, packet)
    if (packet.cmd !== 'disconnect') return exchanges?.received(packet)
    const { reasonCode = 0, properties } = packet
    const said = properties?.reasonString === undefined ? '' : `: ${properties.reasonString}`
    close('server', `the server sent DISCONNECT${said}`, reasonCode)
  }

  function connackReceived(client: MqttClient, packet: Packet): void {
    if (packet.cmd !== 'connack') throw new ProtocolFault(PROTOCOL_ERROR, `${packet.cmd} before CONNACK`)
    const answer = readConnack(packet, request)
    if (typeof answer === 'number') {
      release()
      return telling.tellLast(() => events.onRefused(answer))
    }
    phase = 'connected'
    clearTimeout(timer)
    // MQTT.js does not take the server's keep alive where none was asked for.
    client.options.keepalive = answer.keepAliveSeconds
    exchanges = createExchanges({ client, limits: answer, events, tell: telling.tell, sendPuback })
    const { receiveMaximum, maximumPacketSize } = answer
    telling.tell(() => events.onConnected({ receiveMaximum, maximumPacketSize }))
  }

  function sendPuback(packetId: number, reasonCode: number): void {
    if (phase !== 'connected' || stream === null || socket === null) return
    const bytes = Buffer.of(0x40, 3, packetId >> 8, packetId & 0xff, reasonCode)
    if (stream.write(bytes)) return
    // A peer that sends and does not read would otherwise fill our memory with our answers (CORE-5).
    socket.pause()
    stream.once('drain', () => socket.resume())
  }

  function bytesReceived(bytes: Uint8Array): void {
    const isListening = (): boolean => phase === 'connecting' || phase === 'connected'
    if (!isListening()) return
    attempt(() => {
      for (const packet of cut(bytes)) if (isListening()) stream?.deliver(packet)
    })
  }

  function socketClosed(): void {
    if (farewell !== null) return end(farewell)
    close(phase === 'opening' ? 'network' : 'server', 'the server closed the connection')
  }

  if (socket === null) close('network', 'the address of the broker is not mqtts://host or mqtts://host:port')
  socket?.on('secureConnect', opened)
  socket?.on('data', bytesReceived)
  socket?.on('error', (error: Error & { readonly code?: string }) => {
    if (farewell === null) close(causeOf(socket, error), `${error.code ?? 'no code'}: ${error.message}`)
  })
  socket?.on('close', socketClosed)

  return {
    subscribe: (topics) => attempt(() => phase === 'connected' && exchanges?.subscribe(topics)),
    publish: (delivery, topic, payload) =>
      attempt(() => phase === 'connected' && exchanges?.publish(delivery, topic, payload)),
    disconnect: (reasonCode) =>
      leave(reasonCode, { cause: 'client', reasonCode: null, detail: 'disconnect was called' }),
    abort() {
      telling.silence()
      release()
    },
  }
}

function protocolError(reasonCode: number, detail: string): End {
  return { cause: 'protocolError', reasonCode, detail }
}

/** What MQTT.js says is wrong with what the broker sent: its parser gives no code, the rest of it one of MQTT's own. */
function faultOf(error: Error & { readonly code?: unknown }): ProtocolFault {
  return new ProtocolFault(typeof error.code === 'number' ? error.code : MALFORMED_PACKET, error.message)
}
