import type { TimedEvent } from '@realer-device/core'
import { type Sandbox, startSandbox } from '@realer-device/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runMachine, type TakenTransition } from '../packages/core/src/session/engine.ts'
import {
  coveringPaths,
  type SessionPath,
  sessionTransitions,
} from '../packages/core/test/support/session-model.ts'
import { found, thought } from './support/session-at-rest.ts'
import { eventOf, variantOf } from './support/session-cause.ts'
import { cause } from './support/session-driver.ts'
import { factsOf } from './support/session-facts.ts'
import { causeInstead, onlyOtherHosts } from './support/session-only-other-hosts.ts'
import {
  createWaitingDevice,
  type MadeStep,
  type WaitingDevice,
  waitingRoutes,
} from './support/waiting-device.ts'

const { paths } = coveringPaths()
const transitions = sessionTransitions()
const taken = new Set<TakenTransition>()
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({
    routes: waitingRoutes,
    // As long as the model's token; and no keep alive of the broker's own.
    lifetimes: { tokenExpiresInSeconds: 36_000 },
    limits: { keepAliveSeconds: 65_535 },
  })
})
afterAll(() => sandbox.stop())

/** The events of a path in words; those of one type are told apart in the last one. */
function nameOf({ steps }: SessionPath): string {
  const [last, ...others] = steps.slice(1).map(eventOf).reverse()
  const types = others.map(({ type }) => type).reverse()
  return [...types, ...(last === undefined ? [] : [variantOf(last).join(' ')])].join(', ')
}

/** The transitions of a step: the same event in the same state, once more (CORE-2). */
function transitionsOf({ trace, before }: MadeStep): readonly TakenTransition[] {
  if (before === null || trace.event === null) return []
  const { now, random, wallClock } = trace
  return runMachine(before, { ...trace.event, now, random, wallClock } as TimedEvent).transitions
}

function nameOfTransition(transition: TakenTransition): string {
  const { source, eventType } = transition as unknown as { source: { id: string }; eventType: string }
  return `${source.id} ${eventType}`
}

/** Causes the event of a step, or what comes in its place; the answer is what the host must tell. */
async function makeHappen(
  world: WaitingDevice,
  steps: SessionPath['steps'],
  index: number,
): Promise<readonly unknown[]> {
  const [before, step, next] = [steps[index - 1], steps[index], steps[index + 1]]
  if (before === undefined || step === undefined) throw new Error('no step there')
  const told = eventOf(step)
  if (onlyOtherHosts.some(({ state, event }) => event === told.type && before.state.matches(state as never)))
    return causeInstead(world, told)
  await cause(world, step, next)
  return variantOf(told)
}

/** Follows a path with a real device, and compares it with the model after every step. */
async function follow({ steps }: SessionPath): Promise<void> {
  const world = createWaitingDevice(sandbox)
  try {
    world.device.start()
    for (const [index, step] of steps.entries()) {
      const told = index === 0 ? null : await makeHappen(world, steps, index)
      const made = await world.watch.until(() => world.steps[index] ?? null, `the step of ${told}`)
      expect(made.trace.event && variantOf(made.trace.event)).toEqual(told)
      expect(made.trace.verdict).toBe('taken')
      expect(factsOf(made.after)).toEqual(factsOf(step.state as never))
      for (const transition of transitionsOf(made)) taken.add(transition)
    }
    expect(world.steps.length, 'no step but those of the path').toBe(steps.length)
    expect(found(world), 'what the last step’s effects have set going, and ended').toEqual(thought(world))
  } finally {
    world.end()
  }
}

describe('CORE-7 CORE-4 a real device on real sockets does what the session’s chart says, on generated paths', () => {
  it.each(paths.map((path) => [nameOf(path), path] as const))('%s', async (_name, path) => {
    await follow(path)
  })

  const mine = transitions.length - onlyOtherHosts.length
  it(`and so takes ${mine} of the chart’s ${transitions.length} transitions: only other hosts take the others`, () => {
    const others = transitions.filter((transition) => !taken.has(transition))
    expect(others.map(nameOfTransition)).toEqual(
      onlyOtherHosts.map(({ state, event }) => `device.${state} ${event}`),
    )
    expect(taken.size).toBe(mine)
  })

  it('and the cloud finds no rule broken on any path', () => {
    expect(sandbox.ledger.summary().violations).toEqual([])
  })
})
