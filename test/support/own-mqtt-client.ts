import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { CloseCause, ConnectEffect, MqttEvent } from '@realer-device/core'
import { createMqttSession, type MqttOutput, type MqttTimer } from '@realer-device/mqtt'

/** The causes that a session names and the machine does not. */
const causes: { readonly [cause: string]: CloseCause | undefined } = {
  link: 'network',
  connectTimeout: 'timeout',
}

/**
 * Stands for an embedder's own MQTT client in the guide's host, which knows nothing of what is in here: one connection
 * over TLS, told of in the machine's own events.
 */
export function openMqtt(
  to: ConnectEffect,
  password: string,
  tell: (event: MqttEvent) => Promise<void>,
): {
  subscribe(topics: readonly string[]): void
  publish(delivery: string, topic: string, payload: string): void
  disconnect(reasonCode: number): void
  abort(): void
} {
  const { connection, clientId, username, cleanStart, sessionExpirySeconds, will, keepAliveSeconds } = to
  const session = createMqttSession({
    clientId,
    username,
    password,
    cleanStart,
    sessionExpirySeconds,
    will,
    keepAliveSeconds,
    connectTimeoutMs: to.timeoutMs,
  })
  const timers = new Map<MqttTimer, NodeJS.Timeout>()
  const { hostname, port } = new URL(to.url)
  const socket = connect({
    host: hostname,
    port: Number(port || 8883),
    ...(isIP(hostname) === 0 && { servername: hostname }),
  })
  let isOver = false

  function say(event: MqttEvent): void {
    if (!isOver) void tell(event)
  }

  function perform(outputs: readonly MqttOutput[]): void {
    for (const output of outputs) obey(output)
  }

  function obey(output: MqttOutput): void {
    switch (output.type) {
      case 'send':
        socket.write(output.bytes)
        return
      case 'setTimer':
        clearTimeout(timers.get(output.timer))
        timers.set(
          output.timer,
          setTimeout(() => perform(session.timerFired(output.timer)), output.delayMs),
        )
        return
      case 'cancelTimer':
        clearTimeout(timers.get(output.timer))
        return
      case 'connected': {
        const { receiveMaximum, maximumPacketSize } = output
        return say({ type: 'mqttConnected', connection, receiveMaximum, maximumPacketSize })
      }
      case 'refused':
        say({ type: 'mqttRefused', connection, reasonCode: output.reasonCode })
        return end()
      case 'subscribed':
        return say({ type: 'mqttSubscribed', connection, grants: output.grants })
      case 'published': {
        const { delivery, reasonCode } = output
        return say({ type: 'mqttPublishAnswered', connection, delivery, reasonCode })
      }
      case 'publishRefused':
        return say({ type: 'mqttPublishAnswered', connection, delivery: output.delivery, reasonCode: 0x83 })
      case 'message': {
        if (isOver) return
        const payload = Buffer.from(output.payload).toString('utf8')
        const taken = tell({ type: 'mqttMessageReceived', connection, topic: output.topic, payload })
        if (output.qos === 1) void taken.then(() => perform(session.acknowledge(output.packetId)))
        return
      }
      case 'closed': {
        const cause = causes[output.cause] ?? (output.cause as CloseCause)
        const told: MqttEvent = {
          type: 'mqttClosed',
          connection,
          cause,
          reasonCode: output.reasonCode ?? null,
          detail: output.detail,
        }
        // What was written before must leave first, such as DISCONNECT.
        socket.end(() => {
          say(told)
          end()
        })
        return
      }
      case 'close':
      case 'callRefused':
    }
  }

  function end(): void {
    isOver = true
    for (const timer of timers.values()) clearTimeout(timer)
    socket.destroy()
  }

  socket.on('secureConnect', () => {
    socket.setNoDelay(true)
    perform(session.open())
  })
  socket.on('data', (bytes) => perform(session.receive(bytes)))
  socket.on('error', (error) => perform(session.linkClosed(error.message)))
  socket.on('close', () => perform(session.linkClosed('the server closed the connection')))

  return {
    subscribe: (topics) => perform(session.subscribe(topics.map((topic) => ({ topic, qos: 1 })))),
    publish: (delivery, topic, payload) => perform(session.publish({ delivery, topic, payload })),
    disconnect: (reasonCode) => perform(session.disconnect(reasonCode)),
    abort: end,
  }
}
