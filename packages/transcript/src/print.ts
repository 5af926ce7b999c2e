import type { Effect, Snapshot } from '@realer-device/core'
import { describe, type RegionView } from './describe.ts'
import { fields } from './notation.ts'
import type { Playback } from './play.ts'
import type { Outcome } from './player.ts'
import type { PlayedStep } from './recording.ts'
import type { Block, Transcript } from './transcript.ts'

/** Writes a transcript as its file holds it: header, comments and inputs as they are, the output anew. */
export function print(transcript: Transcript, playback: Playback): string {
  const paragraphs = [
    transcript.head.join('\n'),
    ...playback.blocks.map(({ block, outcomes }) =>
      [...block.comments, block.text, ...printOutcomes(block, outcomes).map((line) => `  ${line}`)].join(
        '\n',
      ),
    ),
    ...(transcript.tail.length === 0 ? [] : [transcript.tail.join('\n')]),
  ]
  return `${paragraphs.join('\n\n')}\n`
}

function printOutcomes({ input }: Block, outcomes: readonly Outcome[]): string[] {
  const steps = outcomes.filter((outcome) => outcome.kind === 'step')
  if (input.word === 'online' || input.brief) return printBrief(steps)
  return outcomes.flatMap(printOutcome)
}

function printOutcome(outcome: Outcome): string[] {
  switch (outcome.kind) {
    case 'step':
      return printStep(outcome)
    case 'quiet':
      return [`at ${outcome.now} ms: ${outcome.asleep ? 'nothing has fired yet' : 'no timer was due'}`]
    case 'snapshot':
      return printSnapshot(outcome.snapshot)
    case 'secret':
      return [`the host keeps the secret as ${outcome.secret}`]
    case 'refused':
      return [`refused at the door: ${fields(outcome, ['kind']).join(' ')}`]
  }
}

/** One step: the moment and the event, the verdict and the rules, what changed in the state, the effects. */
function printStep({ line, before, after }: PlayedStep): string[] {
  const { now, event, verdict, rules, effects } = line
  const chance = line.random === 0.5 ? '' : `, random ${line.random}`
  const clock = line.wallClock === undefined ? '' : `, ${line.wallClock} by the wall clock`
  const changes = changesBetween(before && describe(before), describe(after))
  return [
    `at ${now} ms${chance}${clock}: ${event === null ? 'the run begins' : record(event)}`,
    `${verdict}, rules ${rules.join(' ')}`,
    ...(changes.length === 0 ? ['state unchanged'] : changes),
    ...effects.map((effect) => `→ ${record(effect)}`),
  ]
}

function printSnapshot({ reports, commands, ...rest }: Snapshot): string[] {
  return [
    `snapshot: ${fields(rest).join(' ')}`,
    ...reports.map((report) => `snapshot of a report: ${fields(report).join(' ')}`),
    ...Object.entries(commands).map(([route, kept]) => `snapshot of ${route}: ${fields(kept).join(' ')}`),
  ]
}

function record(data: { readonly type?: string }): string {
  return [data.type ?? '(no type)', ...fields(data, ['type'])].join(' ')
}

function changesBetween(
  before: ReadonlyMap<string, RegionView> | null,
  after: ReadonlyMap<string, RegionView>,
): string[] {
  return [...after].flatMap(([region, view]) => {
    const former = before?.get(region) ?? { position: '', facts: [] }
    if (former.position === view.position && former.facts.join() === view.facts.join()) return []
    return [`${region}: ${printRegion(former, view)}`]
  })
}

function printRegion(former: RegionView, { position, facts }: RegionView): string {
  const moved =
    former.position === position || former.position === '' ? position : `${former.position} → ${position}`
  const known = facts.join('; ')
  if (moved === '') return known === '' ? 'none' : known
  return known === '' ? moved : `${moved} (${known})`
}

/** Effects that only move the world along; a brief output leaves them out. */
const plumbing: ReadonlySet<Effect['type']> = new Set([
  'setTimer',
  'cancelTimer',
  'call',
  'cancelCall',
  'forgetSecret',
  'mqttConnect',
  'mqttSubscribe',
  'mqttDisconnect',
  'mqttAbort',
])

/** What every bootstrap from the start tells besides. */
const bootstrap: ReadonlySet<string> = new Set([
  'enterSafe reason=starting',
  'announceOnline after=start',
  'leaveSafe',
  'readRouteValue',
])

/** Many steps in few lines: which events, how it ended, and the effects that are more than plumbing. */
function printBrief(steps: readonly PlayedStep[]): string[] {
  const [first, last] = [steps[0], steps.at(-1)]
  if (first === undefined || last === undefined) return []
  const events = counted(steps.map(({ line }) => line.event?.type ?? 'the run begins'))
  const expected = first.before === null ? bootstrap : new Set<string>()
  const effects = steps
    .flatMap(({ line }) => line.effects)
    .filter((effect) => !plumbing.has(effect.type) && !expected.has(nameInBootstrap(effect)))
  const { context } = last.after
  const ending = context.connection?.online === true ? `online on ${context.connection.id}` : 'not online'
  return [
    `… ${steps.length} ${steps.length === 1 ? 'step' : 'steps'} in brief: ${events.join(', ')}; at ${last.line.now} ms ${ending}`,
    ...counted(effects.map((effect) => `→ ${record(withoutMessage(effect))}`)),
  ]
}

/** The physical values of the routes are asked for in every bootstrap (PUB-11). */
function nameInBootstrap(effect: Effect): string {
  return effect.type === 'readRouteValue' ? effect.type : record(effect)
}

/** Where diagnostics are counted, those of one code are one line. */
function withoutMessage(effect: Effect): Effect {
  return effect.type === 'diagnose' ? { ...effect, message: '…' } : effect
}

/** Each text once, in the order of its first appearance, with its number where there are several. */
function counted(texts: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} ×${count}`))
}
