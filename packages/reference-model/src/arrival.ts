import type { Command, Facts, Route } from './facts.ts'
import { addPending } from './outbox.ts'
import { desiredIn, instantMs } from './payloads.ts'
import type { EventOf } from './trace.ts'

/** A desired state comes in: new, doubled, outdated or malformed (DES-1 to DES-4, DES-10). */
export function hearDesired(facts: Facts, event: EventOf<'mqttMessageReceived'>): void {
  const { connection } = facts.link
  const name = connection?.topics.desired.get(event.topic)
  // SUB-3: a route whose topic was refused takes no commands.
  if (name === undefined || connection?.refused.has(event.topic) !== false) return
  const route = facts.commands.get(name)
  const read = desiredIn(event.payload)
  if (read.id === null || route === undefined) return
  const known = route.commands.get(read.id)
  if (known !== undefined) return repeat(facts, name, route, known)
  const windowEndsAt = read.kind === 'desired' ? facts.now + windowMs(facts, read) : facts.now
  const command: Command = {
    id: read.id,
    value: read.kind === 'desired' ? read.value : null,
    sequence: read.kind === 'desired' ? read.sequence : null,
    windowEndsAt,
    dueBy: windowEndsAt,
    state: 'waiting',
    because: null,
    answer: null,
  }
  route.commands.set(read.id, command)
  if (read.kind === 'malformed') return ask(facts, command, 'rejected', 'DES-10')
  if (route.highest !== null && read.sequence <= route.highest) {
    command.state = 'outdated'
    if (facts.config.outdatedCommands === 'reportStale') ask(facts, command, 'stale', 'DES-3')
    return
  }
  route.highest = read.sequence
  for (const other of route.commands.values())
    if (other !== command && other.state === 'waiting') ask(facts, other, 'stale', 'DES-8')
}

/** The window runs from receipt; `expires_at` shortens it only where the host trusts its wall clock (DES-2). */
function windowMs(
  { config, step }: Facts,
  read: { readonly windowMs: number; readonly expiresAt: unknown },
): number {
  const { wallClock } = step.line
  if (config.wallClock === 'untrusted' || wallClock === undefined) return read.windowMs
  const left = instantMs(read.expiresAt) - instantMs(wallClock)
  return Number.isNaN(left) ? read.windowMs : Math.max(0, Math.min(read.windowMs, left))
}

/** A desired id again: its outcome's report is sent again, with the same message id (DES-4). */
function repeat(facts: Facts, name: string, route: Route, { id, answer }: Command): void {
  if (answer === null || !route.answered.includes(id)) return
  const { messageId, body, text } = answer
  if (facts.outbox.pending.some((pending) => pending.messageId === messageId)) return
  addPending(facts, { messageId, route: name, desiredId: id, body, text })
}

/** Outcomes that a route remembers: as many as commands can be on their way on one route. */
export const mostAnswered = 8

/** A command that does not run: the host is asked for the physical value. */
export function ask(
  facts: Facts,
  command: Command,
  because: 'stale' | 'rejected' | 'interrupted',
  rule: 'DES-3' | 'DES-5' | 'DES-8' | 'DES-10' | 'DES-12',
): void {
  command.state = 'asking'
  command.because = because
  command.dueBy = facts.now + facts.config.timing.commandTimeoutMs
  facts.step.owedCommands.set(command.id, { effect: 'readValue', says: because, rule })
  dropOldest(facts, command)
}

/**
 * Beyond the bound the oldest unanswered command of the route is dropped, aloud (CORE-5): not one that was interrupted,
 * for it may have moved something (DES-12), nor the one that is just asked for.
 */
function dropOldest(facts: Facts, asked: Command): void {
  const route = [...facts.commands.values()].find(({ commands }) => commands.get(asked.id) === asked)
  const asking = [...(route?.commands.values() ?? [])].filter(({ state }) => state === 'asking')
  const oldest = asking.find((other) => other.because !== 'interrupted' && other !== asked)
  if (oldest === undefined || asking.length <= facts.config.limits.maxUnansweredCommands) return
  oldest.state = 'over'
  const isTold = facts.step.line.effects.some(({ type }) => type === 'diagnose')
  if (!isTold)
    facts.step.owedCommands.set(oldest.id, { effect: 'diagnose', says: 'that it is dropped', rule: 'CORE-5' })
}
