import { createHash } from 'node:crypto'
import type { Application, Broker } from '../broker/port.ts'
import { WEB_SOCKET_PATH } from '../broker/web-socket-listener.ts'
import type { CertificateAuthority } from '../ca.ts'
import type { Credentials } from '../credentials.ts'
import { roleOfTopic, type SandboxDevice } from '../device.ts'
import { SandboxError } from '../errors.ts'
import { describeFault, type FaultBook } from '../faults.ts'
import { messageIdIn } from '../feed-data.ts'
import { newSecret } from '../ids.ts'
import type { WritableLedger } from '../ledger.ts'
import type { Settings } from '../options.ts'
import { REASON } from '../reason-codes.ts'
import type { SecretKeeper } from '../secrets.ts'
import { type DynsecCommand, dynamicSecurityOf, rolesOf } from './dynsec.ts'
import { createLogReader } from './log.ts'
import { startMosquitto } from './process.ts'
import { type Proxy as Relay, startProxy } from './proxy.ts'
import { connectService, type Service } from './service.ts'

const MQTT_5 = 5

/** Starts the real Mosquitto, with our application behind it and a TCP relay in front of it. */
export async function startMosquittoBroker(parts: {
  settings: Settings
  authority: CertificateAuthority
  device: SandboxDevice
  ledger: WritableLedger
  faults: FaultBook
  credentials: Credentials
  application: Application
  secrets: SecretKeeper
}): Promise<Broker> {
  const { settings, authority, device, ledger, faults, credentials, application } = parts
  const account = { username: 'realer-service', password: newSecret() }
  parts.secrets.add(account.password, account.username)
  let service: Service | undefined
  let username: string | null = null
  let refusalsLeft = 0

  function control(commands: DynsecCommand[]): void {
    if (commands.length === 0) return
    // Where Mosquitto does not obey, the session that should have ended does not, and the test that waits for it says so.
    service?.control(commands).catch(() => undefined)
  }

  function forEachLive(command: 'disableClient' | 'enableClient'): DynsecCommand[] {
    return credentials.live().map((live) => ({ command, username: live }))
  }

  function violated(rule: string, detail: string): void {
    ledger.write({ kind: 'violation', rule, detail })
  }

  function kick(): void {
    control([...forEachLive('disableClient'), ...(refusalsLeft > 0 ? [] : forEachLive('enableClient'))])
  }

  const onLine = createLogReader(device.clientId, {
    connected(event) {
      username = event.username
      ledger.write({
        kind: 'connect',
        outcome: 'accepted',
        reasonCode: 0,
        clientId: device.clientId,
        username,
      })
      if (event.protocol !== MQTT_5) {
        violated('CONN-1', `Mosquitto: protocol p${event.protocol}`)
        kick()
      }
    },
    refused(reasonCode) {
      const fault = refusalsLeft > 0 ? faults.take('connect', (order) => 'refuse' in order) : undefined
      ledger.write({
        kind: 'connect',
        outcome: 'refused',
        reasonCode,
        clientId: null,
        username: null,
        refusal: fault === undefined ? 'broker' : 'fault',
      })
      if (fault === undefined) return
      refusalsLeft -= 1
      if (refusalsLeft === 0) control(forEachLive('enableClient'))
    },
    subscribed({ topic, requestedQos, granted }) {
      const reasonCode = granted ? REASON.grantedQos1 : REASON.notAuthorized
      if (!granted) violated(roleOfTopic(device, topic) ? 'CRED-4' : 'CAT-5', `subscribed to ${topic}`)
      if (requestedQos !== 1) violated('SUB-1', `subscribed with QoS ${requestedQos}`)
      ledger.write({ kind: 'subscribe', topic, requestedQos, reasonCode, username })
      if (granted) application.subscribed(topic)
    },
    denied({ topic, payloadBytes, dup }) {
      const role = roleOfTopic(device, topic)
      const route = role?.role === 'feed-data' ? role.route : null
      violated(route === null ? 'CAT-5' : 'CRED-4', `published to ${topic}`)
      ledger.write({
        kind: 'publish',
        topic,
        route,
        messageId: null,
        payloadHash: null,
        payloadBytes,
        dup,
        reasonCode: REASON.notAuthorized,
        executed: false,
      })
    },
    disconnected(how, reasonCode) {
      ledger.write({ kind: 'disconnect', how, reasonCode, username })
    },
    violated: (detail) => violated('MQTT5 4.13', detail),
  })

  function onFeedData({ topic, payload, qos }: { topic: string; payload: Uint8Array; qos: number }): void {
    const role = roleOfTopic(device, topic)
    const executed = qos === 1
    ledger.write({
      kind: 'publish',
      topic,
      route: role?.role === 'feed-data' ? role.route : null,
      messageId: messageIdIn(payload),
      payloadHash: createHash('sha256').update(payload).digest('hex'),
      payloadBytes: payload.length,
      dup: null,
      reasonCode: null,
      executed,
    })
    if (executed) {
      application.receive({ topic, payload })()
    } else {
      violated('PUB-1', `QoS ${qos}`)
      kick()
    }
  }

  let died = (_error: SandboxError): void => {}
  const death = new Promise<SandboxError>((resolve) => {
    died = resolve
  })
  const mosquitto = await startMosquitto({
    settings,
    authority,
    dynamicSecurity: dynamicSecurityOf(device, account),
    onLine,
    onDeath: died,
  })
  let proxy: Relay | undefined
  let webSocketProxy: Relay | undefined
  try {
    const { caPem } = authority
    service = await connectService({ port: mosquitto.port, caPem, ...account, device, onFeedData })
    const { port: brokerPort, webSocketPort } = mosquitto
    proxy = await startProxy({ port: settings.brokerPort, field: 'brokerPort', brokerPort, ledger, faults })
    if (webSocketPort !== null) {
      const at = { port: settings.webSocketPort, field: 'webSocketPort', brokerPort: webSocketPort }
      webSocketProxy = await startProxy({ ...at, ledger, faults })
    }
  } catch (error) {
    await proxy?.close()
    await service?.close()
    await mosquitto.stop()
    throw error
  }
  const connectedService = service
  const proxies = webSocketProxy === undefined ? [proxy] : [proxy, webSocketProxy]

  return {
    url: `mqtts://127.0.0.1:${proxy.port}`,
    // Mosquitto takes any path; this is the one of our own broker.
    webSocketUrl:
      webSocketProxy === undefined ? null : `wss://127.0.0.1:${webSocketProxy.port}${WEB_SOCKET_PATH}`,
    death,
    async admit(issued) {
      const { password, scopes } = issued
      const roles = rolesOf(scopes)
      const create: DynsecCommand = {
        command: 'createClient',
        username: issued.username,
        password,
        clientid: device.clientId,
        roles,
      }
      const disable: DynsecCommand = { command: 'disableClient', username: issued.username }
      await connectedService.control(refusalsLeft > 0 ? [create, disable] : [create])
    },
    expel: (expelled) => control([{ command: 'deleteClient', username: expelled }]),
    publish: (topic, payload) => connectedService.publish(topic, payload),
    dropConnections() {
      for (const { resetAll } of proxies) resetAll()
    },
    disconnectClients(reasonCode) {
      if (reasonCode !== REASON.administrativeAction) {
        const message = 'Mosquitto disconnects with 0x98 only.'
        throw new SandboxError('fault-unsupported', message, 'reasonCode')
      }
      kick()
    },
    acceptFault(fault) {
      const unsupported =
        fault.at === 'subscribe' ||
        fault.at === 'publish' ||
        (fault.at === 'connect' && 'refuse' in fault && fault.refuse !== REASON.notAuthorized)
      if (unsupported) {
        const message = `Mosquitto cannot do this at ${fault.at}: ${describeFault(fault)}`
        throw new SandboxError('fault-unsupported', message, fault.at)
      }
      if (fault.at !== 'connect' || !('refuse' in fault)) return
      if (refusalsLeft === 0) {
        faults.onClear(() => {
          if (refusalsLeft > 0) control(forEachLive('enableClient'))
          refusalsLeft = 0
        })
      }
      refusalsLeft += fault.times ?? 1
      // The plugin ends a client's session when it disables the client.
      control(forEachLive('disableClient'))
    },
    async close() {
      await Promise.all(proxies.map((one) => one.close()))
      await connectedService.close()
      await mosquitto.stop()
    },
  }
}
