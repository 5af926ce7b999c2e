import type { Concern } from './concern.ts'
import type { Command, Facts, Route } from './facts.ts'
import { isDueBy } from './facts.ts'
import { desiredIn, isSameJson } from './payloads.ts'
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
        each(facts, event.desiredId, 'running', (_route, command) => ask(facts, command, 'stale', 'DES-5'))
        break
      case 'valueUnknown':
        each(facts, event.desiredId, null, (_route, command) => {
          if (command.state === 'running' || command.state === 'asking') command.state = 'over'
        })
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
      case 'settleCommand':
        settle(facts, effect, tell)
        break
      case 'refuseReport':
        if (effect.desiredId !== null) refuse(facts, effect, tell)
        break
    }
  },

  settled(facts, tell) {
    const { now, stop, step, config } = facts
    for (const [id, { effect, says, rule }] of step.owedCommands)
      tell(rule, `${effect} with ${says} follows for ${id}`)
    for (const [name, { commands }] of facts.commands) {
      const list = [...commands.values()]
      dropOldest(list, config.limits.maxUnansweredCommands)
      if (stop.reason !== null) continue
      for (const command of list) {
        if (command.state !== 'waiting') continue
        if (command.windowEndsAt <= now)
          tell('DES-5', `${command.id} was not started in its window: it is stale`)
        else if (!facts.safe && !list.some(({ state }) => state === 'running'))
          tell('DES-8', `${command.id} starts, for nothing runs on ${name}`)
        else if (!isDueBy(facts, 'commands', command.windowEndsAt))
          tell('DES-2', `the end of the window of ${command.id} has a timer`)
      }
    }
  },
}

/** Beyond the bound the oldest unanswered command is dropped (CORE-5). */
function dropOldest(list: readonly Command[], most: number): void {
  const asking = list.filter(({ state }) => state === 'asking')
  for (const command of asking.slice(0, Math.max(0, asking.length - most))) command.state = 'over'
}

function routeOf(facts: Facts, name: string): Route {
  const known = facts.commands.get(name)
  if (known !== undefined) return known
  const route: Route = { highest: null, commands: new Map(), lastAnswered: null }
  facts.commands.set(name, route)
  return route
}

function hearDesired(facts: Facts, event: EventOf<'mqttMessageReceived'>): void {
  const { now, link } = facts
  const { connection } = link
  const name = connection?.topics.desired.get(event.topic)
  // SUB-3: a route whose topic was refused takes no commands.
  if (name === undefined || connection?.refused.has(event.topic) !== false) return
  const read = desiredIn(event.payload)
  if (read.id === null) return
  const route = routeOf(facts, name)
  const known = route.commands.get(read.id)
  if (known !== undefined) return repeat(facts, name, route, known)
  const command: Command = {
    id: read.id,
    value: read.kind === 'desired' ? read.value : null,
    sequence: read.kind === 'desired' ? read.sequence : null,
    windowEndsAt: read.kind === 'desired' ? now + read.windowMs : now,
    state: 'waiting',
    because: null,
    answer: null,
  }
  route.commands.set(read.id, command)
  if (read.kind === 'malformed') return ask(facts, command, 'rejected', 'DES-10')
  if (route.highest !== null && read.sequence <= route.highest) {
    command.state = 'outdated'
    return
  }
  route.highest = read.sequence
  for (const other of route.commands.values())
    if (other !== command && other.state === 'waiting') ask(facts, other, 'stale', 'DES-8')
}

/** A desired id again: its outcome's report is sent again, with the same message id (DES-4). */
function repeat(facts: Facts, name: string, route: Route, { id, answer }: Command): void {
  if (answer === null || route.lastAnswered !== id) return
  if (facts.outbox.pending.some(({ messageId }) => messageId === answer.messageId)) return
  addPending(facts, { messageId: answer.messageId, route: name, desiredId: id, body: answer.body })
}

/** A command that is not executed: the host is asked for the physical value. */
function ask(
  facts: Facts,
  command: Command,
  because: 'stale' | 'rejected',
  rule: 'DES-5' | 'DES-8' | 'DES-10',
): void {
  command.state = 'asking'
  command.because = because
  facts.step.owedCommands.set(command.id, { effect: 'readValue', says: because, rule })
}

