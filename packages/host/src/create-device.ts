import {
  type DeviceConfig,
  type DeviceState,
  type Effect,
  initial,
  persist,
  resume,
  type Step,
} from '@realer-device/core'
import { basicCredentials } from './basic.ts'
import { createCalls } from './calls.ts'
import type { CommandHandler } from './command-handler.ts'
import { createCommands } from './commands.ts'
import { type Connection, openConnection } from './connection.ts'
import type { Device, StartOptions } from './device.ts'
import { deviceEventNames } from './device-events.ts'
import { type Diagnose, faultText } from './diagnostics.ts'
import { DeviceUsageError } from './errors.ts'
import { type Journal, openJournal } from './journal.ts'
import { createListeners } from './listeners.ts'
import { createLoop, type HostMoment } from './loop.ts'
import { mqttOverLink } from './mqtt-over-link.ts'
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
  const { client: checked, configFor } = readOptions(options, platform.store !== undefined)
  // Dropped at the start, when the vault has it, and at a stop before it (STOP-2).
  let client: typeof checked | null = checked
  const firstConfig = configFor({ commandRoutes: [], repeatableRoutes: [] })
  const { store } = platform
  const handlers = new Map<string, CommandHandler>()
  const vault = createVault()
  const timers = createTimers<string>(platform.clock)
  let connection: Connection | null = null
  let journal: Journal | null = null
  let isSafe = false
  let phase: 'new' | 'started' | 'stopped' = 'new'
  let endStop: (result: { revoked: boolean }) => void = () => {}
  let storeClosed: Promise<void> = Promise.resolve()
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

  const loop = createLoop(platform, {
    keep: (state: DeviceState) => journal?.keep(state),
    unkept: storeFailed,
    traced: (trace) => listeners.emit('step', trace),
    perform,
  })
  const { dispatch } = loop
  const openMqtt =
    'openMqtt' in platform
      ? platform.openMqtt
      : mqttOverLink({ ...platform, closeTimeoutMs: firstConfig.timing.closeTimeoutMs, diagnose })
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
        // From the step on, however long the store took to write it.
        return timers.set(effect.timer, effect.delayMs, () => dispatch({ event }), steppedAt)
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
        const readPassword = (): string | null => currentSecret(effect.password.secret)
        connection = openConnection(effect, {
          openMqtt,
          vault,
          readPassword,
          isTupleOver,
          dispatch,
          diagnose,
        })
        return
      }
      case 'mqttSubscribe':
        return isTupleOver() ? undefined : connectionOf(effect)?.subscribe(effect.topics)
      case 'mqttPublish':
        return isTupleOver()
          ? undefined
          : connectionOf(effect)?.publish(effect.delivery, effect.topic, effect.payload)
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
        isSafe = true
        return listeners.emit('safe', { entered: true, reason: effect.reason })
      case 'leaveSafe':
        isSafe = false
        return listeners.emit('safe', { entered: false, reason: null })
      case 'announceOnline':
        return listeners.emit('online', { after: effect.after })
      case 'announceOffline':
        return listeners.emit('offline', { because: effect.because })
      case 'announceStopped': {
        const { reason, revoked } = effect
        end()
        listeners.emit('stopped', { reason, revoked })
        return finishStop({ revoked })
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

  /** A secret that may be used now: a timer that is overdue may have ended it, and it has its say first (CRED-5). */
  function currentSecret(ref: string): string | null {
    const wereDue = timers.fireDue()
    return (wereDue && loop.isWriting()) || isTupleOver() ? null : vault.read(ref)
  }

  /** Whether the tuple has ended while the store wrote, so that the event of its end still waits (CRED-5, REN-5). */
  function isTupleOver(): boolean {
    const tuple = loop.state()?.context.tuple ?? null
    return tuple !== null && tuple.expiresAt <= platform.clock.now()
  }

  /**
   * What must survive a step cannot be written, so nothing of the step may leave the device. It ends at once, as if the
   * power had gone: what was written before is enough to go on from (PUB-9, DES-9).
   */
  function storeFailed(error: unknown): void {
    if (phase === 'stopped') return
    // Before anybody is told: whoever then asks for more is refused.
    phase = 'stopped'
    diagnose(
      'error',
      'store-failed',
      `The store cannot be written, so the device stops: ${faultText(error)}`,
      'PUB-9',
      'store',
    )
    loop.end(error)
    end()
    if (!isSafe) listeners.emit('safe', { entered: true, reason: 'storeFailed' })
    listeners.emit('stopped', { reason: 'storeFailed', revoked: false })
    finishStop({ revoked: false })
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
    storeClosed = closeStore()
  }

  async function closeStore(): Promise<void> {
    try {
      await store?.close()
    } catch (error) {
      diagnose('error', 'store-failed', `The store cannot be closed: ${faultText(error)}`, 'PUB-9', 'store')
    }
  }

  /** A stop is over when others can open the store, and never later than the time that closing has (STOP-1). */
  function finishStop(result: { readonly revoked: boolean }): void {
    if (store === undefined) return endStop(result)
    const giveUp = platform.clock.setTimer(firstConfig.timing.closeTimeoutMs, () => endStop(result))
    void storeClosed.then(() => {
      giveUp()
      endStop(result)
    })
  }

  /** The first step: from the store, from a snapshot that the host kept itself, or afresh (CORE-6). */
  function begin(config: DeviceConfig, at: HostMoment, given: StartOptions): Step {
    const kept = journal?.kept ?? null
    const snapshot = kept === null ? given.resume : kept.snapshot
    if (snapshot == null) return initial(config, at)
    const isSameClock =
      kept !== null && kept.clockOrigin !== null && kept.clockOrigin === platform.clock.origin
    const { clock = isSameClock ? 'continued' : 'restarted' } = given
    return resume(snapshot, { config, clock, ...at })
  }

  return {
    start(startOptions) {
      if (phase === 'stopped')
        throw new DeviceUsageError('already-stopped', 'start', 'The device was stopped.')
      if (phase === 'started')
        throw new DeviceUsageError('already-started', 'start', 'The device runs already.')
      const given = startOptions ?? {}
      if (![undefined, 'continued', 'restarted'].includes(given.clock))
        throw new DeviceUsageError('argument-invalid', 'clock', 'A clock is continued or restarted.')
      if (store !== undefined && given.resume != null)
        throw new DeviceUsageError('argument-invalid', 'resume', 'The store says what to go on from.')
      const routes = [...handlers]
      const config = configFor({
        commandRoutes: routes.map(([route]) => route),
        repeatableRoutes: routes.flatMap(([route, { repeatable }]) => (repeatable === true ? [route] : [])),
      })
      if (store !== undefined) journal = openJournal(store, platform.clock)
      loop.start(
        (at) => begin(config, at, given),
        () => {
          phase = 'started'
          if (client !== null)
            vault.keep('client', basicCredentials(client.id, client.secret), [client.secret])
          client = null
        },
      )
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
        finishStop({ revoked: false })
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
