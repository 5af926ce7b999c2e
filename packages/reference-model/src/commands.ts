import type { Concern } from './concern.ts'
import { type Command, type Facts, isDueBy, type Route } from './facts.ts'
import { desiredIn, instantMs, isSameJson } from './payloads.ts'
import { addPending, bodyOf, observationFaults } from './reports.ts'
import type { EffectOf, EventOf, Tell } from './trace.ts'

/** Desired states: which are executed, when, in which order, and what is reported of each (DES). */
export const commands: Concern = {
  heard(facts, event) {
    switch (event.type) {
      case 'mqttMessageReceived':
        hearDesired(facts, event)
        break
      case 'commandFinished':
      case 'valueRead':
        hearAnswer(facts, event)
        break
      case 'commandLate':
        for (const { command } of open(facts, event.desiredId, 'running'))
          ask(facts, command, 'stale', 'DES-5')
        break
      case 'valueUnknown':
        for (const { command } of open(facts, event.desiredId, 'running', 'asking')) command.state = 'over'
        break
      case 'timer.commands':
        for (const { commands } of facts.commands.values())
          for (const command of commands.values()) if (command.dueBy <= facts.now) timeIsOver(facts, command)
        break
    }
  },

  did(facts, effect, tell) {
    switch (effect.type) {
      case 'startCommand':
        start(facts, effect, tell)
        break
      case 'readValue':
        readValue(facts, effect, tell)
        break
      case 'cancelCommand':
        cancel(facts, effect, tell)
        break
      case 'settleCommand':
        settle(facts, effect, tell)
        break
      case 'setTimer':
        if (effect.timer === 'commands' && !isDueAt(facts, facts.now + effect.delayMs))
          tell('DES-2', 'a timer of the commands stands for one that waits or runs')
        break
      case 'refuseReport':
        if (effect.desiredId !== null) refuse(facts, effect, tell)
        break
    }
  },

  settled(facts, tell) {
    const { now, stop, step } = facts
    for (const [id, { effect, says, rule }] of step.owedCommands)
      tell(rule, `${effect} with ${says} follows for ${id}`)
    for (const [name, { commands }] of facts.commands) {
      const list = [...commands.values()]
      if (stop.reason !== null) continue
      for (const command of list) {
        if (!openStates.has(command.state)) continue
        if (!isDueBy(facts, 'commands', Math.max(now, command.dueBy)))
          tell('DES-2', `the time of ${command.id} has a timer`)
        if (command.state !== 'waiting') continue
        if (command.windowEndsAt <= now)
          tell('DES-5', `${command.id} was not started in its window: it is stale`)
        else if (!facts.safe && !list.some(holdsRoute))
          tell('DES-8', `${command.id} starts, for nothing runs on ${name}`)
      }
    }
  },
}

/** After a restart: nothing runs by itself again (DES-12), and what waited has its window still, if that can be measured. */
export function resumeCommands(facts: Facts): void {
  const { now, config, step } = facts
  for (const [name, route] of facts.commands) {
    route.reading = null
    for (const command of route.commands.values()) {
      const isInWindow = step.line.clock === 'continued' && command.windowEndsAt > now
      const mayRepeat = isInWindow && config.repeatableRoutes.includes(name)
      if (command.state === 'asking') ask(facts, command, command.because ?? 'rejected', 'DES-5')
      else if (command.state === 'running' && !mayRepeat) ask(facts, command, 'interrupted', 'DES-12')
      else if (command.state === 'waiting' && !isInWindow) ask(facts, command, 'stale', 'DES-5')
      else if (command.state === 'running')
        Object.assign(command, { state: 'waiting', dueBy: command.windowEndsAt })
    }
  }
}

/** Outcomes that a route remembers: as many as commands can be on their way on one route. */
const mostAnswered = 8

const openStates: ReadonlySet<Command['state']> = new Set(['waiting', 'running', 'asking'])

/** It runs, or was interrupted and its physical value is not read yet: until then nothing may change it (DES-8, DES-12). */
function holdsRoute({ state, because }: Command): boolean {
  return state === 'running' || (state === 'asking' && because === 'interrupted')
}

/** Whether the time of an open command is over at this moment. */
function isDueAt({ commands, now }: Facts, moment: number): boolean {
  return [...commands.values()].some((route) =>
    [...route.commands.values()].some(
      ({ state, dueBy }) => openStates.has(state) && Math.ceil(Math.max(now, dueBy)) === Math.ceil(moment),
    ),
  )
}

