import type { MqttEvent } from '../event.ts'
import { type DesiredState, readDesiredState } from '../payload/desired-state.ts'
import { instantMs } from '../payload/utc-instant.ts'
import { diagnose, type Plan } from '../session/plan.ts'
import { advanceCommand } from './advance.ts'
import type { Command } from './command.ts'
import { commandsDue } from './decisions.ts'
import type { CommandFact } from './machine.ts'
import { commandsOf, rememberId } from './memory.ts'

/** Takes a desired state: a new one is accepted, an old or doubled one is not executed (DES-1 to DES-4, DES-10). */
export function takeDesiredState(
  plan: Plan,
  event: Extract<MqttEvent, { type: 'mqttMessageReceived' }>,
): void {
  const route = plan.context.connection?.desired.find(({ topic }) => topic === event.topic)?.route
  if (route === undefined) return
  const read = readDesiredState(event.payload)
  if (!read.ok)
    diagnose(plan, {
      level: 'warning',
      code: 'desired-state-malformed',
      message: `${read.message} It is not executed.`,
      field: read.field,
      rule: 'DES-10',
    })
  const command = read.ok ? arriving(plan, read.desired) : malformed(plan, read.desiredId)
  if (command === null) return
  const facts = arrivalFacts(plan, route, command)
  if (!facts.includes('isRepeated')) rememberId(plan, route, command.desiredId)
  advanceCommand(plan, route, command, { type: 'arrived', facts })
  commandsDue(plan)
}

/** What a route's memory says of a command that has just come (DES-3, DES-4, DES-10). */
function arrivalFacts(plan: Plan, route: string, command: Command): readonly CommandFact[] {
  const { highestSequence, outcomes, recentIds } = commandsOf(plan, route)
  const facts: CommandFact[] = []
  if (recentIds.includes(command.desiredId)) facts.push('isRepeated')
  if (outcomes.some(({ desiredId }) => desiredId === command.desiredId)) facts.push('outcomeIsKnown')
  if (command.sequenceNumber === null) facts.push('isMalformed')
  else if (highestSequence !== null && command.sequenceNumber <= highestSequence)
    facts.push(plan.context.config.outdatedCommands === 'reportStale' ? 'isOutdatedAndTold' : 'isOutdated')
  return facts
}

/** A command as it was read; its window begins now, on the monotonic clock (DES-2). */
function arriving(plan: Plan, desired: DesiredState): Command {
  const { desiredId, value, sequenceNumber } = desired
  const windowEndsAt = plan.now + windowMs(plan, desired)
  const state = 'arriving'
  return { desiredId, value, sequenceNumber, windowEndsAt, dueAt: windowEndsAt, state, because: null }
}

/** The execution window; `expires_at` shortens it only where the wall clock is trusted (DES-2). */
function windowMs(plan: Plan, { validForSeconds, expiresAt }: DesiredState): number {
  const validMs = validForSeconds * 1000
  if (plan.context.config.wallClock === 'untrusted' || plan.wallClock === undefined) return validMs
  const endsAt = typeof expiresAt === 'string' ? instantMs(expiresAt) : null
  const wallNow = instantMs(plan.wallClock)
  return endsAt === null || wallNow === null ? validMs : Math.max(0, Math.min(validMs, endsAt - wallNow))
}

/** A command of which only the id could be read; null where not even that could be (DES-10). */
function malformed(plan: Plan, desiredId: string | null): Command | null {
  if (desiredId === null) return null
  const { now } = plan
  const unread = { value: null, sequenceNumber: null, windowEndsAt: now, dueAt: now, because: null }
  return { desiredId, ...unread, state: 'arriving' }
}
