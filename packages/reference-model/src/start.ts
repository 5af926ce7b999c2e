import { resumeCommands } from './commands.ts'
import type { Facts } from './facts.ts'
import { initialFacts } from './facts.ts'
import type { Tell, TraceLine } from './trace.ts'

/**
 * A device begins, or goes on where another process ended: of what was known, only the outbox and the commands are
 * left (CORE-6). What was on its way goes out again, the same event (PUB-4).
 */
export function startedFacts(before: Facts): Facts {
  const { outbox, commands } = before
  const fresh = initialFacts(before.config)
  for (const report of outbox.pending)
    Object.assign(report, {
      state: 'queued',
      delivery: null,
      dueBy: Number.POSITIVE_INFINITY,
      wait: null,
    })
  return { ...fresh, outbox, commands }
}

/** What the first step owes (DES-9, DES-12). */
export function checkStart(facts: Facts, line: TraceLine, tell: Tell): void {
  const { durable, commandRoutes } = facts.config
  const told = line.effects.filter((effect) => effect.type === 'diagnose' && effect.code === 'not-durable')
  if (told.length !== Number(!durable && commandRoutes.length > 0))
    tell('DES-9', 'without a store the host is told once what a restart loses')
  resumeCommands(facts)
}
