import type { CommandOutcome, DeviceConfig, Effect, HostEvent, Observation } from '@realer-device/core'
import type { CommandHandler, CommandSignal } from './command-handler.ts'
import { type Abortable, createSignal } from './command-signal.ts'
import { type Diagnose, faultText } from './diagnostics.ts'
import { copyJson } from './json-copy.ts'
import type { Platform } from './platform.ts'

type EffectOf<Type extends Effect['type']> = Extract<Effect, { type: Type }>

/** Runs the host's command handlers. */
export interface Commands {
  /** Executes a command unless its window is over; `steppedAt` is the moment from which `windowMs` counts. */
  start(effect: EffectOf<'startCommand'>, steppedAt: number): void
  /** Tells a running command that its time is over; its answer is not waited for (DES-8). */
  cancel(effect: EffectOf<'cancelCommand'>): void
  /** Reads the physical value for a command that is not executed, or was interrupted (DES-5, DES-12). */
  read(effect: EffectOf<'readValue'>): void
  /** Reads the physical value of a route after the device was offline (PUB-11). */
  readRoute(effect: EffectOf<'readRouteValue'>): void
  /** Tells every running command that the device stops; none starts any more. */
  abortAll(): void
}

/** What the command runner is made of. */
export interface CommandParts {
  readonly platform: Pick<Platform, 'clock' | 'newMessageId' | 'wallClock'>
  readonly handlers: ReadonlyMap<string, CommandHandler>
  readonly valueContract: DeviceConfig['valueContract']
  dispatch(turn: { readonly event: HostEvent }): void
  readonly diagnose: Diagnose
}

/** A runner for the handlers of one device. */
export function createCommands(parts: CommandParts): Commands {
  const { platform, handlers, valueContract, dispatch, diagnose } = parts
  /** The commands whose answer is waited for. */
  const running = new Map<string, Abortable>()
  let isStopping = false

  async function run(effect: EffectOf<'startCommand'>, deadlineAt: number): Promise<void> {
    const { route, desiredId } = effect
    // The last look before something moves: whatever kept the loop busy, a door does not open late (F-12).
    if (platform.clock.now() >= deadlineAt) {
      diagnose('warning', 'command-late', `The window of ${desiredId} ended before it could start.`, 'DES-5')
      return dispatch({ event: { type: 'commandLate', desiredId } })
    }
    // A stop that came while this step's effects were carried out: no new commands (STOP-1).
    if (isStopping) return dispatch({ event: { type: 'commandLate', desiredId } })
    const one = createSignal((error) =>
      diagnose('error', 'handler-failed', `A listener of the signal failed: ${faultText(error)}`, 'STOP-1'),
    )
    running.set(keyOf(effect), one)
    const outcome = await execute(effect, deadlineAt, one.signal)
    const observation = await observe(route)
    if (running.get(keyOf(effect)) !== one) return
    running.delete(keyOf(effect))
    if (observation === null) dispatch({ event: { type: 'valueUnknown', desiredId } })
    else dispatch({ event: { type: 'commandFinished', desiredId, outcome, ...observation } })
  }

  async function execute(
    effect: EffectOf<'startCommand'>,
    deadlineAt: number,
    signal: CommandSignal,
  ): Promise<Exclude<CommandOutcome, 'stale'>> {
    const { route, desiredId, value, sequenceNumber, windowMs } = effect
    const handler = handlers.get(route)
    if (handler === undefined) {
      diagnose('error', 'handler-missing', `Route ${route} has no handler.`, 'DES-6')
      return 'rejected'
    }
    try {
      const command = { desiredId, route, value, sequenceNumber, windowMs, deadlineAt, signal }
      const result = (await handler.execute(command)) ?? 'applied'
      if (result === 'applied' || result === 'rejected') return result
      diagnose(
        'error',
        'handler-failed',
        `The handler of ${route} answered neither applied nor rejected.`,
        'DES-6',
      )
    } catch (error) {
      diagnose('error', 'handler-failed', `The handler of ${route} failed: ${faultText(error)}`, 'DES-6')
    }
    return 'rejected'
  }

  /** The physical value now as an observation; null where it cannot be told (PUB-10). */
  async function observe(route: string): Promise<Observation | null> {
    try {
      const value = copyJson(await handlers.get(route)?.currentValue())
      if (value !== undefined && (valueContract === 'json' || typeof value === 'string'))
        return { messageId: platform.newMessageId(), value, valueReceivedAt: platform.wallClock() }
      diagnose(
        'error',
        'value-unreadable',
        `The current value of ${route} is no ${valueContract} value.`,
        'PUB-10',
        'value',
      )
    } catch (error) {
      diagnose(
        'error',
        'value-unreadable',
        `The current value of ${route} cannot be read: ${faultText(error)}`,
        'PUB-10',
      )
    }
    return null
  }

  async function answerRead({ route, desiredId }: EffectOf<'readValue'>): Promise<void> {
    const observation = await observe(route)
    if (observation === null) dispatch({ event: { type: 'valueUnknown', desiredId } })
    else dispatch({ event: { type: 'valueRead', desiredId, ...observation } })
  }

  async function answerRouteRead({ route, reading }: EffectOf<'readRouteValue'>): Promise<void> {
    const observation = await observe(route)
    if (observation === null) dispatch({ event: { type: 'routeValueUnknown', reading } })
    else dispatch({ event: { type: 'routeValueRead', reading, ...observation } })
  }

  return {
    start(effect, steppedAt) {
      void run(effect, steppedAt + effect.windowMs)
    },
    cancel(effect) {
      const one = running.get(keyOf(effect))
      running.delete(keyOf(effect))
      one?.abort()
    },
    read(effect) {
      void answerRead(effect)
    },
    readRoute(effect) {
      void answerRouteRead(effect)
    },
    abortAll() {
      isStopping = true
      for (const one of [...running.values()]) one.abort()
    },
  }
}

/** A command by its route and id: two routes may know one id. */
function keyOf({ route, desiredId }: { readonly route: string; readonly desiredId: string }): string {
  return JSON.stringify([route, desiredId])
}
