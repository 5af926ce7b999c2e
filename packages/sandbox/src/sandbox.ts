import { type Acknowledgements, createAcknowledgements } from './acknowledgements.ts'
import { startApi } from './api.ts'
import { startEmbeddedBroker } from './broker/embedded.ts'
import type { Application, Broker } from './broker/port.ts'
import { createCertificateAuthority } from './ca.ts'
import { createCredentials } from './credentials.ts'
import { createDesiredStates, type DesiredOrder, type DesireOptions } from './desired.ts'
import { layOutDevice, roleOfTopic, type SandboxRoute } from './device.ts'
import type { CommandOutcome } from './entries.ts'
import { SandboxError } from './errors.ts'
import { createFaultBook, type Faults } from './faults.ts'
import { newSecret } from './ids.ts'
import { createIot } from './iot.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { startMosquittoBroker } from './mosquitto/broker.ts'
import { createOAuth } from './oauth.ts'
import { readOptions, type SandboxOptions } from './options.ts'
import type { Scope } from './scopes.ts'
import { createSecretKeeper } from './secrets.ts'
import { createTokens } from './tokens.ts'

/** A Realer cloud for one device on 127.0.0.1. */
export interface Sandbox {
  /** Base address of the HTTPS API, `https://127.0.0.1:<port>`. */
  readonly apiUrl: string
  /** The certificate authority to trust, for the API and for the broker. */
  readonly caPem: string
  /** Address of the broker, `mqtts://127.0.0.1:<port>`; devices learn it from the catalog. */
  readonly brokerUrl: string
  /**
   * Address of the broker over WebSocket, `wss://127.0.0.1:<port>/mqtt`; null without the option `webSocket`. The catalog
   * does not name it: the same sessions, faults and ledger stand behind it.
   */
  readonly brokerWebSocketUrl: string | null
  readonly deviceId: string | number
  /** OAuth client id; also the MQTT client id. */
  readonly clientId: string
  /** OAuth client secret. */
  readonly clientSecret: string
  /** The device's routes by name. */
  readonly routes: Readonly<Record<string, SandboxRoute>>
  /** What happened, and the judgement of it. */
  readonly ledger: Ledger
  /** What shall go wrong. */
  readonly faults: Faults
  /** Orders a desired state on a command route. Throws `SandboxError` `unknown-route` or `invalid-argument`. */
  desire(routeName: string, value: string, options?: DesireOptions): DesiredOrder
  /** Sends an ordered desired state again. Throws `SandboxError` `unknown-command`. */
  resend(desiredId: string): void
  /** Sends any text on a route's desired topic. Throws `SandboxError` `unknown-route`. */
  desireRaw(routeName: string, payloadText: string): void
  /** Sends any text on the acknowledgement topic, an answer to no message (ACK-4, ACK-6). */
  acknowledgeRaw(payloadText: string): void
  /** The outcome first reported for a desired id. Throws `SandboxError` `unknown-command`. */
  outcomeOf(desiredId: string): CommandOutcome | 'none'
  /**
   * What the cloud knows of a route: the value of the last report that its application accepted, or null. Throws
   * `SandboxError` `unknown-route`.
   */
  valueOf(routeName: string): string | null
  /** Resets the device's broker connections at TCP level, without DISCONNECT. */
  dropConnections(): void
  /** Sends DISCONNECT with this reason code (0x80 to 0xFF), then closes. Mosquitto can do 0x98 only. */
  disconnectClients(reasonCode: number): void
  /** Makes every issued CONNECT tuple void now; open sessions are closed. */
  expireCredentials(): void
  /** With false the catalog has no `credential_endpoint` (CAT-4). */
  setCredentialsAvailable(available: boolean): void
  /** The most scopes that a credential is granted from now on, whatever it asks for (CRED-4). At first: all. */
  setGrantedScopes(scopes: readonly Scope[]): void
  /** How many times any secret of this sandbox stands in the text, as it is or encoded. */
  secretsIn(text: string): number
  /** Resolves, with the reason, where the broker has ended although nobody stopped it. */
  readonly brokerDeath: Promise<SandboxError>
  /** Ends everything: connections, timers, child process. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a Realer cloud on 127.0.0.1: HTTPS API, MQTT 5 broker over TLS, application, ledger and faults.
 * Rejects with `SandboxError`: `invalid-option`, `port-unavailable`, `mosquitto-missing` or `mosquitto-failed`.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = readOptions(options)
  const device = layOutDevice(settings)
  const authority = await createCertificateAuthority()
  const ledger = createLedger()
  const secrets = createSecretKeeper()
  const clientSecret = newSecret()
  secrets.add(clientSecret, device.clientId)

  // The broker starts last, and the parts that it needs need it: they reach it through this.
  let broker: Broker | undefined
  const theBroker = (): Broker => {
    if (broker === undefined) throw new SandboxError('stopped', 'The broker is not running.')
    return broker
  }
  const publish = (topic: string, payload: string) => theBroker().publish(topic, payload)
  const faults = createFaultBook(ledger, (fault) => theBroker().acceptFault(fault))
  const tokens = createTokens(settings.lifetimes, secrets)
  const credentials = createCredentials({
    device,
    lifetimes: settings.lifetimes,
    ledger,
    secrets,
    gate: {
      admit: (issued) => theBroker().admit(issued),
      expel: (username) => theBroker().expel(username),
    },
  })
  const desired = createDesiredStates({ device, ledger, faults, publish })
  const acknowledgements = createAcknowledgements({
    device,
    ledger,
    faults,
    knowsCommand: desired.knows,
    publish,
  })
  const application = createApplication(acknowledgements, desired.subscribed)
  const common = { settings, authority, device, ledger, faults, credentials, application }
  broker =
    settings.broker === 'mosquitto'
      ? await startMosquittoBroker({ ...common, secrets })
      : await startEmbeddedBroker({ ...common, secretsIn: secrets.countIn, isBearerToken: tokens.wasIssued })
  const iot = createIot({ device, settings, tokens, credentials, brokerUrl: () => theBroker().url })
  const api = await startApi({
    authority,
    port: settings.apiPort,
    corsOrigin: settings.corsOrigin,
    oauth: createOAuth({
      clientId: device.clientId,
      clientSecret,
      lifetimes: settings.lifetimes,
      tokens,
      credentials,
      ledger,
    }),
    iot,
    ledger,
    faults,
  }).catch(async (error: unknown) => {
    await theBroker().close()
    throw error
  })

  let stopping: Promise<void> | undefined
  async function stopAll(): Promise<void> {
    faults.clear()
    credentials.close()
    acknowledgements.close()
    await Promise.all([api.close(), theBroker().close()])
    ledger.close()
  }

  function createApplication(service: Acknowledgements, subscribed: (topic: string) => void): Application {
    return {
      receive({ topic, payload }) {
        const role = roleOfTopic(device, topic)
        return role?.role === 'feed-data' ? service.receive(role.route, payload) : () => {}
      },
      subscribed,
    }
  }

  return {
    apiUrl: api.url,
    caPem: authority.caPem,
    brokerUrl: broker.url,
    brokerWebSocketUrl: broker.webSocketUrl,
    deviceId: device.deviceId,
    clientId: device.clientId,
    clientSecret,
    routes: device.routes,
    ledger,
    faults,
    desire: desired.desire,
    resend: desired.resend,
    desireRaw: desired.desireRaw,
    acknowledgeRaw: acknowledgements.sendRaw,
    outcomeOf: desired.outcomeOf,
    valueOf(routeName) {
      if (!Object.hasOwn(device.routes, routeName))
        throw new SandboxError('unknown-route', `No route "${routeName}".`, 'routeName')
      return acknowledgements.valueOf(routeName)
    },
    dropConnections: () => theBroker().dropConnections(),
    disconnectClients(reasonCode) {
      if (!Number.isInteger(reasonCode) || reasonCode < 0x80 || reasonCode > 0xff) {
        throw new SandboxError('invalid-argument', 'reasonCode must be 0x80 to 0xFF.', 'reasonCode')
      }
      theBroker().disconnectClients(reasonCode)
    },
    expireCredentials: () => credentials.endAll('expired-by-order'),
    setCredentialsAvailable: iot.setCredentialsAvailable,
    setGrantedScopes: iot.setGrantedScopes,
    secretsIn: secrets.countIn,
    brokerDeath: broker.death,
    stop() {
      stopping ??= stopAll()
      return stopping
    },
  }
}
