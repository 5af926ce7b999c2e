import type { LedgerEntry, Sandbox } from '@realer-device/sandbox'
import type { Life } from './lives.ts'

type EntryOf<Kind extends LedgerEntry['kind']> = Extract<LedgerEntry, { kind: Kind }>

/** What is wrong with all of the lives of one device, a sentence each with its rule; nothing where all is well. */
export function complaintsOf(lives: readonly Life[], { ledger }: Pick<Sandbox, 'ledger'>): string[] {
  const lines = lives.flatMap((life) => life.lines)
  const entries = <Kind extends LedgerEntry['kind']>(kind: Kind): EntryOf<Kind>[] =>
    ledger.entries.filter((entry): entry is EntryOf<Kind> => entry.kind === kind)
  const { lost, unobserved, commands, violations } = ledger.summary()
  const faults: string[] = []
  for (const id of lost) faults.push(`F-8, PUB-9: ${id} was kept, and the cloud never settled it`)
  for (const id of unobserved) faults.push(`PUB-4: nobody observed ${id}`)
  for (const id of commands.executedTwice) faults.push(`DES-4: ${id} was executed twice`)
  for (const { rule, detail } of violations) faults.push(`${rule}: ${detail}`)

  const payloads = new Map<string, string>()
  for (const { messageId, payloadHash } of entries('publish')) {
    if (messageId === null || payloadHash === null) continue
    if ((payloads.get(messageId) ?? payloadHash) !== payloadHash)
      faults.push(`PUB-4: ${messageId} came with two payloads`)
    payloads.set(messageId, payloadHash)
  }
  for (const { messageId, status } of entries('acknowledgement'))
    if (status === 'conflict') faults.push(`PUB-4: ${messageId} conflicts with itself`)

  const highest = new Map<string, number>()
  for (const line of lines) {
    if (line.line !== 'moves') continue
    if (line.sequenceNumber <= (highest.get(line.route) ?? 0))
      faults.push(`DES-3, F-10: ${line.desiredId} ran after a newer one, or again`)
    highest.set(line.route, Math.max(line.sequenceNumber, highest.get(line.route) ?? 0))
  }
  const moved = new Set(entries('executed').map(({ desiredId }) => desiredId))
  const told = new Map<string, string>()
  for (const { desiredId, messageId, outcome } of entries('report')) {
    // Every command asks for a value of its own, so that the actuator stands there only if it ran.
    if ((outcome === 'applied') !== moved.has(desiredId))
      faults.push(
        `PUB-10, DES-12: ${desiredId} was reported ${outcome}, and did ${moved.has(desiredId) ? '' : 'not '}run`,
      )
    const answer = `${messageId} ${outcome}`
    if ((told.get(desiredId) ?? answer) !== answer)
      faults.push(`DES-4: ${desiredId} was answered ${told.get(desiredId)}, and then ${answer}`)
    told.set(desiredId, answer)
  }
  return faults
}
