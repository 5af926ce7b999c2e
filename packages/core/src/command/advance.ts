import type { ChartEvent } from '../chart.ts'
import type { Observation } from '../event.ts'
import { applyRules, diagnose, type Plan } from '../session/plan.ts'
import type { Command } from './command.ts'
import { type CommandAction, type CommandEventType, type CommandFact, commandChart } from './machine.ts'
import { commandsOf, removeCommand, replaceCommand, setCommands } from './memory.ts'
import { answer, outcomeOf, refuseObservation, reportAgain } from './outcome.ts'

/** What one event of a command brings with it. */
export interface CommandEvent extends ChartEvent<CommandEventType, CommandFact> {
  /** The physical value, where the host has told it. */
  readonly observation?: Observation
}

/** Takes one command through its chart. An event that the command's state does not know changes nothing. */
export function advanceCommand(plan: Plan, route: string, command: Command, event: CommandEvent): void {
  const isArriving = command.state === 'arriving'
  // One that arrives is not kept yet, and an open one may have its id. Any other is taken as it stands now: what
  // happened to the ones before it may have changed it, or crowded it out.
  const current = isArriving ? command : openCommand(plan, route, command.desiredId)
  const arrow = current === undefined ? undefined : commandChart(current.state, event)
  if (current === undefined || arrow === undefined) return
  applyRules(plan, arrow.rules)
  // One that waits is due at the end of its window, whatever it was due for before (DES-2).
  const dueAt = arrow.target === 'waiting' ? current.windowEndsAt : current.dueAt
  const next: Command = { ...current, state: arrow.target, dueAt }
  const isOpen = arrow.target !== 'answered' && arrow.target !== 'dropped'
  if (!isArriving && isOpen) replaceCommand(plan, route, next)
  if (!isArriving && !isOpen) removeCommand(plan, route, next)
  for (const action of arrow.actions) commandActions[action](plan, route, next, event)
}

function openCommand(plan: Plan, route: string, desiredId: string): Command | undefined {
  return commandsOf(plan, route).open.find((command) => command.desiredId === desiredId)
}

const commandActions: {
  [name in CommandAction]: (plan: Plan, route: string, command: Command, event: CommandEvent) => void
} = {
  /** The route's window and memory begin with it; of those that wait only the newest survives (DES-3, DES-8). */
  accept: (plan, route, command) => {
    for (const other of commandsOf(plan, route).open)
      advanceCommand(plan, route, other, { type: 'superseded' })
    const commands = commandsOf(plan, route)
    setCommands(plan, route, { ...commands, highestSequence: command.sequenceNumber })
    replaceCommand(plan, route, command)
  },
  noteOutdated: (plan, route) =>
    diagnose(plan, {
      level: 'info',
      code: 'desired-state-outdated',
      message: `A desired state on route ${route} has no higher sequence number than one already accepted: it is not executed.`,
      rule: 'DES-3',
    }),
  reportAgain,
  execute: (plan, route, command) => {
    const { desiredId, value, windowEndsAt } = command
    replaceCommand(plan, route, { ...command, dueAt: plan.now + commandTimeoutMs(plan) })
    plan.effects.push({
      type: 'startCommand',
      route,
      desiredId,
      value,
      sequenceNumber: command.sequenceNumber ?? 0,
      windowMs: windowEndsAt - plan.now,
    })
  },
  cancel: (plan, route, { desiredId }) => {
    plan.effects.push({ type: 'cancelCommand', route, desiredId })
    diagnose(plan, {
      level: 'error',
      code: 'command-overran',
      message: `The command on route ${route} ran for more than ${commandTimeoutMs(plan)} ms: it is given up.`,
      field: 'timing.commandTimeoutMs',
      rule: 'DES-8',
    })
  },
  askRejected: (plan, route, command) => ask(plan, route, command, 'rejected'),
  askStale: (plan, route, command) => ask(plan, route, command, 'stale'),
  askInterrupted: (plan, route, command) => ask(plan, route, command, 'interrupted'),
  askAgain: (plan, route, command) => ask(plan, route, command, command.because ?? 'rejected'),
  refuseObservation: (plan, _route, command, event) => refuseObservation(plan, command, event.observation),
  reportApplied: (plan, route, command, event) => answer(plan, route, command, 'applied', event.observation),
  reportRejected: (plan, route, command, event) =>
    answer(plan, route, command, 'rejected', event.observation),
  reportAsked: (plan, route, command, event) =>
    answer(plan, route, command, outcomeOf(command, event.observation), event.observation),
  giveUp: (plan, route) =>
    diagnose(plan, {
      level: 'error',
      code: 'physical-value-unknown',
      message: `The physical value of route ${route} is not known: its command stays unanswered.`,
      rule: 'PUB-10',
    }),
  dropUnanswered: (plan, route) =>
    diagnose(plan, {
      level: 'error',
      code: 'command-unanswered',
      message: `Route ${route} has more than ${plan.context.config.limits.maxUnansweredCommands} unanswered commands: the oldest is dropped.`,
      rule: 'CORE-5',
    }),
}

/** A command that does not run (any more) waits for the physical value its report needs; their number is bounded (CORE-5). */
function ask(plan: Plan, route: string, command: Command, because: NonNullable<Command['because']>): void {
  const { desiredId } = command
  replaceCommand(plan, route, { ...command, because, dueAt: plan.now + commandTimeoutMs(plan) })
  const asking = commandsOf(plan, route).open.filter(({ state }) => state === 'asking')
  // An interrupted one may have moved something: it is not crowded out, nor is the one that is just asked for.
  const oldest = asking.find((other) => other.because !== 'interrupted' && other.desiredId !== desiredId)
  if (asking.length > plan.context.config.limits.maxUnansweredCommands && oldest !== undefined)
    advanceCommand(plan, route, oldest, { type: 'crowdedOut' })
  plan.effects.push({ type: 'readValue', route, desiredId, because })
}

function commandTimeoutMs(plan: Plan): number {
  return plan.context.config.timing.commandTimeoutMs
}
