import type { StepTrace } from '@realer-device/node'
import type { LedgerEntry } from '@realer-device/sandbox'
import { type Recording, timing } from './stage.ts'

/** What is wrong with a run, a sentence each with the rule's id; nothing where all is well. */
export function complaintsOf(recording: Recording): string[] {
  return [
    ...judgeReports(recording),
    ...judgeCommands(recording),
    ...judgeConnections(recording),
    ...judgeCalls(recording),
    ...judgePace(recording),
    ...judgeSafety(recording),
    ...judgeEnd(recording),
  ]
}

type EntryOf<Kind extends LedgerEntry['kind']> = Extract<LedgerEntry, { kind: Kind }>

function entriesOf<Kind extends LedgerEntry['kind']>({ entries }: Recording, kind: Kind): EntryOf<Kind>[] {
  return entries.filter((entry): entry is EntryOf<Kind> => entry.kind === kind)
}

const acknowledgementStatuses: ReadonlySet<string> = new Set(['conflict', 'rejected', 'error'])

/** F-8, F-9, PUB-4, ACK-2, ACK-3: nothing is lost, nothing is told otherwise than it was, no id has two payloads. */
export function judgeReports(recording: Recording): string[] {
  const { summary, told, taken } = recording
  const faults: string[] = []
  const fates = new Map<string, { result: string; status: string }[]>()
  for (const { name, detail } of told)
    if (name === 'report') fates.set(detail.messageId, [...(fates.get(detail.messageId) ?? []), detail])
  // A refusal that the firmware was told of is no loss, though the cloud never saw the report.
  const lost = summary.lost.filter((id) => fates.get(id)?.[0]?.result !== 'failed')
  if (lost.length > 0) faults.push(`F-8: lost ${lost.join(', ')}`)
  if (summary.unobserved.length > 0) faults.push(`PUB-4: nobody observed ${summary.unobserved.join(', ')}`)
  for (const id of taken)
    if ((fates.get(id)?.length ?? 0) > 1) faults.push(`F-9: ${id} was settled more than once`)

  const verdicts = new Map<string, string[]>()
  for (const { messageId, status, retryable } of entriesOf(recording, 'acknowledgement'))
    if (messageId !== null && (!retryable || status === 'accepted' || status === 'replayed'))
      verdicts.set(messageId, [...(verdicts.get(messageId) ?? []), status])
  for (const [id, [fate]] of fates) {
    const given = verdicts.get(id) ?? []
    if (fate?.result === 'done' && !given.some((status) => status === 'accepted' || status === 'replayed'))
      faults.push(`ACK-2: ${id} was told done, and never accepted`)
    if (fate?.result === 'failed' && acknowledgementStatuses.has(fate.status) && !given.includes(fate.status))
      faults.push(`ACK-3: ${id} was told ${fate.status}, and never was`)
    if (fate?.result === 'unconfirmed')
      faults.push(`ACK-7: ${id} is unconfirmed, with a credential that reads`)
  }

  const payloads = new Map<string, string>()
  for (const { messageId, payloadHash } of entriesOf(recording, 'publish')) {
    if (messageId === null || payloadHash === null) continue
    if ((payloads.get(messageId) ?? payloadHash) !== payloadHash)
      faults.push(`PUB-4: ${messageId} came with two payloads`)
    payloads.set(messageId, payloadHash)
  }
  return faults
}

/** DES-2 to DES-8, F-10, F-12: once, in order, within the window, and told as it was. */
export function judgeCommands(recording: Recording): string[] {
  const { summary, executions, steps } = recording
  const faults = summary.commands.executedTwice.map((id) => `DES-4: ${id} was executed twice`)
  const highest = new Map<string, number>()
  for (const { route, desiredId, sequenceNumber, whileSafe } of executions) {
    if (sequenceNumber <= (highest.get(route) ?? 0))
      faults.push(`F-10: ${desiredId} was executed after a newer one, or again`)
    highest.set(route, Math.max(sequenceNumber, highest.get(route) ?? 0))
    if (whileSafe) faults.push(`DES-11: ${desiredId} was executed under local safe behaviour`)
  }
  const moved = new Set(entriesOf(recording, 'executed').map(({ desiredId }) => desiredId))
  for (const { desiredId, outcome } of entriesOf(recording, 'report')) {
    if (outcome === 'applied' && !moved.has(desiredId))
      faults.push(`PUB-10: ${desiredId} was reported applied, and nothing moved`)
    if (outcome !== 'applied' && moved.has(desiredId))
      faults.push(`PUB-10: ${desiredId} was reported ${outcome}, and was executed`)
  }
  return [...faults, ...judgeWindows(steps)]
}

