import { handledRoutes } from '../catalog/route-name.ts'
import type { CommandOutcome } from '../effect.ts'
import type { DeviceEvent, Observation } from '../event.ts'
import { type DesiredState, readDesiredState } from '../payload/desired-state.ts'
import { writeFeedData } from '../payload/feed-data.ts'
import { addReport } from '../report/outbox.ts'
import { applyRules, diagnose, type Plan, update } from '../session/plan.ts'
import { setTimerAt } from '../session/timers.ts'
import type { Command, RouteCommands } from './command.ts'
import { type CommandAction, type CommandEventType, commandChart } from './machine.ts'

type EventOf<Type extends DeviceEvent['type']> = Extract<DeviceEvent, { type: Type }>

const noCommands: RouteCommands = { highestSequence: null, open: [], recentIds: [], lastOutcome: null }

/** Ids a route remembers: far more than a broker delivers twice, and bounded (CORE-5). */
const maxRecentIds = 64

/** Takes a desired state: a new one is accepted, an old or doubled one is not executed (DES-1 to DES-4, DES-10). */
export function takeDesiredState(plan: Plan, event: EventOf<'mqttMessageReceived'>): void {
  const { config, catalog } = plan.context
  if (catalog === null) return
  const route = handledRoutes(config, catalog).find(({ desiredTopic }) => desiredTopic === event.topic)
  if (route === undefined) return
  const read = readDesiredState(event.payload)
  if (!read.ok) {
    diagnose(plan, {
      level: 'warning',
      code: 'desired-state-malformed',
      message: `${read.message} It is not executed.`,
      field: read.field,
      rule: 'DES-10',
    })
    if (read.desiredId === null || isRepeated(plan, route.name, read.desiredId)) return
    rememberId(plan, route.name, read.desiredId)
    askForValue(plan, route.name, malformedCommand(read.desiredId, plan.now), 'rejected')
    return
  }
  const { desired } = read
  if (isRepeated(plan, route.name, desired.desiredId)) return
  rememberId(plan, route.name, desired.desiredId)
  const { highestSequence } = commandsOf(plan, route.name)
  if (highestSequence !== null && desired.sequenceNumber <= highestSequence) {
    applyRules(plan, ['DES-3'])
    return diagnose(plan, {
      level: 'info',
      code: 'desired-state-outdated',
      message: `A desired state on route ${route.name} has a lower sequence number than one already accepted: it is ignored.`,
      rule: 'DES-3',
    })
  }
  acceptDesiredState(plan, route.name, desired)
}

function acceptDesiredState(plan: Plan, route: string, desired: DesiredState): void {
  applyRules(plan, ['DES-1', 'DES-2', 'DES-3'])
  const accepted: Command = {
    desiredId: desired.desiredId,
    value: desired.value,
    sequenceNumber: desired.sequenceNumber,
    windowEndsAt: plan.now + desired.validForSeconds * 1000,
    state: 'waiting',
    outcome: null,
  }
  for (const command of commandsOf(plan, route).open)
    advanceCommand(plan, route, command, { type: 'superseded' })
  const commands = commandsOf(plan, route)
  setCommands(plan, route, {
    ...commands,
    highestSequence: desired.sequenceNumber,
    open: [...commands.open, accepted],
  })
  commandsDue(plan)
}

/** Whether this command came before; if it is the last one whose outcome is known, its report is sent again (DES-4). */
function isRepeated(plan: Plan, route: string, desiredId: string): boolean {
  const { recentIds, lastOutcome } = commandsOf(plan, route)
  if (!recentIds.includes(desiredId)) return false
  applyRules(plan, ['DES-4'])
  if (lastOutcome?.desiredId !== desiredId) return true
  const { messageId, payload } = lastOutcome
  if (!plan.context.reports.some((report) => report.messageId === messageId))
    reportOutcome(plan, { messageId, route, payload, desiredId })
  return true
}

function rememberId(plan: Plan, route: string, desiredId: string): void {
  const commands = commandsOf(plan, route)
  setCommands(plan, route, {
    ...commands,
    recentIds: [...commands.recentIds, desiredId].slice(-maxRecentIds),
  })
}

/** The host has executed or refused a running command (DES-6, DES-7). */
export function finishCommand(plan: Plan, event: EventOf<'commandFinished'>): void {
  const type = event.outcome === 'applied' ? 'finishedApplied' : 'finishedRejected'
  withCommand(plan, event.desiredId, (route, command) =>
    advanceCommand(plan, route, command, { type, observation: event }),
  )
  startCommands(plan)
}

