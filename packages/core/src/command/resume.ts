import type { SessionInput } from '../session/event.ts'
import { diagnose, type Plan } from '../session/plan.ts'
import { advanceCommand } from './advance.ts'
import { startCommands } from './decisions.ts'
import type { CommandFact } from './machine.ts'

/**
 * After a restart no command goes on by itself: one that waited keeps its window where the clock went on, one that
 * ran is judged by the physical value (DES-12). Without a store the host is told once what a restart loses (DES-9).
 */
export function resumeCommands(plan: Plan, { input }: { readonly input: SessionInput }): void {
  const { config, commands } = plan.context
  if (!config.durable && config.commandRoutes.length > 0)
    diagnose(plan, {
      level: 'info',
      code: 'not-durable',
      message:
        'This device has no store: a restart forgets the reports that wait, and which commands were executed.',
      field: 'durable',
      rule: 'DES-9',
    })
  const clockWentOn = input.kept?.clock === 'continued'
  for (const [route, { open }] of Object.entries(commands))
    for (const command of open) {
      const isOpen = clockWentOn && command.windowEndsAt > plan.now
      const facts: CommandFact[] = isOpen ? ['windowIsOpen'] : []
      // A newer one that waits takes its place: of those that wait only the newest survives (DES-8).
      const isNewest = open.every(({ state }) => state !== 'waiting')
      if (isOpen && isNewest && config.repeatableRoutes.includes(route)) facts.push('mayRepeat')
      advanceCommand(plan, route, command, { type: 'resumed', facts })
    }
  startCommands(plan)
}
