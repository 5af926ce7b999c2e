import type { AnyStateMachine } from 'xstate'
import { DocumentError } from '../document-error.ts'

/** The event of a transition that needs none: it is taken as soon as its guard holds. */
export const always = 'always'

/** One state of a chart. */
export interface StateRow {
  /** The keys from the root on, joined by dots; empty for the root. */
  readonly path: string
  readonly key: string
  /** The path of the state around it; null for the root. */
  readonly parent: string | null
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly description: string | null
  /** The path of the state inside that is entered first; null where none is. */
  readonly initial: string | null
  readonly entry: readonly string[]
  readonly exit: readonly string[]
}

/** One transition of a chart. */
export interface TransitionRow {
  /** The path of its state. */
  readonly from: string
  /** An event's name, or `always`. */
  readonly event: string
  /** The guard's name; null where there is none. */
  readonly guard: string | null
  /** Paths; none where the state is not left. */
  readonly targets: readonly string[]
  readonly actions: readonly string[]
  /** The rules of `meta.rules`. */
  readonly rules: readonly string[]
  /** The place among the transitions of the same state and event, from 0: the first whose guard holds is taken. */
  readonly order: number
  /** True where its own state is left and entered again. */
  readonly reenter: boolean
}

/** A chart as plain rows, in the order of its source. */
export interface ChartRows {
  readonly id: string
  readonly states: readonly StateRow[]
  readonly transitions: readonly TransitionRow[]
}

type StateNode = AnyStateMachine['root']
type Transition = StateNode['always'] extends (infer One)[] | undefined ? One : never

/**
 * Reads an XState machine into rows. This is the one file that knows how XState keeps a chart.
 *
 * @throws {DocumentError} `chart-unreadable` where a guard or an action has no name
 */
export function readChart(machine: AnyStateMachine): ChartRows {
  const nodes = nodesOf(machine.root)
  return {
    id: machine.id,
    states: nodes.map(stateRow),
    transitions: nodes.flatMap((node) => [
      ...(node.always ?? []).map((transition, order) => transitionRow(node, always, transition, order)),
      ...[...node.transitions].flatMap(([event, transitions]) =>
        transitions.map((transition, order) => transitionRow(node, event, transition, order)),
      ),
    ]),
  }
}

function nodesOf(node: StateNode): StateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)]
}

function pathOf(node: StateNode): string {
  return node.path.join('.')
}

function stateRow(node: StateNode): StateRow {
  const [initial] = node.type === 'compound' ? (node.initial.target ?? []) : []
  return {
    path: pathOf(node),
    key: node.key,
    parent: node.parent === undefined ? null : pathOf(node.parent),
    type: node.type,
    description: node.description ?? null,
    initial: initial === undefined ? null : pathOf(initial),
    entry: node.entry.map((action) => nameOf(action, pathOf(node))),
    exit: node.exit.map((action) => nameOf(action, pathOf(node))),
  }
}

function transitionRow(node: StateNode, event: string, transition: Transition, order: number): TransitionRow {
  const from = pathOf(node)
  const { rules } = (transition.meta ?? {}) as { readonly rules?: readonly string[] }
  return {
    from,
    event,
    guard: transition.guard === undefined ? null : nameOf(transition.guard, from),
    targets: (transition.target ?? []).map(pathOf),
    actions: transition.actions.map((action) => nameOf(action, from)),
    rules: rules ?? [],
    order,
    reenter: transition.reenter,
  }
}

/**
 * Whether a guard holds exactly where the event's `facts` have its name, tried with it alone, with every other one, with
 * all and with none.
 */
export function isFactGuard(machine: AnyStateMachine, name: string): boolean {
  const guards: { readonly [name: string]: unknown } = machine.implementations.guards
  const guard = guards[name]
  if (typeof guard !== 'function') return false
  const others = Object.keys(guards).filter((other) => other !== name)
  const holds = (facts: readonly string[]): unknown => {
    try {
      return guard({ context: undefined, event: { type: '', facts } }, undefined)
    } catch {
      return null
    }
  }
  return (
    [[name], [name, ...others]].every((facts) => holds(facts) === true) &&
    [[], others].every((facts) => holds(facts) === false)
  )
}

/** What guards and actions may look like: a name, an object with one, or XState's `not`, `and` and `or`. */
interface Named {
  readonly type?: unknown
  readonly name?: string
  readonly guards?: readonly unknown[]
}

/**
 * The name of a guard or an action; of `not('x')` it is `not x`, of `and(['x', 'y'])` it is `x and y`.
 *
 * @throws {DocumentError} `chart-unreadable` where there is none
 */
export function nameOf(given: unknown, where: string): string {
  if (typeof given === 'string') return given
  const { type, name, guards } = (given ?? {}) as Named
  const parts = guards?.map((guard) => nameOf(guard, where))
  if (parts !== undefined && name === 'not') return `not ${parts.join(' ')}`
  if (parts !== undefined && (name === 'and' || name === 'or')) return parts.join(` ${name} `)
  if (typeof type === 'string') return type
  throw new DocumentError('chart-unreadable', where, 'a guard or an action has no name')
}