/** The host was too late to begin: not executed, and so stale (DES-5). */
export function missWindow(plan: Plan, event: EventOf<'commandLate'>): void {
  withCommand(plan, event.desiredId, (route, command) =>
    advanceCommand(plan, route, command, { type: 'late' }),
  )
  startCommands(plan)
}

/** The host has read the physical value for a command that was not executed (DES-5). */
export function takeValue(plan: Plan, event: EventOf<'valueRead'>): void {
  withCommand(plan, event.desiredId, (route, command) =>
    advanceCommand(plan, route, command, { type: 'valueRead', observation: event }),
  )
}

/** The host cannot tell the physical value: no report is made up (PUB-10). */
export function missValue(plan: Plan, event: EventOf<'valueUnknown'>): void {
  withCommand(plan, event.desiredId, (route, command) =>
    advanceCommand(plan, route, command, { type: 'valueUnknown' }),
  )
  startCommands(plan)
}

/** Ends the windows that are over, then starts what may start (DES-2, DES-5). */
export function commandsDue(plan: Plan): void {
  for (const [route, { open }] of Object.entries(plan.context.commands))
    for (const command of open)
      if (command.windowEndsAt <= plan.now) advanceCommand(plan, route, command, { type: 'windowEnded' })
  startCommands(plan)
}

/** Starts the waiting command of every route on which none runs; none at all under local safe behaviour (DES-8, DES-11). */
export function startCommands(plan: Plan): void {
  // STOP-1: no new commands, from the moment that the stop was asked for.
  if (plan.context.stopReason !== null) return
  if (plan.context.safe === null)
    for (const [route, { open }] of Object.entries(plan.context.commands)) {
      const waiting = open.find(({ state, windowEndsAt }) => state === 'waiting' && windowEndsAt > plan.now)
      if (waiting !== undefined && open.every(({ state }) => state !== 'running'))
        advanceCommand(plan, route, waiting, { type: 'started' })
    }
  const windows = Object.values(plan.context.commands).flatMap(({ open }) =>
    open.flatMap(({ state, windowEndsAt }) => (state === 'waiting' ? [windowEndsAt] : [])),
  )
  setTimerAt(plan, 'commands', windows.length === 0 ? null : Math.min(...windows))
}

interface CommandEvent {
  readonly type: CommandEventType
  readonly observation?: Observation
}

/** Takes one command through its chart. An event that the command's state does not know changes nothing. */
function advanceCommand(plan: Plan, route: string, command: Command, event: CommandEvent): void {
  const arrow = commandChart(command.state, event.type)
  if (arrow === undefined) return
  const next: Command = { ...command, state: arrow.target }
  for (const action of arrow.actions) if (!commandActions[action](plan, route, next, event)) return
  applyRules(plan, arrow.rules)
}

/** Each action puts the command into its new state; false where the host's answer was unusable and the old one stays. */
const commandActions: {
  [name in CommandAction]: (plan: Plan, route: string, command: Command, event: CommandEvent) => boolean
} = {
  execute: (plan, route, command) => {
    replaceCommand(plan, route, command)
    plan.effects.push({
      type: 'startCommand',
      route,
      desiredId: command.desiredId,
      value: command.value,
      sequenceNumber: command.sequenceNumber ?? 0,
      windowMs: command.windowEndsAt - plan.now,
    })
    return true
  },
  askStale: (plan, route, command) => askForValue(plan, route, command, 'stale'),
  reportApplied: (plan, route, command, event) => answer(plan, route, command, 'applied', event.observation),
  reportRejected: (plan, route, command, event) =>
    answer(plan, route, command, 'rejected', event.observation),
  reportAsked: (plan, route, command, event) =>
    answer(plan, route, command, command.outcome ?? 'rejected', event.observation),
  giveUp: (plan, route, command) => {
    removeCommand(plan, route, command)
    diagnose(plan, {
      level: 'error',
      code: 'physical-value-unknown',
      message: `The physical value of route ${route} is not known: its command stays unanswered.`,
      rule: 'PUB-10',
    })
    return true
  },
}

