import { deviceMachine } from '@realer-device/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allScopes, Scenario } from '../../core/test/support/scenario.ts'
import { beginning, judgedRun } from '../../reference-model/test/support/campaign.ts'
import { move, stop } from '../../reference-model/test/support/moves.ts'
import { type DescribedAction, describeChart } from '../src/chart/described-chart.ts'
import { chartSources } from '../src/producers/charts.ts'
import { createAnalysis } from '../src/source/consequences.ts'
import { parseSource, readSources } from '../src/source/read-sources.ts'
import { readSymbols } from '../src/source/symbols.ts'
import { root } from './support/repository.ts'

/** XState's wrapper of a decision, as `enqueueActions` makes it. */
interface Wrapper {
  collect: (args: { readonly enqueue: Enqueue }, params: unknown) => void
}
type Enqueue = ((action: { type: string }) => void) & { raise: (event: { type: string }) => void }

/** What each action caused in real steps: its effects, and its signals with a `signal ` before their names. */
const caused = new Map<string, Set<string>>()

/** Listens in on every action of the session's machine while real steps run it. */
function listen(): () => void {
  const restore: (() => void)[] = []
  for (const [name, action] of Object.entries(deviceMachine.implementations.actions)) {
    const wrapper = action as unknown as Partial<Wrapper>
    const { collect } = wrapper
    if (collect === undefined) continue
    const seen = new Set<string>()
    wrapper.collect = (args, params) => {
      caused.set(name, seen)
      const { enqueue } = args
      const told = Object.assign((one: { type: string }) => {
        seen.add(one.type)
        enqueue(one)
      }, enqueue)
      told.raise = (event) => {
        seen.add(`signal ${event.type}`)
        enqueue.raise(event)
      }
      collect({ ...args, enqueue: told }, params)
    }
    restore.push(() => {
      wrapper.collect = collect
    })
  }
  return () => {
    for (const each of restore) each()
  }
}

const machines = chartSources.map(({ machine }) => machine)
const sources = readSources(root, ['packages/core/src'])

/** What the sources say that actions may cause, in the same form. */
function foreseen(files: typeof sources): ReadonlyMap<string, DescribedAction> {
  return describeChart('deviceMachine', deviceMachine, files, machines).actions
}

/** What happened and was not foreseen, as `action: effect`. The rules' carrier is no effect. */
function surprises(actions: ReadonlyMap<string, DescribedAction>): string[] {
  return [...caused].flatMap(([name, seen]) => {
    const { effects = [], signals = [] } = actions.get(name) ?? {}
    const known = new Set([...effects, ...signals.map((signal) => `signal ${signal}`), 'appliedRules'])
    return [...seen].filter((one) => !known.has(one)).map((one) => `${name}: ${one}`)
  })
}

describe('what an action may cause', () => {
  let stopListening = () => {}
  beforeAll(() => {
    stopListening = listen()
    tellStories()
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 40, arbitrary: move }, { weight: 1, arbitrary: stop }), {
          maxLength: 80,
          size: 'max',
        }),
        beginning,
        (moves, from) => {
          judgedRun({ beginning: from, moves })
        },
      ),
      { numRuns: 300 },
    )
  })
  afterAll(() => stopListening())

  it('CORE-1: covers every effect and signal of every action in real steps', () => {
    expect(surprises(foreseen(sources))).toEqual([])
  })

  it('was tried on most actions', () => {
    const actions = [...foreseen(sources).keys()]
    const tried = actions.filter((name) => caused.has(name))
    expect(
      tried.length / actions.length,
      `not tried: ${actions.filter((name) => !caused.has(name))}`,
    ).toBeGreaterThan(0.8)
  })

  it('is not everything: most actions may cause few of all effects', () => {
    const actions = [...foreseen(sources).values()]
    const all = new Set(actions.flatMap(({ effects }) => effects))
    const few = actions.filter(({ effects }) => effects.length <= all.size / 2)
    expect(few.length / actions.length).toBeGreaterThan(0.8)
  })

  it('a breach shows: an effect that the sources do not name is found by the same runs', () => {
    const [effect] = [...caused.values()]
      .flatMap((seen) => [...seen])
      .filter((one) => !/^signal |Rules$/.test(one))
    const tampered = sources.map(({ path, text }) =>
      parseSource(path, text.replaceAll(`type: '${effect}'`, "type: 'somethingElse'")),
    )
    expect(surprises(foreseen(tampered))).toContainEqual(expect.stringMatching(new RegExp(`: ${effect}$`)))
  })
})