/** DES-2, F-12: no command starts after `valid_for_seconds` from its first receipt, on the device's own clock. */
export function judgeWindows(steps: readonly StepTrace[]): string[] {
  const endsAt = new Map<string, number>()
  const faults: string[] = []
  for (const { now, event, effects } of steps) {
    if (event?.type === 'mqttMessageReceived') {
      const { desired_id: id, valid_for_seconds: seconds } = readObject(event.payload)
      if (typeof id === 'string' && typeof seconds === 'number' && !endsAt.has(id))
        endsAt.set(id, now + seconds * 1000)
    }
    for (const effect of effects)
      if (effect.type === 'startCommand' && now >= (endsAt.get(effect.desiredId) ?? 0))
        faults.push(`F-12: ${effect.desiredId} was started after its window`)
  }
  return faults
}

function readObject(text: string): { readonly [key: string]: unknown } {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

/** CONN-6, F-1, F-2, SUB-2 and what else the broker saw. */
export function judgeConnections(recording: Recording): string[] {
  const { summary, steps } = recording
  const faults = summary.violations.map(({ rule, detail }) => `${rule}: ${detail}`)
  // Where the broker was ordered to say "taken over", it says so in the same words.
  const ordered = recording.schedule.actions.filter(
    (action) => action.do === 'disconnect' && action.reasonCode === 0x8e,
  ).length
  if (summary.takeovers > ordered) faults.push(`CONN-6: ${summary.takeovers} connections were taken over`)

  // Mosquitto does not tell whom it refused, and a user name that a fault has made up is no tuple's.
  const issued = new Set(entriesOf(recording, 'credential-issued').map(({ username }) => username))
  const spent = new Set<string>()
  for (const { username, reasonCode } of entriesOf(recording, 'connect')) {
    if (username === null || !issued.has(username)) continue
    if (spent.has(username)) faults.push(`F-2: CONNECT again with ${username}, which was refused`)
    if (reasonCode === 0x86 || reasonCode === 0x87) spent.add(username)
  }

  const tupleEndsAt = new Map<string, number>()
  for (const { now, event, effects } of steps) {
    if (event?.type === 'tupleIssued')
      tupleEndsAt.set(
        event.call,
        now + Math.min(event.expiresInMs, event.sessionHardExpiresInMs ?? event.expiresInMs),
      )
    for (const effect of effects)
      if (effect.type === 'mqttConnect' && now >= (tupleEndsAt.get(effect.password.secret) ?? 0))
        faults.push(`F-1: CONNECT with the tuple of ${effect.password.secret}, which has expired`)
  }
  return faults
}

/** F-5: one token, catalog or credential call at a time, in the ledger's sight and in the device's own. */
export function judgeCalls(recording: Recording): string[] {
  const faults: string[] = []
  const answered = new Set(
    entriesOf(recording, 'http').flatMap(({ call, outcome }) => (outcome === 'answered' ? [call] : [])),
  )
  let open: { call: number; purpose: string } | null = null
  for (const entry of recording.entries) {
    // A call that the device gave up, or that was reset, ends for the two sides at different moments.
    if (entry.kind === 'http-request' && answered.has(entry.call)) {
      if (open !== null) faults.push(`F-5: a ${entry.purpose} call while a ${open.purpose} call was open`)
      open = entry
    }
    if (entry.kind === 'http' && entry.call === open?.call) open = null
  }

  let outstanding: string | null = null
  for (const { event, effects } of recording.steps) {
    if (event !== null && 'call' in event && event.call === outstanding) outstanding = null
    for (const effect of effects) {
      if (effect.type === 'cancelCall' && effect.call === outstanding) outstanding = null
      if (effect.type !== 'call') continue
      if (outstanding !== null)
        faults.push(`F-5: ${effect.call} was made while ${outstanding} was outstanding`)
      outstanding = effect.call
    }
  }
  return faults
}

/** The timers that stand between two attempts; each is one only where it is not shorter than the backoff's floor. */
const waits: ReadonlySet<string> = new Set([
  ...['retryCall', 'reconnect', 'renewTuple', 'expireTuple'],
  ...['callTimeout', 'connectTimeout', 'closeTimeout'],
])

/**
 * REC-4: between two CONNECTs with one tuple there is a wait, so no tuple is asked for more than twice without one: for this
 * CONNECT, and for the next. Each time a 401 may repeat the call once (AUTH-5). An overdue timer fires with the event that
 * comes instead of it.
 */
export function judgePace({ steps }: Recording): string[] {
  const faults: string[] = []
  const dueAt = new Map<string, number>()
  let calls = new Map<string, number>()
  let connectedWith = new Set<string>()
  for (const { now, effects } of steps) {
    for (const [timer, due] of dueAt) {
      if (due > now) continue
      dueAt.delete(timer)
      calls = new Map()
      connectedWith = new Set()
    }
    for (const effect of effects) {
      if (effect.type === 'setTimer' && waits.has(effect.timer)) {
        // Timers have whole milliseconds, and the step before counted from a fraction.
        const isWait = effect.delayMs >= timing.backoffFloorMs
        if (isWait) dueAt.set(effect.timer, now + effect.delayMs - 1)
        else dueAt.delete(effect.timer)
      }
      if (effect.type === 'cancelTimer') dueAt.delete(effect.timer)
      if (effect.type === 'call') {
        const made = (calls.get(effect.purpose) ?? 0) + 1
        calls.set(effect.purpose, made)
        if (made > 4) faults.push(`REC-4: ${made} ${effect.purpose} calls without a wait between them`)
      }
      if (effect.type === 'mqttConnect') {
        const { secret } = effect.password
        if (connectedWith.has(secret))
          faults.push(`REC-4: CONNECT twice with the tuple of ${secret} without a wait`)
        connectedWith.add(secret)
      }
    }
  }
  return faults
}

/** SAFE-1, F-14: entered and left in turns, first entered, and left only when online. */
export function judgeSafety({ told }: Recording): string[] {
  const faults: string[] = []
  let isSafe = false
  let isOnline = false
  for (const { name, detail } of told) {
    if (name === 'online') isOnline = true
    if (name === 'offline') isOnline = false
    if (name !== 'safe') continue
    if (detail.entered === isSafe) faults.push(`F-14: told twice in a row that safe is ${isSafe}`)
    if (!detail.entered && !isOnline) faults.push('SAFE-1: local safe behaviour was left while offline')
    isSafe = detail.entered
  }
  return faults
}

/** STOP-1, AUTH-7, CRED-3: the end, and what stays behind. */
export function judgeEnd(recording: Recording): string[] {
  const { told, schedule, stopped, entries, pending, secretsSeen } = recording
  const faults: string[] = []
  if (secretsSeen > 0) faults.push(`F-13: secrets were told ${secretsSeen} times`)
  // The stop waits for no handler, and what one has done is told even then.
  const last = told.filter(({ name }) => name !== 'command').at(-1)
  if (last?.name !== 'stopped') faults.push('STOP-1: something was told after the stop')
  const broken = told.flatMap(({ name, detail }) =>
    name === 'diagnostic' && detail.code === 'listener-failed' ? [detail.message] : [],
  )
  faults.push(...broken.map((message) => `CORE-3: ${message}`))
  if (schedule.ending === 'recover') {
    if (pending.length > 0) faults.push(`F-11: still pending: ${pending.join(', ')}`)
    if (!stopped.revoked) faults.push('AUTH-7: the token was not revoked')
  }
  const revokedAt = entries.findIndex(({ kind }) => kind === 'revocation')
  if (revokedAt >= 0) {
    const after = entries.slice(revokedAt).filter(({ kind }) => kind === 'publish' || kind === 'connect')
    if (after.length > 0) faults.push(`STOP-1: ${after[0]?.kind} after the revocation`)
  }
  return faults
}