/** Whether a command of the route is not answered yet. */
export function hasOpenCommand({ commands }: Route): boolean {
  return [...commands.values()].some(({ state }) => openStates.has(state))
}

/** Beyond the bound the oldest unanswered command of the route is dropped, aloud (CORE-5). */
function dropOldest(facts: Facts, asked: Command): void {
  const route = [...facts.commands.values()].find(({ commands }) => commands.get(asked.id) === asked)
  const asking = [...(route?.commands.values() ?? [])].filter(({ state }) => state === 'asking')
  const [oldest] = asking
  if (oldest === undefined || asking.length <= facts.config.limits.maxUnansweredCommands) return
  oldest.state = 'over'
  const isTold = facts.step.line.effects.some(({ type }) => type === 'diagnose')
  if (!isTold)
    facts.step.owedCommands.set(oldest.id, { effect: 'diagnose', says: 'that it is dropped', rule: 'CORE-5' })
}

function hearDesired(facts: Facts, event: EventOf<'mqttMessageReceived'>): void {
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

/** A command that does not run: the host is asked for the physical value. */
function ask(
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

/** The end of its window, of its run, or of the wait for its value (DES-5, DES-12, PUB-10). */
function timeIsOver(facts: Facts, command: Command): void {
  if (command.state === 'waiting') ask(facts, command, 'stale', 'DES-5')
  else if (command.state === 'asking') command.state = 'over'
  else if (command.state === 'running') ask(facts, command, 'interrupted', 'DES-12')
}

/** The host has executed, refused or observed: an outcome, where its observation makes a report. */
function hearAnswer(facts: Facts, event: EventOf<'commandFinished'> | EventOf<'valueRead'>): void {
  const { step } = facts
  for (const { route, command } of open(
    facts,
    event.desiredId,
    event.type === 'valueRead' ? 'asking' : 'running',
  )) {
    const outcome = event.type === 'commandFinished' ? event.outcome : outcomeOf(command, event.value)
    const more = {
      desired_id: command.id,
      ...(outcome === 'applied' ? {} : { report_status: outcome }),
      ...(command.sequence === null ? {} : { sequence_number: command.sequence }),
    }
    const isInUse = facts.outbox.pending.some(({ messageId }) => messageId === event.messageId)
    if (isInUse || observationFaults(facts, event).length > 0) {
      step.owedCommands.set(command.id, { effect: 'refuseReport', says: 'a reason', rule: 'PUB-3' })
      continue
    }
    // Its own fields have made the answer too long: the outcome cannot be told, and the host hears of it.
    if (observationFaults(facts, event, more).length > 0) {
      command.state = 'over'
      step.owedCommands.set(command.id, { effect: 'settleReport', says: 'too-large', rule: 'PUB-9' })
      continue
    }
    command.answer = {
      messageId: event.messageId,
      body: { ...bodyOf(event), ...more },
      text: null,
      before: route.lastReported,
    }
    command.state = 'answered'
    route.answered = [...route.answered, command.id].slice(-mostAnswered)
    route.lastReported = { value: event.value }
    const ofOutcome = { applied: 'DES-7', rejected: 'DES-6', stale: 'DES-5' } as const
    const rule = command.because === 'interrupted' ? 'DES-12' : ofOutcome[outcome]
    step.owedCommands.set(command.id, { effect: 'settleCommand', says: outcome, rule })
  }
}

/** Of a command that was interrupted, the physical value tells whether it is applied (DES-12). */
function outcomeOf({ because, value }: Command, physical: unknown): 'applied' | 'rejected' | 'stale' {
  if (because !== 'interrupted') return because ?? 'rejected'
  return isSameJson(physical, value) ? 'applied' : 'rejected'
}

/** The one open command with this id, in one of these states. */
function open(facts: Facts, id: string, ...states: Command['state'][]) {
  for (const route of facts.commands.values()) {
    const command = route.commands.get(id)
    if (command !== undefined && states.includes(command.state)) return [{ route, command }]
  }
  return []
}

function start(facts: Facts, effect: EffectOf<'startCommand'>, tell: Tell): void {
  const { now, safe, stop, config } = facts
  const route = facts.commands.get(effect.route)
  const command = route?.commands.get(effect.desiredId)
  if (route === undefined || command === undefined)
    return tell('DES-1', `${effect.desiredId} is no desired state of ${effect.route}`)
  if (stop.reason !== null) tell('STOP-1', 'after a stop no command is started')
  if (safe) tell('DES-11', 'under local safe behaviour no command is started')
  if (command.state === 'outdated') tell('DES-3', `${command.id} has a lower sequence number: it is ignored`)
  else if (command.sequence === null) tell('DES-10', `${command.id} is malformed: it is never executed`)
  else if (command.because === 'stale') tell('DES-5', `${command.id} is stale: it is not executed`)
  else if (command.because === 'interrupted')
    tell('DES-12', `${command.id} was interrupted: it is not started again`)
  else if (command.state !== 'waiting') tell('DES-4', `${command.id} is executed once`)
  if (command.sequence !== null && command.sequence < route.highestStarted)
    tell('DES-3', `no desired state is executed after a newer one`)
  if (command.windowEndsAt <= now) tell('DES-2', `the window of ${command.id} is over`)
  else if (effect.windowMs !== command.windowEndsAt - now)
    tell('DES-2', `${command.windowEndsAt - now} ms of the window of ${command.id} are left`)
  if ([...route.commands.values()].some((other) => other !== command && holdsRoute(other)))
    tell('DES-8', `one command runs at a time on ${effect.route}`)
  if (!isSameJson(effect.value, command.value) || effect.sequenceNumber !== command.sequence)
    tell('DES-1', `${command.id} is executed as it was sent`)
  command.state = 'running'
  command.dueBy = now + config.timing.commandTimeoutMs
  route.highestStarted = Math.max(route.highestStarted, command.sequence ?? route.highestStarted)
}

function readValue(facts: Facts, effect: EffectOf<'readValue'>, tell: Tell): void {
  const { step } = facts
  const command = facts.commands.get(effect.route)?.commands.get(effect.desiredId)
  if (command === undefined)
    return tell('DES-1', `${effect.desiredId} is no desired state of ${effect.route}`)
  // The window of one that came just now can be over at once.
  if (command.state === 'waiting' && command.windowEndsAt <= facts.now) ask(facts, command, 'stale', 'DES-5')
  const owed = step.owedCommands.get(command.id)
  step.owedCommands.delete(command.id)
  if (owed !== undefined) {
    if (owed.effect !== 'readValue' || owed.says !== effect.because)
      tell(owed.rule, `${owed.effect} with ${owed.says} follows for ${command.id}`)
    return
  }
  if (command.state === 'waiting') tell('DES-5', `the window of ${command.id} is not over`)
  else if (command.state === 'outdated')
    tell('DES-3', `${command.id} has a lower sequence number: it is ignored`)
  else tell('DES-4', `${command.id} is answered once`)
}

/** A run is given up only at the end of its time (DES-8, DES-12). */
function cancel(facts: Facts, effect: EffectOf<'cancelCommand'>, tell: Tell): void {
  const command = facts.commands.get(effect.route)?.commands.get(effect.desiredId)
  const owed = facts.step.owedCommands.get(effect.desiredId)
  if (command?.because !== 'interrupted' || owed?.says !== 'interrupted')
    tell('DES-8', `${effect.desiredId} has its time to run`)
}

function settle(facts: Facts, effect: EffectOf<'settleCommand'>, tell: Tell): void {
  const { step } = facts
  const owed = step.owedCommands.get(effect.desiredId)
  step.owedCommands.delete(effect.desiredId)
  if (owed === undefined) return tell('DES-4', `nothing has settled ${effect.desiredId} in this step`)
  if (owed.effect !== 'settleCommand' || owed.says !== effect.outcome)
    tell(owed.rule, `${owed.effect} with ${owed.says} follows for ${effect.desiredId}`)
  const command = facts.commands.get(effect.route)?.commands.get(effect.desiredId)
  if (command?.answer == null) return tell('DES-1', `${effect.desiredId} is a command of ${effect.route}`)
  const { messageId, body } = command.answer
  addPending(facts, { messageId, route: effect.route, desiredId: command.id, body, text: null })
}

/** The observation made no report: the command waits for a better one. */
function refuse({ step }: Facts, effect: EffectOf<'refuseReport'>, tell: Tell): void {
  const owed = step.owedCommands.get(effect.desiredId ?? '')
  step.owedCommands.delete(effect.desiredId ?? '')
  if (owed?.effect !== 'refuseReport') tell('PUB-3', `the observation for ${effect.desiredId} makes a report`)
}