/** What random moves seldom come to. */
function tellStories(): void {
  new Scenario().stops().happens({ type: 'tokenRevoked' })
  const device = new Scenario().goesOnline().reports('m-1').pubacks().acknowledges('m-1', 'accepted')
  device.desires('des_1', 1).finishes('des_1').fires('stableOnline').fires('renewTuple')
  device.issuesToken().issuesTuple({ scopes: allScopes }).closes().connects().subscribes()
  device.stops().closes().happens({ type: 'tokenRevoked' }).reports('m-2')
  new Scenario().callIsRefused(401).fires('retryCall').callFails()
  const doubted = new Scenario().issuesToken().readsCatalog().callIsRefused(404)
  doubted.fires('retryCall')
  new Scenario().goesOnline().stops().fires('closeTimeout').happens({ type: 'tokenRevoked' })
}

describe('the analysis of made-up code', () => {
  const analyse = (texts: { readonly [path: string]: string }, name: string) => {
    const symbols = readSymbols(Object.entries(texts).map(([path, text]) => parseSource(path, text)))
    const start = symbols.declarations.find((declaration) => declaration.name === name)
    if (start === undefined) throw new Error(`no ${name}`)
    return createAnalysis(symbols)(start.file, start.node)
  }

  it('follows calls, callbacks, namespaces and exports by another name, through loops', () => {
    const texts = {
      'a/one.ts': `
        import * as two from './two.ts'
        import { three as third } from './index.ts'
        export function one(plan: Plan): void {
          plan.effects.push({ type: 'own' as const, id: 1 })
          for (const x of list) two.act(plan)
          list.forEach(third)
        }`,
      'a/two.ts': `
        import { one } from './one.ts'
        export const act = (plan: Plan) => { plan.signals.push({ type: plan.now > 1 ? 'late' : 'early' }); one(plan) }`,
      'a/index.ts': "export { tres as three } from '../b/three.ts'",
      'b/three.ts': 'export function tres(plan: Plan) { const type = "called"; plan.effects.push({ type }) }',
    }
    expect(analyse(texts, 'one')).toEqual({ effects: ['called', 'own'], signals: ['early', 'late'] })
  })

  it('mentions nothing by a key, a property or a type of the same name', () => {
    const texts = {
      'a.ts': `
        function loud(plan: Plan) { plan.effects.push({ type: 'loud' }) }
        type Plan = typeof loud
        export function quiet(plan: Plan) { return { loud: plan.loud } }`,
    }
    expect(analyse(texts, 'quiet')).toEqual({ effects: [], signals: [] })
  })

  describe('that looks actions up in a table', () => {
    const table = `
      const actions = {
        up: (plan) => plan.effects.push({ type: 'raised' }),
        down: (plan) => plan.effects.push({ type: 'lowered' }),
      }
      function advance(plan: Plan, event: Happening): void {
        for (const name of chart(event)) actions[name](plan)
      }
      function pass(plan: Plan, event: Happening): void { once(() => advance(plan, event)) }`
    const both = ['lowered', 'raised']

    it.each([
      ["advance(plan, { type: 'rise' })", ['raised']],
      ["advance(plan, { type: plan.up ? 'rise' : 'fall' })", both],
      ["pass(plan, { type: 'fall', by: 2 })", ['lowered']],
      // Nothing is left out where the event is not known for sure.
      ["pass(plan, { type: 'fall', ...more })", both],
      ['pass(plan, more)', both],
      ["pass(plan, { type: 'unheard-of' })", both],
      ["[1].map((event) => pass(plan, { type: 'rise' })); actions.down(plan)", both],
    ])('%s causes %j', (call, effects) => {
      const file = parseSource('a.ts', `${table}\nexport function start(plan: Plan) { ${call} }`)
      const symbols = readSymbols([file])
      const find = (name: string) => symbols.declarations.find((declaration) => declaration.name === name)
      const [actions, start] = [find('actions'), find('start')]
      if (actions === undefined || start === undefined) throw new Error('not declared')
      const ways: { readonly [event: string]: readonly string[] } = { rise: ['up'], fall: ['down'] }
      const analyse = createAnalysis(symbols, [{ table: actions, actionsOn: (event) => ways[event] ?? null }])
      expect(analyse(file, start.node).effects).toEqual(effects)
    })

    it('leaves nothing out where the event’s name is given to something else', () => {
      const text = table.replace('for (const name', 'list.map((event) => event); for (const name')
      const file = parseSource(
        'a.ts',
        `${text}\nexport function start(plan) { advance(plan, { type: 'rise' }) }`,
      )
      const symbols = readSymbols([file])
      const [actions] = symbols.declarations.filter(({ name }) => name === 'actions')
      const [start] = symbols.declarations.filter(({ name }) => name === 'start')
      if (actions === undefined || start === undefined) throw new Error('not declared')
      const analyse = createAnalysis(symbols, [{ table: actions, actionsOn: () => ['up'] }])
      expect(analyse(file, start.node).effects).toEqual(both)
    })
  })

  it('refuses an effect whose type is not written out, and says where', () => {
    const texts = { 'a.ts': 'export function one(plan, effect) { plan.effects.push(effect) }' }
    expect(() => analyse(texts, 'one')).toThrow(
      expect.objectContaining({ code: 'source-unreadable', field: 'a.ts' }),
    )
  })
})