/** The host has executed, refused or observed: an outcome, where its observation makes a report. */
function hearAnswer(facts: Facts, event: EventOf<'commandFinished'> | EventOf<'valueRead'>): void {
  const state = event.type === 'valueRead' ? 'asking' : 'running'
  each(facts, event.desiredId, state, (route, command) => {
    const outcome = event.type === 'commandFinished' ? event.outcome : (command.because ?? 'rejected')
    const more = {
      desired_id: command.id,
      ...(outcome === 'applied' ? {} : { report_status: outcome }),
      ...(command.sequence === null ? {} : { sequence_number: command.sequence }),
    }
    const isInUse = facts.outbox.pending.some(({ messageId }) => messageId === event.messageId)
    if (isInUse || observationFaults(facts, event, more).length > 0) {
      facts.step.owedCommands.set(command.id, { effect: 'refuseReport', says: 'a reason', rule: 'PUB-3' })
      return
    }
    command.answer = { messageId: event.messageId, body: { ...bodyOf(event), ...more } }
    command.state = 'answered'
    const last = route.lastAnswered === null ? undefined : route.commands.get(route.lastAnswered)
    if ((command.sequence ?? -1) >= (last?.sequence ?? -1)) route.lastAnswered = command.id
    const rule = outcome === 'applied' ? 'DES-7' : outcome === 'rejected' ? 'DES-6' : 'DES-5'
    facts.step.owedCommands.set(command.id, { effect: 'settleCommand', says: outcome, rule })
  })
}

/** The first command with this id that is open in this state. */
function each(
  facts: Facts,
  id: string,
  state: Command['state'] | null,
  act: (route: Route, command: Command) => void,
): void {
  for (const route of facts.commands.values()) {
    const command = route.commands.get(id)
    if (command !== undefined && (state === null || command.state === state)) return act(route, command)
  }
}

function start(facts: Facts, effect: EffectOf<'startCommand'>, tell: Tell): void {
  const { now, safe, stop } = facts
  const route = facts.commands.get(effect.route)
  const command = route?.commands.get(effect.desiredId)
  if (route === undefined || command === undefined)
    return tell('DES-1', `${effect.desiredId} is no desired state of ${effect.route}`)
  if (stop.reason !== null) tell('STOP-1', 'after a stop no command is started')
  if (safe) tell('DES-11', 'under local safe behaviour no command is started')
  if (command.state === 'outdated') tell('DES-3', `${command.id} has a lower sequence number: it is ignored`)
  else if (command.sequence === null) tell('DES-10', `${command.id} is malformed: it is never executed`)
  else if (command.because === 'stale') tell('DES-5', `${command.id} is stale: it is not executed`)
  else if (command.state !== 'waiting') tell('DES-4', `${command.id} is executed once`)
  if (command.windowEndsAt <= now) tell('DES-2', `the window of ${command.id} is over`)
  else if (effect.windowMs !== command.windowEndsAt - now)
    tell('DES-2', `${command.windowEndsAt - now} ms of the window of ${command.id} are left`)
  if ([...route.commands.values()].some((other) => other !== command && other.state === 'running'))
    tell('DES-8', `one command runs at a time on ${effect.route}`)
  if (!isSameJson(effect.value, command.value) || effect.sequenceNumber !== command.sequence)
    tell('DES-1', `${command.id} is executed as it was sent`)
  command.state = 'running'
}

function readValue(facts: Facts, effect: EffectOf<'readValue'>, tell: Tell): void {
  const { now, step } = facts
  const command = facts.commands.get(effect.route)?.commands.get(effect.desiredId)
  if (command === undefined)
    return tell('DES-1', `${effect.desiredId} is no desired state of ${effect.route}`)
  const owed = step.owedCommands.get(command.id)
  step.owedCommands.delete(command.id)
  if (owed !== undefined) {
    if (owed.effect !== 'readValue' || owed.says !== effect.because)
      tell(owed.rule, `${owed.effect} with ${owed.says} follows for ${command.id}`)
    return
  }
  if (command.state === 'waiting' && command.windowEndsAt <= now && effect.because === 'stale') {
    command.state = 'asking'
    command.because = 'stale'
  } else if (command.state === 'waiting') tell('DES-5', `the window of ${command.id} is not over`)
  else if (command.state === 'outdated')
    tell('DES-3', `${command.id} has a lower sequence number: it is ignored`)
  else tell('DES-4', `${command.id} is answered once`)
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
  addPending(facts, { messageId, route: effect.route, desiredId: command.id, body })
}

/** The observation made no report: the command waits for a better one. */
function refuse({ step }: Facts, effect: EffectOf<'refuseReport'>, tell: Tell): void {
  const owed = step.owedCommands.get(effect.desiredId ?? '')
  step.owedCommands.delete(effect.desiredId ?? '')
  if (owed?.effect !== 'refuseReport') tell('PUB-3', `the observation for ${effect.desiredId} makes a report`)
}
