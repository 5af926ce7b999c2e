import { type DeviceEvent, deviceMachine, initial, readConfig, type Step, step } from '@realer-device/core'
import { describe, expect, it } from 'vitest'
import {
  coveringPaths,
  type SessionPath,
  sessionModel,
  sessionTransitions,
  walkOptions,
} from './support/session-model.ts'

const { paths, missed } = coveringPaths()

/** Every state of the chart, by its id. */
function stateIds(node = deviceMachine.root as { id: string; states: object }): string[] {
  return [node.id, ...Object.values(node.states).flatMap((child) => stateIds(child))]
}

function nameOf({ steps }: SessionPath): string {
  return steps
    .map(({ event }) => String(event.type))
    .filter((type) => type !== 'xstate.init')
    .join(', ')
}

describe('CORE-7 CORE-4 the session’s chart and the device agree on generated paths', () => {
  it('the paths take every transition', () => {
    expect(missed).toEqual([])
  })

  it('and so enter every state', () => {
    const entered = new Set(sessionTransitions().flatMap(({ target }) => target?.map(({ id }) => id) ?? []))
    for (const { steps } of paths)
      for (const { state } of steps) for (const { id } of state._nodes) entered.add(id)
    expect(stateIds().filter((id) => !entered.has(id))).toEqual([])
  })

  it.each(paths.map((path) => [nameOf(path), path] as const))('%s', async (_name, path) => {
    let device: Step = initial(readConfig(walkOptions), { now: 0, random: 0.5 })
    await sessionModel.testPath(path, {
      events: new Proxy(
        {},
        {
          get: (_target, type) => (made: { event: DeviceEvent & { now: number; random: number } }) => {
            if (type === 'xstate.init') return
            const { now, random, ...event } = made.event
            device = step(device.state, { now, random, event: event as DeviceEvent })
            expect(device.verdict).toBe('taken')
          },
        },
      ),
      states: {
        '*': ({ value, context }) => {
          expect(device.state.value).toEqual(value)
          expect(device.state.context).toEqual(context)
        },
      },
    })
  })
})
