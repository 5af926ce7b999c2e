import type { DeviceEvents, StepTrace } from '@realer-device/node'
import { type LedgerEntry, type Sandbox, startSandbox } from '@realer-device/sandbox'
import { connectDeviceOn, type MqttClientName } from './mqtt-clients.ts'
import { reconciled } from './reconciled.ts'
import {
  type Action,
  type CommandRouteName,
  commandRoutes,
  type Handling,
  type RouteName,
  type Schedule,
  sensorRoutes,
} from './schedule.ts'

/** Waits of the device, compressed: what takes minutes in the field takes tenths of seconds here. */
export const timing = {
  backoffFloorMs: 20,
  backoffCapMs: 200,
  slowRetryMs: 100,
  acknowledgementTimeoutMs: 300,
  publishTimeoutMs: 400,
  callTimeoutMs: 3_000,
  connectTimeoutMs: 1_000,
  closeTimeoutMs: 500,
  stableOnlineMs: 50,
  stopTimeoutMs: 10_000,
}

const shortLives = {
  tokenExpiresInSeconds: 3,
  tokenRenewAfterSeconds: 1.5,
  credentialExpiresInSeconds: 2.5,
  credentialRenewAfterSeconds: 1,
}

/** A safety net under the waits for progress, which are all for events. */
const LONGEST_RECOVERY_MS = 20_000
/** How long a schedule waits for something that its own faults may keep from coming. It judges nothing. */
const LONGEST_PAUSE_MS = 120
/** A slow handler answers after this. */
const SLOW_HANDLER_MS = 60

/** What the device did with a command, at the moment at which its handler was called. */
export interface Execution {
  readonly route: string
  readonly desiredId: string
  readonly sequenceNumber: number
  readonly handling: Handling
  readonly whileSafe: boolean
}

/** Everything that is known of a run once it is over. */
export interface Recording {
  readonly schedule: Schedule
  readonly broker: 'embedded' | 'mosquitto'
  readonly entries: readonly LedgerEntry[]
  readonly steps: readonly StepTrace[]
  /** The device's events but for its steps, in their order. */
  readonly told: readonly Told[]
  readonly executions: readonly Execution[]
  /** Message ids of the reports that the device took from the firmware. */
  readonly taken: readonly string[]
  /** What the device still held at the end. */
  readonly pending: readonly string[]
  readonly stopped: { readonly revoked: boolean }
  readonly summary: ReturnType<Sandbox['ledger']['summary']>
  readonly secretsSeen: number
}

type ToldName = Exclude<keyof DeviceEvents, 'step'>
export type Told = {
  [Name in ToldName]: { readonly name: Name; readonly detail: DeviceEvents[Name] }
}[ToldName]

const toldNames = ['online', 'offline', 'safe', 'command', 'report', 'diagnostic', 'stopped'] as const

/** Lives a schedule with a real device and a sandbox of its own, over real TLS sockets. */
export async function live(
  schedule: Schedule,
  broker: 'embedded' | 'mosquitto' = 'embedded',
  client: MqttClientName = 'our mqtt',
): Promise<Recording> {
  const sandbox = await startSandbox({
    broker,
    routes: { sensors: sensorRoutes, commands: commandRoutes },
    limits: { receiveMaximum: schedule.receiveMaximum },
    ...(schedule.lifetimes === 'short' && { lifetimes: shortLives }),
  })
  const stage = setStage(sandbox, client)
  try {
    stage.device.start()
    for (const action of schedule.actions) await stage.act(action)
    if (schedule.ending === 'recover') await stage.recover()
    const stopped = await stage.inTime(stage.device.stop(), 'the device to stop')
    return stage.record(schedule, broker, stopped)
  } finally {
    stage.end()
    await sandbox.stop()
  }
}

