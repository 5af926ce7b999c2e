import type { TimedEvent } from '@realer-device/core'
import { type Sandbox, startSandbox } from '@realer-device/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runMachine, type TakenTransition } from '../packages/core/src/session/engine.ts'
import {
  coveringPaths,
  type SessionPath,
  sessionTransitions,
} from '../packages/core/test/support/session-model.ts'
import { cause, eventOf } from './support/session-driver.ts'
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

/** The events of a path in words, with what tells events of one type apart. */
function nameOf({ steps }: SessionPath): string {
  const words = steps.slice(1).map((step) => {
    const { type, status, reason, reasonCode } = eventOf(step) as TimedEvent & { [field: string]: unknown }
    const detail = typeof reasonCode === 'number' ? `0x${reasonCode.toString(16)}` : (status ?? reason)
    return detail === undefined || reasonCode === null ? type : `${type} ${detail}`
  })
  return words.join(', ')
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

/** Causes the event of a step, or what comes in its place; the answer is the event that the host must tell. */
async function makeHappen(
  world: WaitingDevice,
  steps: SessionPath['steps'],
  index: number,
): Promise<string | undefined> {
  const [before, step, next] = [steps[index - 1], steps[index], steps[index + 1]]
  if (before === undefined || step === undefined) throw new Error('no step there')
  const { type } = eventOf(step)
  if (onlyOtherHosts.some(({ state, event }) => event === type && before.state.matches(state as never)))
    return causeInstead(world, eventOf(step))
  await cause(world, step, next)
  return type
}

/** Follows a path with a real device, and compares it with the model after every step. */
async function follow({ steps }: SessionPath): Promise<void> {
  const world = createWaitingDevice(sandbox)
  try {
    world.device.start()
    for (const [index, step] of steps.entries()) {
      const told = index === 0 ? undefined : await makeHappen(world, steps, index)
      const made = await world.watch.until(() => world.steps[index] ?? null, `the step of ${told}`)
      expect([made.trace.event?.type, made.trace.verdict]).toEqual([told, 'taken'])
      expect(factsOf(made.after)).toEqual(factsOf(step.state as never))
      for (const transition of transitionsOf(made)) taken.add(transition)
    }
    expect(world.steps.length, 'no step but those of the path').toBe(steps.length)
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
