import type { Concern } from './concern.ts'
import { type Facts, isDueBy, type PendingReport } from './facts.ts'
import { canGo, hasRoom, isUnderWay, requeue, retryLater } from './outbox.ts'

/** What reports wait for: an acknowledgement, a backoff, the catalog, another connection (ACK-5, PUB-7, REN-4). */
export const waits: Concern = {
  heard(facts, event) {
    const { outbox, now } = facts
    switch (event.type) {
      case 'timer.reports':
        for (const report of outbox.pending)
          if (isUnderWay(report) && report.dueBy <= now) giveUpOrRetry(facts, report)
          else if (report.state === 'waiting' && (report.wait?.until ?? 0) <= now) report.state = 'ready'
        break
      case 'mqttClosed':
      case 'mqttRefused':
        requeue(facts)
        break
      case 'catalogRead':
        for (const report of outbox.pending) if (report.state === 'doubted') report.state = 'queued'
        break
    }
  },

  did(facts, effect, tell) {
    if (effect.type === 'mqttDisconnect' || effect.type === 'mqttAbort') requeue(facts)
    if (effect.type !== 'setTimer' || effect.timer !== 'reports') return
    const dueAt = facts.now + effect.delayMs
    if (!facts.outbox.pending.some((report) => isDueAt(report, dueAt, facts.now)))
      tell('ACK-5', 'a timer of the outbox stands for a report that waits')
  },

  settled(facts, tell) {
    const { outbox, stop, now } = facts
    if (stop.reason !== null) return
    const room = hasRoom(facts)
    const heldRoutes = new Set<string>()
    for (const report of outbox.pending) {
      const isFree = room && canGo(facts, report) && !heldRoutes.has(report.route)
      if (!isUnderWay(report)) heldRoutes.add(report.route)
      // Where no timer runs at all, its backoff is over: then it is its turn.
      if (report.state === 'ready' && isFree && !facts.timers.has('reports'))
        tell('REN-4', `${report.messageId} is published, for the session is online`)
      const waits = isUnderWay(report) || report.state === 'waiting'
      const mayWait = report.state === 'ready' && isFree && facts.timers.has('reports')
      if ((waits || mayWait) && !isDueBy(facts, 'reports', Math.max(now, report.dueBy)))
        tell(report.wait?.rule ?? 'ACK-5', `the wait of ${report.messageId} has a timer`)
    }
  },
}

/** No acknowledgement in time: again, for as long as the host's policy says (ACK-5). */
function giveUpOrRetry(facts: Facts, report: PendingReport): void {
  const most = facts.config.limits.maxUnansweredPublishes
  report.unanswered += 1
  if (most === null || report.unanswered < most) return retryLater(facts, report, 'ACK-5')
  const failed = { result: 'failed', status: 'unanswered', errorType: null, rule: 'ACK-5' } as const
  facts.outbox.owed.set(report.messageId, failed)
}

/** Whether the report may be due at this moment, which may be past: the end of its wait, or any moment of its backoff. */
function isDueAt(report: PendingReport, moment: number, now: number): boolean {
  const isLate = moment === now && report.dueBy <= now
  if (isUnderWay(report)) return isLate || Math.ceil(report.dueBy) === Math.ceil(moment)
  if (report.state === 'queued' || report.state === 'doubted' || moment < (report.wait?.until ?? 0))
    return false
  return isLate || moment <= Math.ceil(report.dueBy)
}