function setStage(sandbox: Sandbox, client: MqttClientName) {
  const { ledger, faults } = sandbox
  const steps: StepTrace[] = []
  const told: Told[] = []
  const executions: Execution[] = []
  const taken: string[] = []
  const orders: string[] = []
  const handlings = new Map<string, Handling>()
  const watchers = new Set<() => void>()
  const timers = new Set<NodeJS.Timeout>()
  const stuck = new Set<() => void>()
  const physical = new Map<string, string>(commandRoutes.map((route) => [route, 'initial']))
  let isSafe = false
  let handlersRunning = 0
  let faultsAreOver = false
  let values = 0

  const device = connectDeviceOn(client, {
    apiUrl: sandbox.apiUrl,
    ca: sandbox.caPem,
    deviceId: sandbox.deviceId,
    clientId: sandbox.clientId,
    clientSecret: sandbox.clientSecret,
    routes: Object.fromEntries(Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId])),
    timing,
  })
  device.on('step', (step) => {
    steps.push(step)
    for (const one of reconciled(step)) {
      taken.push(one.messageId)
      ledger.observed(one)
    }
  })
  for (const name of toldNames)
    device.on(name, (detail: unknown) => {
      told.push({ name, detail } as Told)
      if (name === 'safe') isSafe = (detail as DeviceEvents['safe']).entered
      if (isSafe) setImmediate(free)
    })
  const stopWatching = [device.on('step', () => queueMicrotask(look)), ledger.on(look)]

  for (const route of commandRoutes)
    device.onCommand(route, {
      async execute({ desiredId, value, sequenceNumber }) {
        const handling = handlings.get(desiredId) ?? 'applies'
        executions.push({ route, desiredId, sequenceNumber, handling, whileSafe: isSafe })
        if (handling === 'rejects') return 'rejected'
        if (handling === 'throws') throw new Error('the actuator is jammed')
        physical.set(route, String(value))
        ledger.executed({ desiredId, route, value: String(value) })
        if (handling === 'slow' || handling === 'stuck') {
          handlersRunning += 1
          await (handling === 'slow' ? pause(SLOW_HANDLER_MS) : untilFreed())
          handlersRunning -= 1
          look()
        }
        return 'applied'
      },
      currentValue: () => physical.get(route) ?? 'initial',
    })

  function look(): void {
    for (const watcher of [...watchers]) watcher()
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        resolve()
      }, ms)
      timers.add(timer)
    })
  }

  function untilFreed(): Promise<void> {
    return new Promise((resolve) => {
      if (faultsAreOver) resolve()
      else stuck.add(resolve)
    })
  }

  function free(): void {
    for (const resolve of stuck) resolve()
    stuck.clear()
  }

  /** Resolves when the condition holds; looked at after every step and every ledger entry. */
  function until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (!condition()) return
        watchers.delete(watcher)
        resolve()
      }
      watchers.add(watcher)
      watcher()
    })
  }

  async function inTime<T>(waited: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${what} did not come in time.\n${narrate()}`)),
        LONGEST_RECOVERY_MS,
      )
    })
    return Promise.race([waited, late]).finally(() => clearTimeout(timer))
  }

  function narrate(): string {
    const state = device.state()
    const { reports, commands, timers: running } = state?.context ?? {}
    return [
      `State: ${JSON.stringify(state?.value)}, timers ${JSON.stringify(running)}`,
      `Outbox: ${JSON.stringify(reports)}`,
      `Commands: ${JSON.stringify(commands)}`,
      ...ledger.entries.slice(-40).map((entry) => JSON.stringify(entry)),
      ...told.slice(-25).map((one) => JSON.stringify(one)),
    ].join('\n')
  }

  function report(route: RouteName): void {
    values += 1
    const { messageId, settled } = device.report(route, `reading ${values}`)
    settled.catch(() => {})
    // A report that is taken is in the outbox until it is settled, which no single call can bring about.
    if (!device.pending().includes(messageId)) return
    taken.push(messageId)
    ledger.observed({ messageId, route })
  }

  function desire(route: CommandRouteName, windowSeconds: number, handling: Handling): string {
    values += 1
    // The message can be on its way only after this turn, so its handling is known in time.
    const { desiredId } = sandbox.desire(route, `wish ${values}`, { validForSeconds: windowSeconds })
    handlings.set(desiredId, handling)
    orders.push(desiredId)
    return desiredId
  }

  async function act(action: Action): Promise<void> {
    switch (action.do) {
      case 'report':
        for (let time = 0; time < action.times; time += 1) report(action.route)
        return
      case 'desire':
        desire(action.route, action.windowSeconds, action.handling)
        return
      case 'desire-raw':
        return sandbox.desireRaw(action.route, action.text)
      case 'resend': {
        const desiredId = orders.at(-1 - action.back)
        if (desiredId !== undefined) sandbox.resend(desiredId)
        return
      }
      case 'fault':
        return faults.order(action.fault)
      case 'drop':
        return sandbox.dropConnections()
      case 'disconnect':
        return sandbox.disconnectClients(action.reasonCode)
      case 'expire-credentials':
        return sandbox.expireCredentials()
      case 'set-available':
        return sandbox.setCredentialsAvailable(action.available)
      case 'wait': {
        const happened = until(hasHappened(action.until))
        return action.surely === true
          ? inTime(happened, `The awaited ${action.until}`)
          : Promise.race([happened, pause(LONGEST_PAUSE_MS)])
      }
    }
  }

  function hasHappened(what: Extract<Action, { do: 'wait' }>['until']): () => boolean {
    const { length } =
      what === 'online' || what === 'offline' ? told : what === 'step' ? steps : ledger.entries
    switch (what) {
      case 'online':
      case 'offline':
        return () => told.slice(length).some(({ name }) => name === what)
      case 'step':
        return () => steps.length > length
      case 'command':
        return () => ledger.entries.slice(length).some(({ kind }) => kind === 'executed')
      case 'call':
        return () => ledger.entries.slice(length).some(({ kind }) => kind === 'http')
      case 'connect':
      case 'publish':
        return () => ledger.entries.slice(length).some(({ kind }) => kind === what)
    }
  }

  const isOnline = (): boolean => {
    const state = device.state()
    return (
      state !== null && JSON.stringify(state.value).includes('"link":"online"') && state.context.safe === null
    )
  }
  const isIdle = (): boolean => device.pending().length === 0 && handlersRunning === 0
  /** The desired topics that the broker granted the session of now. */
  const obeyed = (): CommandRouteName[] => {
    const granted = new Set<string>()
    for (const one of ledger.entries) {
      if (one.kind === 'connect' && one.outcome === 'accepted') granted.clear()
      if (one.kind === 'subscribe' && one.reasonCode < 0x80) granted.add(one.topic)
    }
    return commandRoutes.filter((route) => granted.has(sandbox.routes[route]?.desiredTopic ?? ''))
  }

  /** A command that is on the wire when a session ends is lost with it (clean start, CONN-2): the cloud asks again. */
  async function answer(desiredId: string): Promise<void> {
    const isAnswered = (): boolean =>
      ledger.entries.some((one) => one.kind === 'report' && one.desiredId === desiredId)
    const sessions = (): number => told.filter(({ name }) => name === 'online').length
    while (!isAnswered()) {
      const before = sessions()
      await until(() => isAnswered() || sessions() > before)
      if (!isAnswered()) sandbox.resend(desiredId)
    }
  }

  return {
    device,
    act,
    inTime,
    /** Ends every fault, then demands progress: all is settled, and the device is as good as new (CORE-7). */
    async recover(): Promise<void> {
      faults.clear()
      sandbox.setCredentialsAvailable(true)
      faultsAreOver = true
      free()
      await inTime(
        until(() => isOnline() && isIdle()),
        'The way back online with everything settled',
      )
      const from = told.length
      const routes: RouteName[] = [...sensorRoutes, ...commandRoutes]
      for (const route of routes) report(route)
      const ids = taken.slice(-routes.length)
      const done = (): number =>
        told
          .slice(from)
          .filter(
            ({ name, detail }) =>
              name === 'report' && ids.includes(detail.messageId) && detail.result === 'done',
          ).length
      await inTime(
        until(() => done() === routes.length),
        'A report on every route',
      )
      for (const route of obeyed()) {
        const desiredId = desire(route, 60, 'applies')
        await inTime(answer(desiredId), `The outcome of a command on ${route}`)
      }
      await inTime(
        until(() => isOnline() && isIdle()),
        'The last settlement',
      )
    },
    record(schedule: Schedule, broker: 'embedded' | 'mosquitto', stopped: { revoked: boolean }): Recording {
      const pending = device.pending()
      return {
        schedule,
        broker,
        entries: [...ledger.entries],
        steps,
        told,
        executions,
        taken,
        pending,
        stopped,
        summary: ledger.summary({ pendingMessageIds: pending }),
        secretsSeen: sandbox.secretsIn(JSON.stringify([steps, told, device.state(), ledger.entries])),
      }
    },
    end(): void {
      for (const stop of stopWatching) stop()
      for (const timer of timers) clearTimeout(timer)
      free()
      void device.stop()
    },
  }
}
