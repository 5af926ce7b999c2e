import type { DeviceConfig, DeviceState } from '@realer-device/core'
import { isPlain } from './line.ts'
import type { Breach } from './trace.ts'

/** A command route has at most one command that runs and one that waits (DES-8), besides those without an answer. */
const openBesideUnanswered = 2
/** Ids that a route may remember. */
const mostRecentIds = 1_000

/**
 * The one look at a machine's state: that it is plain (CORE-6), holds no secret (CRED-3) and is bounded (CORE-5).
 *
 * @param secrets texts that must not stand in it
 */
export function stateBreaches(
  config: DeviceConfig,
  { context, value }: DeviceState,
  secrets: readonly string[] = [],
): Omit<Breach, 'step'>[] {
  const { maxReports, maxUnansweredCommands } = config.limits
  const breaches: Omit<Breach, 'step'>[] = []
  const must = (holds: boolean, rule: Breach['rule'], message: string) => {
    if (!holds) breaches.push({ rule, message })
  }
  must(isPlain(context) && isPlain(value), 'CORE-6', 'the state is plain JSON')
  must(context.reports.length <= 2 * maxReports, 'CORE-5', 'the outbox is bounded')
  for (const { open, recentIds } of Object.values(context.commands)) {
    must(open.length <= openBesideUnanswered + maxUnansweredCommands, 'CORE-5', 'open commands are bounded')
    must(recentIds.length <= mostRecentIds, 'CORE-5', 'remembered ids are bounded')
  }
  must(
    Object.keys(context.commands).every((name) => config.commandRoutes.includes(name)),
    'CORE-5',
    'only handled routes have commands',
  )
  if (secrets.length > 0) {
    const text = JSON.stringify(context)
    must(!secrets.some((secret) => text.includes(secret)), 'CRED-3', 'no secret stands in the state')
  }
  return breaches
}
