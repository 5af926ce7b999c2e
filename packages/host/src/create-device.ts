import { type Effect, initial, persist, resume } from '@realer-device/core'
import { basicCredentials } from './basic.ts'
import { createCalls } from './calls.ts'
import type { CommandHandler } from './command-handler.ts'
import { createCommands } from './commands.ts'
import { type Connection, openConnection } from './connection.ts'
import type { Device } from './device.ts'
import { deviceEventNames } from './device-events.ts'
import { type Diagnose, faultText } from './diagnostics.ts'
import { DeviceUsageError } from './errors.ts'
import { createListeners } from './listeners.ts'
import { createLoop } from './loop.ts'
import { type CreateDeviceOptions, readOptions } from './options.ts'
import type { Platform } from './platform.ts'
import { createReports } from './reports.ts'
import { createTimers } from './timers.ts'
import { createVault } from './vault.ts'

/**
 * Makes a device over a platform. Nothing happens before `start()`.
 *
 * @throws {ConfigError} naming the field, for a missing, wrong or unknown option
 */
export function createDevice(options: CreateDeviceOptions, platform: Platform): Device {
  const { client: checked, configFor } = readOptions(options)
  // Dropped at the start, when the vault has it, and at a stop before it (STOP-2).
  let client: typeof checked | null = checked
  const firstConfig = configFor({ commandRoutes: [], repeatableRoutes: [] })
  const handlers = new Map<string, CommandHandler>()
  const vault = createVault()
  const timers = createTimers<string>(platform.clock)
  let connection: Connection | null = null
  let phase: 'new' | 'started' | 'stopped' = 'new'
  let endStop: (result: { revoked: boolean }) => void = () => {}
  const stopped = new Promise<{ readonly revoked: boolean }>((resolve) => {
    endStop = resolve
  })

  const listeners = createListeners((name, error) => {
    // A listener of diagnostics that fails has no one left to be told to.
    if (name !== 'diagnostic')
      diagnose('error', 'listener-failed', `A listener of ${name} failed: ${faultText(error)}`, 'CORE-3')
  })
  const diagnose: Diagnose = (level, code, message, rule, field) =>
    listeners.emit('diagnostic', { level, code, message: vault.redact(message), field: field ?? null, rule })

  const loop = createLoop(platform, { traced: (trace) => listeners.emit('step', trace), perform })
  const { dispatch } = loop
  const calls = createCalls(platform.caller, vault, dispatch)
  const { valueContract } = firstConfig
  const commands = createCommands({ platform, handlers, valueContract, dispatch, diagnose })
  const reports = createReports({
    platform,
    closed: () => (phase === 'started' ? null : phase === 'new' ? 'not-started' : 'stopped'),
    dispatch,
    refused: ({ code, field, messageId }) =>
      diagnose('warning', 'report-refused', `Report ${messageId} was refused: ${code}.`, 'PUB-3', field),
  })

  function perform(effect: Effect, steppedAt: number): void {
    switch (effect.type) {
      case 'setTimer': {
        const event = { type: `timer.${effect.timer}`, timer: effect.id } as const
        return timers.set(effect.timer, effect.delayMs, () => dispatch({ event }))
      }
      case 'cancelTimer':
        return timers.cancel(effect.timer)
      case 'call':
        return calls.make(effect)
      case 'cancelCall':
        return calls.cancel(effect.call)
      case 'forgetSecret':
        return vault.forget(effect.secret)
      case 'mqttConnect': {
        // At most one connection exists, whatever is ordered (CONN-6).
        connection?.abort()
        const { closeTimeoutMs } = firstConfig.timing
        connection = openConnection(effect, { platform, vault, closeTimeoutMs, dispatch, diagnose })
        return
      }
      case 'mqttSubscribe':
        return connectionOf(effect)?.subscribe(effect.topics)
      case 'mqttPublish':
        return connectionOf(effect)?.publish(effect.delivery, effect.topic, effect.payload)
      case 'mqttDisconnect':
        return connectionOf(effect)?.disconnect(effect.reasonCode)
      case 'mqttAbort':
        return connectionOf(effect)?.abort()
      case 'acceptReport':
        // The receipt was given when the step was made.
        return
      case 'refuseReport': {
        diagnose('warning', 'report-refused', effect.message, 'PUB-3', effect.field)
        // A handler's value that makes no report will not get better: the route must not wait for it.
        const { desiredId } = effect
        if (desiredId !== null) dispatch({ event: { type: 'valueUnknown', desiredId } })
        return
      }
      case 'settleReport': {
        const { type: _type, ...settlement } = effect
        reports.settle(effect)
        return listeners.emit('report', settlement)
      }
      case 'startCommand':
        return commands.start(effect, steppedAt)
      case 'cancelCommand':
        return commands.cancel(effect)
      case 'readValue':
        return commands.read(effect)
      case 'readRouteValue':
        return commands.readRoute(effect)
      case 'settleCommand': {
        const { route, desiredId, outcome } = effect
        return listeners.emit('command', { route, desiredId, outcome })
      }
      case 'enterSafe':
        return listeners.emit('safe', { entered: true, reason: effect.reason })
      case 'leaveSafe':
        return listeners.emit('safe', { entered: false, reason: null })
      case 'announceOnline':
        return listeners.emit('online', { after: effect.after })
      case 'announceOffline':
        return listeners.emit('offline', { because: effect.because })
      case 'announceStopped': {
        const { reason, revoked } = effect
        end()
        listeners.emit('stopped', { reason, revoked })
        return endStop({ revoked })
      }
      case 'diagnose': {
        const { type: _type, ...diagnostic } = effect
        return listeners.emit('diagnostic', diagnostic)
      }
    }
  }

  /** The connection that an effect speaks of, unless it is gone. */
  function connectionOf(effect: { readonly connection: string }): Connection | null {
    return connection?.id === effect.connection ? connection : null
  }

  /** Whatever the machine has left behind ends here (STOP-1, STOP-2). */
  function end(): void {
    phase = 'stopped'
    timers.cancelAll()
    calls.cancelAll()
    connection?.abort()
    connection = null
    client = null
    vault.forgetAll()
    commands.abortAll()
    reports.endAll()
  }

  return {
    start(startOptions) {
      if (phase === 'stopped')
        throw new DeviceUsageError('already-stopped', 'start', 'The device was stopped.')
      if (phase === 'started')
        throw new DeviceUsageError('already-started', 'start', 'The device runs already.')
      const { resume: snapshot, clock = 'restarted' } = startOptions ?? {}
      if (clock !== 'continued' && clock !== 'restarted')
        throw new DeviceUsageError('argument-invalid', 'clock', 'A clock is continued or restarted.')
      const routes = [...handlers]
      const config = configFor({
        commandRoutes: routes.map(([route]) => route),
        repeatableRoutes: routes.flatMap(([route, { repeatable }]) => (repeatable === true ? [route] : [])),
      })
      loop.start((at) => {
        const first = snapshot == null ? initial(config, at) : resume(snapshot, { config, clock, ...at })
        phase = 'started'
        if (client !== null) vault.keep('client', basicCredentials(client.id, client.secret), [client.secret])
        client = null
        return first
      })
    },

    // From JavaScript, null may come: it stands for no options.
    report: (route, value, reportOptions) => reports.offer(route, value, reportOptions ?? {}),

    onCommand(route, handler) {
      if (phase !== 'new')
        throw new DeviceUsageError('already-started', 'onCommand', 'Handlers are declared before start().')
      if (typeof route !== 'string' || route === '')
        throw new DeviceUsageError('argument-invalid', 'route', 'A route is a string that is not empty.')
      for (const method of ['execute', 'currentValue'] as const)
        if (typeof handler?.[method] !== 'function')
          throw new DeviceUsageError('argument-invalid', method, `A handler needs ${method}().`)
      if (handlers.has(route))
        throw new DeviceUsageError('handler-exists', 'route', `Route ${route} has a handler already.`)
      handlers.set(route, handler)
    },

    on(name, listener) {
      if (!Object.hasOwn(deviceEventNames, name))
        throw new DeviceUsageError('argument-invalid', 'name', `There is no event ${String(name)}.`)
      if (typeof listener !== 'function')
        throw new DeviceUsageError('argument-invalid', 'listener', 'A listener is a function.')
      return listeners.add(name, listener)
    },

    stop(stopOptions) {
      const { reason = 'shutdown' } = stopOptions ?? {}
      if (!['shutdown', 'decommissioning', 'compromise'].includes(reason))
        return Promise.reject(
          new DeviceUsageError('argument-invalid', 'reason', 'There is no such reason to stop.'),
        )
      if (phase === 'new') {
        end()
        listeners.emit('stopped', { reason, revoked: false })
        endStop({ revoked: false })
      } else if (phase === 'started') {
        commands.abortAll()
        dispatch({ event: { type: 'stopRequested', reason } })
      }
      return stopped
    },

    pending: () => loop.state()?.context.reports.map(({ messageId }) => messageId) ?? [],
    snapshot() {
      const state = loop.state()
      return state === null ? null : persist(state)
    },
    state: loop.state,
  }
}
