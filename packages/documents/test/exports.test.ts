import { readFileSync } from 'node:fs'
import { Statechart } from '@scion-scxml/core'
import { XMLParser } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import { type AnyStateMachine, createMachine, transition } from 'xstate'
import {
  always,
  type ChartRows,
  isFactGuard,
  readChart,
  type TransitionRow,
} from '../src/chart/read-chart.ts'
import { type ConditionOf, writeScxml } from '../src/chart/scxml.ts'
import { writeXStateJson } from '../src/chart/xstate-json.ts'
import { chartSources } from '../src/producers/charts.ts'
import { createConditions } from '../src/source/condition.ts'
import { parseSource, readSources, type SourceFile } from '../src/source/read-sources.ts'
import { findTables } from '../src/source/tables.ts'
import { doorMachine, houseMachine, lockMachine } from './support/door.ts'
import { root } from './support/repository.ts'

const machines = [...chartSources.map(({ machine }) => machine), houseMachine, doorMachine, lockMachine]

describe("XState's JSON", () => {
  it.each(machines.map((machine) => [machine.id, machine] as const))(
    'of %s makes a machine with the same rows, and holds no code',
    (_id, machine) => {
      const json: unknown = JSON.parse(writeXStateJson(machine))
      expect(readChart(createMachine(json as object))).toEqual(readChart(machine))
    },
  )
})

describe('SCXML', () => {
  const doorFile = new URL('./support/door.ts', import.meta.url)
  const doorSources = [parseSource('door.ts', readFileSync(doorFile, 'utf8'))]
  const coreSources = readSources(root, ['packages/core/src'])
  const flat = machines
    .filter((machine) => readChart(machine).states.every(({ type }, at) => at === 0 || type === 'atomic'))
    .map(
      (machine) =>
        [
          machine.id,
          machine,
          [doorMachine, lockMachine].some((one) => one === machine) ? doorSources : coreSources,
        ] as const,
    )

  it('is written of the flat charts', () => {
    expect(flat.map(([id]) => id)).toEqual(['report', 'command', 'door', 'lock'])
    expect(() => writeScxml(readChart(houseMachine), () => null)).toThrow(
      expect.objectContaining({ code: 'chart-unreadable', field: 'standing' }),
    )
  })

  it.each(flat)(
    'of %s takes the same transitions in an interpreter of another make',
    (_id, machine, sources) => {
      const rows = readChart(machine)
      const { xml, unsaid } = writeScxml(rows, conditionsOf(machine, sources))
      expect(unsaid).toEqual([])
      const events = [...new Set(rows.transitions.map(({ event }) => event))].filter(
        (event) => event !== always,
      )
      let left = 0
      for (const state of rows.states.slice(1).map(({ path }) => path))
        for (const event of events)
          for (const data of samplesFor(xml, guardsOn(rows, state, event))) {
            const told = takeXState(machine, state, { ...data, type: event })
            const what = `${state} on ${event} ${JSON.stringify(data)}`
            expect(takeScxml(xml, state, event, data), what).toEqual(told)
            if (told.state !== state) left += 1
          }
      expect(left).toBeGreaterThan(3)
    },
  )

  it('says which guards it cannot say, and asks the event for them', () => {
    const { xml, unsaid } = writeScxml(readChart(doorMachine), () => null)
    expect(unsaid).toEqual(['isStrong', 'isNobody'])
    expect(xml).toContain('cond="_event.data[&quot;isStrong&quot;]"')
  })
})

function conditionsOf(machine: AnyStateMachine, sources: readonly SourceFile[]): ConditionOf {
  const guards = readChart(machine).transitions.flatMap(namesIn)
  return createConditions(findTables(sources, [...new Set(guards)]), (guard) => isFactGuard(machine, guard))
}

function namesIn({ guard }: TransitionRow): string[] {
  return guard?.split(/ and | or |not /).filter(Boolean) ?? []
}

function guardsOn({ transitions }: ChartRows, state: string, event: string): string[] {
  return [...new Set(transitions.filter((row) => row.from === state && row.event === event).flatMap(namesIn))]
}

/** Where an event leads, and with which actions. */
interface Taken {
  readonly state: string
  readonly actions: readonly string[]
}

function takeXState(machine: AnyStateMachine, value: string, event: { type: string }): Taken {
  const [next, actions] = transition(machine, machine.resolveState({ value, context: {} }), event)
  return { state: String(next.value), actions: actions.map(({ type }) => type) }
}

/** An element as the parser gives it, in the document's order. */
type Element = { readonly [name: string]: readonly Element[] } & {
  readonly ':@'?: { readonly [attribute: string]: string }
}

const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: '' })

/** Runs an SCXML text in SCION for one event; SCION takes states as objects, with conditions as functions. */
function takeScxml(xml: string, initial: string, name: string, data: object): Taken {
  const actions: string[] = []
  let isRunning = false
  const logs = (elements: readonly Element[]) => () => {
    for (const log of elements) if (isRunning) actions.push(log[':@']?.label ?? '')
  }
  const document = (parser.parse(xml) as Element[]).find(({ scxml }) => scxml !== undefined)
  const states = (document?.scxml ?? []).map((element) => {
    const { state = [], ':@': { id = '' } = {} } = element
    const inside = (kind: string) => state.flatMap((child) => child[kind] ?? [])
    return {
      id,
      onEntry: logs(inside('onentry')),
      onExit: logs(inside('onexit')),
      transitions: state.flatMap((child) => {
        if (child.transition === undefined) return []
        const { event, cond, target } = child[':@'] ?? {}
        return [
          {
            ...(event === undefined ? {} : { event }),
            ...(target === undefined ? {} : { target }),
            ...(cond === undefined ? {} : { cond: new Function('_event', `return ${cond}`) }),
            onTransition: logs(child.transition),
          },
        ]
      }),
    }
  })
  const scxml = new Statechart(() => ({ states, initial: [initial] }) as never)
  scxml.start()
  isRunning = true
  scxml.gen({ name, data })
  return { state: scxml.getConfiguration().join(), actions }
}

/**
 * Values for everything that the conditions look at: what they compare with, and what lies beside it; and every choice
 * of the facts that the guards at hand may ask for.
 */
function samplesFor(xml: string, guards: readonly string[]): object[] {
  const text = [...xml.matchAll(/cond="([^"]*)"/g)].map(([, cond = '']) => cond).join(' ')
  const fields = [...new Set([...text.matchAll(/_event\.data\.(\w+)/g)].map(([, field = '']) => field))]
  const numbers = [...text.matchAll(/\b\d+\b/g)].map(([number]) => Number(number))
  const values = [
    null,
    undefined,
    true,
    false,
    'x',
    0,
    ...numbers.flatMap((number) => [number - 1, number, number + 1]),
  ]
  const facts = guards.reduce<string[][]>(
    (sets, guard) => sets.flatMap((set) => [set, [...set, guard]]),
    [[]],
  )
  return fields.reduce<object[]>(
    (samples, field) =>
      samples.flatMap((sample) =>
        (field === 'facts' ? facts : values).map((value) => ({ ...sample, [field]: value })),
      ),
    [{}],
  )
}
