import { type Plan, update } from '../session/plan.ts'
import type { Command, KnownOutcome, RouteCommands } from './command.ts'

const noCommands: RouteCommands = {
  highestSequence: null,
  open: [],
  recentIds: [],
  outcomes: [],
  lastReported: null,
  reading: null,
}

/** Ids a route remembers: far more than a broker delivers twice, and bounded (CORE-5). */
const maxRecentIds = 64

/** What a route remembers of its commands. */
export function commandsOf(plan: Plan, route: string): RouteCommands {
  return Object.hasOwn(plan.context.commands, route)
    ? (plan.context.commands[route] ?? noCommands)
    : noCommands
}

/** Replaces what a route remembers. */
export function setCommands(plan: Plan, route: string, commands: RouteCommands): void {
  update(plan, { commands: { ...plan.context.commands, [route]: commands } })
}

/** Remembers that a command came: its id is never taken for a new one again (DES-4). */
export function rememberId(plan: Plan, route: string, desiredId: string): void {
  const commands = commandsOf(plan, route)
  const recentIds = [...commands.recentIds, desiredId].slice(-maxRecentIds)
  setCommands(plan, route, { ...commands, recentIds })
}

/** Outcomes a route remembers: more than commands can be on their way on one route, and bounded (CORE-5). */
const maxOutcomes = 8

/** Remembers how a command ended and what its report said (DES-4, DES-9). */
export function rememberOutcome(plan: Plan, route: string, outcome: KnownOutcome): void {
  const commands = commandsOf(plan, route)
  setCommands(plan, route, { ...commands, outcomes: [...commands.outcomes, outcome].slice(-maxOutcomes) })
}

/** Puts a command in the place of its former self, or behind the others where it is new. */
export function replaceCommand(plan: Plan, route: string, command: Command): void {
  const commands = commandsOf(plan, route)
  const known = commands.open.some(({ desiredId }) => desiredId === command.desiredId)
  const open = known
    ? commands.open.map((other) => (other.desiredId === command.desiredId ? command : other))
    : [...commands.open, command]
  setCommands(plan, route, { ...commands, open })
}

/** Takes a command off the open ones. */
export function removeCommand(plan: Plan, route: string, command: Command): void {
  const commands = commandsOf(plan, route)
  const open = commands.open.filter(({ desiredId }) => desiredId !== command.desiredId)
  setCommands(plan, route, { ...commands, open })
}
