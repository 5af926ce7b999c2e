import type { HostEvent } from '../event.ts'
import type { SessionContext } from '../session/context.ts'
import type { Command, CommandState } from './command.ts'

/** The host's answers that speak of one command. */
export type CommandAnswer = Extract<HostEvent, { readonly desiredId: string }>

/** What a command must be doing for each answer to mean it. */
const awaiting: { readonly [type in CommandAnswer['type']]: readonly CommandState[] } = {
  commandFinished: ['running'],
  commandLate: ['running'],
  valueRead: ['asking'],
  valueUnknown: ['running', 'asking'],
}

/** The command that waits for an answer, and its route; null where none does (CORE-4). Two routes may know one id. */
export function awaitedCommand(
  { commands }: Pick<SessionContext, 'commands'>,
  { type, desiredId }: CommandAnswer,
): { readonly route: string; readonly command: Command } | null {
  for (const [route, { open }] of Object.entries(commands)) {
    const command = open.find((one) => one.desiredId === desiredId && awaiting[type].includes(one.state))
    if (command !== undefined) return { route, command }
  }
  return null
}
