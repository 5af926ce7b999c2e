import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { acknowledgementStatuses, deviceMachine, type RuleId, timers } from '@realer-device/core'
import { traceOf } from '@realer-device/transcript'
import { beforeAll, describe, expect, it } from 'vitest'
import { Digest } from '../src/bundle/digest.ts'
import { stepsOfRandomRun } from '../src/bundle/random-run.ts'
import { bundleText, type Corpus, load } from './support/bundle.ts'
import { type Counted, countedRuns } from './support/lines.ts'

/** A part of the corpus that is large enough to reach all of this. */
const seeds = Array.from({ length: 12 }, (_, index) => index + 1)

describe('the random runs of the corpus', () => {
  let counted: Counted

  beforeAll(() => {
    counted = countedRuns(seeds)
  })

  it('have 1,000 steps each', () => {
    expect(stepsOfRandomRun).toBe(1_000)
    expect(counted.of('step')).toBe(seeds.length * stepsOfRandomRun)
  })

  it('ask for every effect', () => {
    const effects = [
      ...['setTimer', 'cancelTimer', 'call', 'cancelCall', 'forgetSecret', 'diagnose'],
      ...['mqttConnect', 'mqttSubscribe', 'mqttPublish', 'mqttDisconnect', 'mqttAbort'],
      ...['acceptReport', 'refuseReport', 'settleReport'],
      ...['startCommand', 'readValue', 'cancelCommand', 'readRouteValue', 'settleCommand'],
      ...['enterSafe', 'leaveSafe', 'announceOnline', 'announceOffline', 'announceStopped'],
    ]
    expect(counted.missing(effects.map((type) => `effect ${type}`))).toEqual([])
  })

  it('reach every state of the session, and every rule of its transitions', () => {
    expect(statesOf(deviceMachine).length).toBeGreaterThan(10)
    expect(counted.missing(statesOf(deviceMachine).map((state) => `state ${state}`))).toEqual([])
    expect(rulesOf(deviceMachine).length).toBeGreaterThan(40)
    expect(counted.missing(rulesOf(deviceMachine).map((rule) => `rule ${rule}`))).toEqual([])
  })

  it('give every verdict, and every timer', () => {
    const verdicts = ['taken', 'ignored', 'stale'].map((verdict) => `verdict ${verdict}`)
    expect(counted.missing([...verdicts, ...timersFired()])).toEqual([])
  })

  it('bring every answer of the cloud, in its time and late', () => {
    const answers = ['tokenIssued', 'catalogRead', 'tupleIssued', 'tokenRevoked', 'callRefused', 'callFailed']
    expect(
      counted.missing(answers.flatMap((type) => [`event ${type} taken`, `event ${type} stale`])),
    ).toEqual([])
  })

  it('settle reports and commands in every way, and refuse them for every reason', () => {
    const fates = [
      'done accepted',
      'done replayed',
      'unconfirmed unconfirmed',
      'failed unanswered',
      'failed evicted',
    ]
    const statuses = acknowledgementStatuses.filter((status) => !/accepted|replayed/.test(status))
    const refusals = ['route-unknown', 'value-invalid', 'message-id-invalid', 'message-id-in-use']
    const more = ['value-received-at-invalid', 'outbox-full', 'too-large', 'stopped']
    expect(
      counted.missing([
        ...[...fates, ...statuses.map((status) => `failed ${status}`)].map((fate) => `report ${fate}`),
        ...['applied', 'rejected', 'stale'].map((outcome) => `command ${outcome}`),
        ...[...refusals, ...more].map((code) => `refusal ${code}`),
      ]),
    ).toEqual([])
  })

  it('call the mqtt session in every way, and end it in every way', () => {
    const calls = [
      'open',
      'receive',
      'subscribe',
      'publish',
      'acknowledge',
      'disconnect',
      'timer',
      'linkClosed',
    ]
    const causes = ['client', 'server', 'protocolError', 'keepAlive', 'connectTimeout', 'link', 'refused']
    const outputs = ['connected', 'refused', 'subscribed', 'published', 'publishRefused', 'message', 'closed']
    expect(
      counted.missing([
        ...calls.map((call) => `call ${call}`),
        ...causes.map((cause) => `closed ${cause}`),
        ...outputs.map((type) => `output ${type}`),
      ]),
    ).toEqual([])
  })

  it('stop, restart and store: every process begins anew, or goes on from a snapshot', () => {
    expect(counted.missing(['line config', 'line persist', 'line state', 'event none taken'])).toEqual([])
  })

  it('and a part that is too small does not reach all of it', () => {
    expect(countedRuns([1]).missing(timersFired())).not.toEqual([])
  })
})

