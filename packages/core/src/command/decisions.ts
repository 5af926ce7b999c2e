import type { DeviceEvent } from '../event.ts'
import type { Plan } from '../session/plan.ts'
import { setTimerAt } from '../session/timers.ts'
import { advanceCommand, type CommandEvent } from './advance.ts'
import { awaitedCommand, type CommandAnswer } from './awaited.ts'
import type { Command } from './command.ts'
import type { CommandFact } from './machine.ts'
import { commandsOf } from './memory.ts'
import { observationFault } from './outcome.ts'

type EventOf<Type extends DeviceEvent['type']> = Extract<DeviceEvent, { type: Type }>

/** The host has executed or refused a running command (DES-6, DES-7). */
export function finishCommand(plan: Plan, event: EventOf<'commandFinished'>): void {
  const facts: CommandFact[] = event.outcome === 'applied' ? ['wasApplied'] : []
  if (observationFault(plan, event) !== null) facts.push('observationIsUnusable')
  happens(plan, event, { type: 'finished', facts, observation: event })
}

/** The host was too late to begin: not executed, and so stale (DES-5). */
export function missWindow(plan: Plan, event: EventOf<'commandLate'>): void {
  happens(plan, event, { type: 'late' })
}

/** The host has read the physical value for a command that was not executed, or was interrupted (DES-5, DES-12). */
export function takeValue(plan: Plan, event: EventOf<'valueRead'>): void {
  const facts: CommandFact[] = observationFault(plan, event) === null ? [] : ['observationIsUnusable']
  happens(plan, event, { type: 'valueRead', facts, observation: event })
}

/** The host cannot tell the physical value: no report is made up (PUB-10). */
export function missValue(plan: Plan, event: EventOf<'valueUnknown'>): void {
  happens(plan, event, { type: 'valueUnknown' })
}

/** Something happens to the command that waits for it; a route that it frees may start the next one (DES-8). */
function happens(plan: Plan, answer: CommandAnswer, event: CommandEvent): void {
  const awaited = awaitedCommand(plan.context, answer)
  if (awaited !== null) advanceCommand(plan, awaited.route, awaited.command, event)
  startCommands(plan)
}

/** Ends the windows, runs and waits that are over, then starts what may start (DES-2, DES-5, DES-8). */
export function commandsDue(plan: Plan): void {
  for (const [route, { open }] of Object.entries(plan.context.commands))
    for (const command of open)
      if (command.dueAt <= plan.now) advanceCommand(plan, route, command, { type: 'due' })
  startCommands(plan)
}

/** Offers every waiting command its turn, and keeps the one timer of the commands at the earliest end (DES-8, DES-11). */
export function startCommands(plan: Plan): void {
  for (const [route, { open }] of Object.entries(plan.context.commands))
    for (const command of open)
      advanceCommand(plan, route, command, {
        type: 'turnCame',
        facts: mayStart(plan, route, command) ? ['mayStart'] : [],
      })
  if (plan.context.stopReason !== null) return
  const ends = Object.values(plan.context.commands).flatMap(({ open }) => open.map(({ dueAt }) => dueAt))
  setTimerAt(plan, 'commands', ends.length === 0 ? null : Math.min(...ends))
}

/** Whether a waiting command may start now (DES-2, DES-8, DES-11); none does from the moment of a stop (STOP-1). */
function mayStart(plan: Plan, route: string, { windowEndsAt }: Command): boolean {
  const { safe, stopReason } = plan.context
  if (safe !== null || stopReason !== null || windowEndsAt <= plan.now) return false
  // Until the value of an interrupted one is read, nothing may change it.
  const { open } = commandsOf(plan, route)
  return open.every(({ state, because }) => state !== 'running' && because !== 'interrupted')
}
