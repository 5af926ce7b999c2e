import type { CommandOutcome, ReportRefusal } from '../effect.ts'
import type { Observation } from '../event.ts'
import { sameJson } from '../json.ts'
import { writeFeedData } from '../payload/feed-data.ts'
import { addReport } from '../report/outbox.ts'
import type { Plan } from '../session/plan.ts'
import type { Command } from './command.ts'
import { forgetReported, rememberReported } from './last-reported.ts'
import { commandsOf, rememberOutcome } from './memory.ts'

/** Why an observation cannot make the report of a command; null where it can (PUB-3, PUB-4). */
export function observationFault(
  plan: Plan,
  observation: Observation,
): { readonly code: ReportRefusal; readonly field: string; readonly message: string } | null {
  const written = writeFeedData(plan.context.config, observation, null)
  if (!written.ok) return written
  if (!plan.context.reports.some(({ messageId }) => messageId === observation.messageId)) return null
  return {
    code: 'message-id-in-use',
    field: 'messageId',
    message: 'This message id is already on its way.',
  }
}

/** Tells the host why its observation was not taken; the command waits for a better one (PUB-3). */
export function refuseObservation(plan: Plan, command: Command, observation: Observation | undefined): void {
  const fault = observation === undefined ? null : observationFault(plan, observation)
  if (observation === undefined || fault === null) return
  const { messageId } = observation
  const { code, field, message } = fault
  plan.effects.push({ type: 'refuseReport', messageId, code, field, message, desiredId: command.desiredId })
}

/** The outcome of a command that was not executed, or was interrupted: then the physical value tells (DES-5, DES-6, DES-12). */
export function outcomeOf(command: Command, observation: Observation | undefined): CommandOutcome {
  if (command.because !== 'interrupted') return command.because ?? 'rejected'
  return observation !== undefined && sameJson(observation.value, command.value) ? 'applied' : 'rejected'
}

/** Puts the outcome's report into the outbox and remembers it (DES-4, PUB-5). */
export function answer(
  plan: Plan,
  route: string,
  command: Command,
  outcome: CommandOutcome,
  observation: Observation | undefined,
): void {
  if (observation === undefined) return
  const { desiredId, sequenceNumber } = command
  const written = writeFeedData(plan.context.config, observation, { desiredId, outcome, sequenceNumber })
  // The observation was found usable before; only the answer's own fields can have made it too long.
  if (!written.ok) return dropOutcome(plan, route, desiredId, observation.messageId, 'too-large')
  const { messageId } = observation
  const { payload } = written
  rememberOutcome(plan, route, { desiredId, outcome, messageId, payload })
  rememberReported(plan, route, observation.value)
  plan.effects.push({ type: 'settleCommand', route, desiredId, outcome })
  reportOutcome(plan, { messageId, route, payload, desiredId })
}

/** The cloud sent an answered command again: its report goes out again, unless it is on its way still (DES-4). */
export function reportAgain(plan: Plan, route: string, { desiredId }: Command): void {
  const known = commandsOf(plan, route).outcomes.find((outcome) => outcome.desiredId === desiredId)
  if (known === undefined) return
  const { messageId, payload } = known
  if (!plan.context.reports.some((report) => report.messageId === messageId))
    reportOutcome(plan, { messageId, route, payload, desiredId })
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
  dropOutcome(plan, report.route, report.desiredId, report.messageId, 'outbox-full')
}

function dropOutcome(plan: Plan, route: string, desiredId: string, messageId: string, status: string): void {
  forgetReported(plan, route)
  plan.effects.push({
    type: 'settleReport',
    messageId,
    route,
    result: 'failed',
    status,
    errorType: null,
    desiredId,
  })
}