describe('the bundle, in a realm that has ECMAScript and nothing else', () => {
  let corpus: Corpus

  beforeAll(async () => {
    corpus = load(await bundleText())
  })

  it('CORE-2: plays every story as the machine does here', () => {
    const folder = fileURLToPath(new URL('../../../docs/transcripts', import.meta.url))
    expect(corpus.storyRuns).toBeGreaterThan(100)
    for (let index = 0; index < corpus.storyRuns; index++) {
      const { run, steps } = corpus.run(index)
      const trace = traceOf(readFileSync(`${folder}/${run}.txt`, 'utf8'), `${run}.txt`)
      expect(corpus.lines(index)).toEqual(trace.map((line) => JSON.stringify(line)))
      expect(steps).toBe(trace.filter((line) => !('format' in line)).length)
    }
  })

  it('CORE-2: the same seed gives the same hash again, that of its lines; another seed another one', async () => {
    const first = corpus.storyRuns
    const played = corpus.run(first)
    expect(played.run).toBe('random-1')
    expect(load(await bundleText()).run(first)).toEqual(played)
    const digest = new Digest()
    for (const line of corpus.lines(first)) digest.add(`${line}\n`)
    expect(digest.hex()).toBe(played.hash)
    expect(corpus.run(first + 1).hash).not.toBe(played.hash)
  })
})

describe('the hash', () => {
  const hashOf = (text: string) => {
    const digest = new Digest()
    digest.add(text)
    return digest.hex()
  }

  it.each(Array.from('one line of a trace', (_, at) => at))('changes with the character at %i', (at) => {
    const text = 'one line of a trace'
    const changed = `${text.slice(0, at)}~${text.slice(at + 1)}`
    const [before, after] = [hashOf(text), hashOf(changed)]
    // Each half tells them apart.
    expect(after.slice(0, 8)).not.toBe(before.slice(0, 8))
    expect(after.slice(8)).not.toBe(before.slice(8))
  })
})

/** Every timer, and those that fire although they were cancelled. */
function timersFired(): readonly string[] {
  const fired = Object.keys(timers).map((name) => `event timer.${name} taken`)
  return [...fired, 'event timer.reconnect stale', 'event timer.retryCall stale']
}

interface Node {
  readonly always?: readonly unknown[]
  readonly states: { readonly [name: string]: Node }
  readonly transitions: ReadonlyMap<string, readonly { readonly meta?: unknown }[]>
}

/** The atomic states of a chart in which it can rest, by path. */
function statesOf({ root }: { readonly root: unknown }): readonly string[] {
  const walk = (node: Node, path: readonly string[]): readonly string[] => {
    const inner = Object.entries(node.states)
    if (inner.length === 0) return (node.always ?? []).length > 0 ? [] : [path.join('.')]
    return inner.flatMap(([name, child]) => walk(child, [...path, name]))
  }
  return walk(root as Node, [])
}

/** The rules that the transitions of a chart name. */
function rulesOf({ root }: { readonly root: unknown }): readonly RuleId[] {
  const rules = new Set<RuleId>()
  const walk = (node: Node): void => {
    for (const transition of [...node.transitions.values()].flat())
      for (const rule of (transition.meta as { rules?: readonly RuleId[] } | undefined)?.rules ?? [])
        rules.add(rule)
    for (const child of Object.values(node.states)) walk(child)
  }
  walk(root as Node)
  return [...rules].sort()
}
