import type { DeviceEvent, Effect, StateValue } from '@realer-device/core'
import { playRandomRun } from '../../src/bundle/random-run.ts'

/** What happened in some runs, each kind with the number of its occurrences. */
export class Counted {
  readonly #counts = new Map<string, number>()

  add(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }

  /** Those of the kinds that never occurred. */
  missing(kinds: readonly string[]): readonly string[] {
    return kinds.filter((kind) => !this.#counts.has(kind))
  }

  of(kind: string): number {
    return this.#counts.get(kind) ?? 0
  }
}

type Output = { readonly type: string; readonly cause?: string; readonly timer?: string }
type StepLine = readonly [
  number,
  object,
  DeviceEvent | null,
  readonly Effect[],
  StateValue,
  string,
  readonly string[],
]
type MqttLine = readonly ['mqtt', string, readonly (Output | readonly ['send', string])[]]

/** Plays random runs and counts what is in their lines. */
export function countedRuns(seeds: readonly number[]): Counted {
  const counted = new Counted()
  for (const seed of seeds)
    playRandomRun(seed, (line) => {
      const [head] = line as readonly unknown[]
      if (head === 'mqtt') countMqtt(counted, line as MqttLine)
      else if (typeof head === 'number') countStep(counted, line as StepLine)
      else counted.add(`line ${String(head)}`)
    })
  return counted
}

function countStep(counted: Counted, [, , event, effects, value, verdict, rules]: StepLine): void {
  counted.add('step')
  counted.add(`verdict ${verdict}`)
  counted.add(`event ${event?.type ?? 'none'} ${verdict}`)
  for (const rule of rules) counted.add(`rule ${rule}`)
  for (const leaf of leavesOf(value)) counted.add(`state ${leaf}`)
  for (const effect of effects) {
    counted.add(`effect ${effect.type}`)
    if (effect.type === 'settleReport') counted.add(`report ${effect.result} ${effect.status}`)
    if (effect.type === 'settleCommand') counted.add(`command ${effect.outcome}`)
    if (effect.type === 'refuseReport') counted.add(`refusal ${effect.code}`)
  }
}

function countMqtt(counted: Counted, [, call, outputs]: MqttLine): void {
  counted.add(`call ${call.split(' ', 1)[0]}`)
  for (const output of outputs) {
    if (!('type' in output)) continue
    counted.add(`output ${output.type}`)
    if (output.cause !== undefined) counted.add(`closed ${output.cause}`)
    if (output.timer !== undefined) counted.add(`${output.type} ${output.timer}`)
  }
}

/** The paths of the states that are active. */
export function leavesOf(value: StateValue, path: readonly string[] = []): readonly string[] {
  if (typeof value === 'string') return [[...path, value].join('.')]
  const inner = Object.entries(value)
  if (inner.length === 0) return [path.join('.')]
  return inner.flatMap(([name, below]) => leavesOf(below, [...path, name]))
}
