import { describe, expect, it } from 'vitest'
import { and, createMachine, not } from 'xstate'
import { labelOf, levelsOf } from '../src/chart/levels.ts'
import { readChart } from '../src/chart/read-chart.ts'
import { doorMachine, houseMachine } from './support/door.ts'

describe('a chart as rows', () => {
  it('has every state with what it says of itself', () => {
    const { id, states } = readChart(doorMachine)
    expect(id).toBe('door')
    expect(states.map(({ path }) => path)).toEqual(['', 'closed', 'open', 'ajar', 'gone'])
    expect(states[0]).toMatchObject({ type: 'compound', parent: null, initial: 'closed' })
    expect(states[1]).toMatchObject({ type: 'atomic', parent: '', description: 'Nobody gets through.' })
    expect(states[2]).toMatchObject({ entry: ['light'], exit: [] })
  })

  it('has every transition, in its order among its siblings', () => {
    const { transitions } = readChart(doorMachine)
    expect(transitions).toHaveLength(8)
    expect(transitions.slice(0, 2)).toEqual([
      {
        from: 'closed',
        event: 'pushed',
        guard: 'isStrong',
        targets: ['open'],
        actions: ['creak', 'bang'],
        rules: ['CORE-1'],
        order: 0,
        reenter: false,
      },
      {
        from: 'closed',
        event: 'pushed',
        guard: null,
        targets: ['closed'],
        actions: ['creak'],
        rules: ['CORE-2'],
        order: 1,
        reenter: false,
      },
    ])
    expect(transitions.slice(0, 2).map(labelOf)).toEqual(['pushed [isStrong]', 'pushed [else]'])
    expect(transitions.find(({ reenter }) => reenter)?.from).toBe('open')
  })

  it('names guards that are made of others, and `always`', () => {
    const { transitions } = readChart(
      createMachine({
        initial: 'a',
        states: {
          a: {
            always: [
              { guard: not('x'), target: 'b' },
              { guard: and(['x', not('y')]), target: 'b' },
            ],
          },
          b: {},
        },
      }),
    )
    expect(transitions.map(({ event, guard }) => [event, guard])).toEqual([
      ['always', 'not x'],
      ['always', 'x and not y'],
    ])
  })

  it('refuses a guard without a name, and says where', () => {
    const machine = createMachine({ initial: 'a', states: { a: { on: { go: { guard: () => true } } } } })
    expect(() => readChart(machine)).toThrow(
      expect.objectContaining({ code: 'chart-unreadable', field: 'a' }),
    )
  })
})

describe('a chart in levels', () => {
  const signals = [{ from: 'standing.front.wide.still', to: 'standing.lamp', signal: 'seen' }]
  const levels = levelsOf(readChart(houseMachine), signals)
  const level = (scope: string) => levels.find((one) => one.scope === scope)

  it('has one for the whole and one for each state with states inside', () => {
    expect(levels.map(({ scope }) => scope)).toEqual([
      '',
      'standing.front',
      'standing.front.wide',
      'standing.lamp',
    ])
  })

  it('shows regions with a sentence each inside their parallel state, and the signals between them', () => {
    const whole = level('')
    expect(whole?.groups).toEqual([{ id: 'standing', title: 'standing', initial: true }])
    expect(whole?.boxes.map(({ title, lines, group, end }) => [title, lines, group, end])).toEqual([
      ['fallen', [], null, true],
      ['front', ['The front door.'], 'standing', false],
      ['lamp', ['The lamp.'], 'standing', false],
    ])
    expect(whole?.arrows).toEqual([
      { from: 'standing', to: 'fallen', labels: ['forced'], kind: 'transition' },
      { from: 'standing.front', to: 'standing.lamp', labels: ['seen'], kind: 'signal' },
    ])
    expect(whole?.notes).toEqual([{ where: 'in every state', label: 'alarm', to: null }])
  })

  it('shows a compound state as one box, and points outside from its own level', () => {
    const front = level('standing.front')
    expect(front?.boxes.map(({ title, lines }) => [title, lines])).toEqual([
      ['shut', []],
      ['wide', ['still · swinging']],
    ])
    expect(front?.arrows).toEqual([
      { from: 'standing.front.shut', to: 'standing.front.wide', labels: ['pushed'], kind: 'transition' },
      { from: 'standing.front.wide', to: 'standing.front.shut', labels: ['locked'], kind: 'transition' },
    ])
    expect(level('standing.front.wide')?.boxes.at(-1)).toMatchObject({ title: 'shut', kind: 'outside' })
  })

  it('lists once what leads from every open state to the same one, and what stays stands in its box', () => {
    const [door] = levelsOf(readChart(doorMachine))
    expect(door?.notes).toEqual([{ where: 'in every open state', label: 'locked', to: 'gone' }])
    expect(door?.arrows.some(({ to }) => to === 'gone')).toBe(false)
    expect(door?.boxes[0]?.lines).toEqual(['pushed [else]'])
    expect(door?.arrows).toContainEqual({
      from: 'open',
      to: 'open',
      labels: ['pushed [isNobody]'],
      kind: 'transition',
    })
  })
})