/** Puts the outcome's report into the outbox and remembers it (DES-4, PUB-5). */
function answer(
  plan: Plan,
  route: string,
  command: Command,
  outcome: CommandOutcome,
  observation: Observation | undefined,
): boolean {
  if (observation === undefined) return false
  const { desiredId, sequenceNumber } = command
  const { messageId } = observation
  const written = writeFeedData(plan.context.config, observation, { desiredId, outcome, sequenceNumber })
  if (!written.ok || plan.context.reports.some((report) => report.messageId === messageId)) {
    const { code, field, message } = written.ok
      ? {
          code: 'message-id-in-use' as const,
          field: 'messageId',
          message: 'This message id is already on its way.',
        }
      : written
    plan.effects.push({ type: 'refuseReport', messageId, code, field, message, desiredId })
    return false
  }
  removeCommand(plan, route, command)
  const { payload } = written
  const commands = commandsOf(plan, route)
  // One that waited for its value longer than a newer one ran does not take the newer one's place.
  if ((sequenceNumber ?? -1) >= (commands.lastOutcome?.sequenceNumber ?? -1))
    setCommands(plan, route, {
      ...commands,
      lastOutcome: { desiredId, sequenceNumber, outcome, messageId, payload },
    })
  plan.effects.push({ type: 'settleCommand', route, desiredId, outcome })
  reportOutcome(plan, { messageId, route, payload, desiredId })
  return true
}

/**
 * Outcomes have room of their own beside the host's reports, as much again (PUB-9). Beyond it the report is dropped
 * and told; the outcome stays known, for the cloud to ask again (DES-4, CORE-5).
 */
function reportOutcome(
  plan: Plan,
  report: { messageId: string; route: string; payload: string; desiredId: string },
): void {
  const { config, reports } = plan.context
  const outcomes = reports.filter(({ desiredId }) => desiredId !== null)
  if (outcomes.length < config.limits.maxReports) return addReport(plan, report)
  const { messageId, route, desiredId } = report
  plan.effects.push({
    type: 'settleReport',
    messageId,
    route,
    result: 'failed',
    status: 'outbox-full',
    errorType: null,
    desiredId,
  })
}

function malformedCommand(desiredId: string, now: number): Command {
  return { desiredId, value: null, sequenceNumber: null, windowEndsAt: now, state: 'asking', outcome: null }
}

/** A command that will not be executed waits for the physical value its report needs; their number is bounded (CORE-5). */
function askForValue(plan: Plan, route: string, command: Command, because: 'stale' | 'rejected'): boolean {
  const { maxUnansweredCommands } = plan.context.config.limits
  replaceCommand(plan, route, { ...command, outcome: because })
  const asking = commandsOf(plan, route).open.filter(({ state }) => state === 'asking')
  const [oldest] = asking
  if (asking.length > maxUnansweredCommands && oldest !== undefined) {
    removeCommand(plan, route, oldest)
    diagnose(plan, {
      level: 'error',
      code: 'command-unanswered',
      message: `Route ${route} has more than ${maxUnansweredCommands} unanswered commands: the oldest is dropped.`,
      rule: 'CORE-5',
    })
  }
  plan.effects.push({ type: 'readValue', route, desiredId: command.desiredId, because })
  return true
}

function withCommand(plan: Plan, desiredId: string, act: (route: string, command: Command) => void): void {
  for (const [route, { open }] of Object.entries(plan.context.commands)) {
    const command = open.find((candidate) => candidate.desiredId === desiredId)
    if (command !== undefined) return act(route, command)
  }
}

function commandsOf(plan: Plan, route: string): RouteCommands {
  return Object.hasOwn(plan.context.commands, route)
    ? (plan.context.commands[route] ?? noCommands)
    : noCommands
}

function setCommands(plan: Plan, route: string, commands: RouteCommands): void {
  update(plan, { commands: { ...plan.context.commands, [route]: commands } })
}

/** Puts a command in the place of its former self, or behind the others where it is new. */
function replaceCommand(plan: Plan, route: string, command: Command): void {
  const commands = commandsOf(plan, route)
  const known = commands.open.some(({ desiredId }) => desiredId === command.desiredId)
  const open = known
    ? commands.open.map((other) => (other.desiredId === command.desiredId ? command : other))
    : [...commands.open, command]
  setCommands(plan, route, { ...commands, open })
}

function removeCommand(plan: Plan, route: string, command: Command): void {
  const commands = commandsOf(plan, route)
  setCommands(plan, route, {
    ...commands,
    open: commands.open.filter(({ desiredId }) => desiredId !== command.desiredId),
  })
}
