import type { AnyStateMachine } from 'xstate'

/** One transition as a chart shows it. */
export interface DrawnTransition {
  readonly from: string
  readonly on: string
  readonly rules: readonly string[]
}

/** Every transition of a machine, `always` included. */
export function transitionsOf(machine: AnyStateMachine): DrawnTransition[] {
  const found: DrawnTransition[] = []
  const visit = (node: AnyStateMachine['root']): void => {
    const always = node.always ?? []
    const from = node.path.join('.')
    for (const transition of [...node.transitions.values()].flat().concat(always))
      found.push({ from, on: transition.eventType || 'always', rules: transition.meta?.rules ?? [] })
    for (const child of Object.values(node.states)) visit(child)
  }
  visit(machine.root)
  return found
}
