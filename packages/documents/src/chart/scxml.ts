import { XMLBuilder } from 'fast-xml-parser'
import { DocumentError } from '../document-error.ts'
import { always, type ChartRows, type StateRow, type TransitionRow } from './read-chart.ts'

/** A guard as an expression over `_event`, in SCXML's ECMAScript data model; null where it cannot be one. */
export type ConditionOf = (guard: string) => string | null

/** A chart in SCXML. */
export interface Scxml {
  readonly xml: string
  /** The guards that it cannot say: the event must bring their answer as `_event.data.<guard>`. Exact where none. */
  readonly unsaid: readonly string[]
}

type XmlNode = { readonly [name: string]: readonly XmlNode[] | { readonly [attribute: string]: string } }

const builder = new XMLBuilder({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  suppressEmptyNode: true,
  format: true,
  indentBy: '  ',
})

/**
 * Writes a flat chart as SCXML (W3C, 1 September 2015). An action is a `log` with its name as the label, for SCXML knows
 * none of ours; the rules stand in an attribute of a namespace of our own.
 *
 * @throws {DocumentError} `chart-unreadable` where the chart is not flat
 */
export function writeScxml({ id, states, transitions }: ChartRows, conditionOf: ConditionOf): Scxml {
  const [root, ...flat] = states
  const nested = flat.find(({ type }) => type !== 'atomic' && type !== 'final')
  if (root === undefined || root.initial === null || nested !== undefined)
    throw new DocumentError('chart-unreadable', nested?.path ?? id, 'only a flat chart is written as SCXML')
  const unsaid = new Set<string>()
  const condition = (guard: string): string => {
    const said = conditionOf(guard)
    if (said === null) unsaid.add(guard)
    return said ?? `_event.data["${guard}"]`
  }
  const children = flat.map((state) =>
    element(state.type === 'final' ? 'final' : 'state', { id: state.key }, [
      ...actionsIn('onentry', state.entry),
      ...actionsIn('onexit', state.exit),
      // What the root takes in every state, each state takes last.
      ...[...transitions.filter(({ from }) => from === state.path), ...transitions.filter(isRoots)].map(
        (row) => transition(row, state, condition),
      ),
    ]),
  )
  const attributes = {
    xmlns: 'http://www.w3.org/2005/07/scxml',
    'xmlns:device': 'urn:realer-device',
    version: '1.0',
    datamodel: 'ecmascript',
    name: id,
    initial: root.initial,
  }
  const declaration = { '?xml': [], ':@': { version: '1.0', encoding: 'UTF-8' } }
  const xml = String(builder.build([declaration, element('scxml', attributes, children)])).trim()
  return { xml: `${xml}\n`, unsaid: [...unsaid] }
}

function isRoots({ from }: TransitionRow): boolean {
  return from === ''
}

function transition(row: TransitionRow, state: StateRow, condition: (guard: string) => string): XmlNode {
  const { event, guard, targets, actions, rules, reenter } = row
  // XState does not leave a state for itself unless it is told to; SCXML does so for every target.
  const stays = targets.every((target) => target === state.path) && !reenter
  return element(
    'transition',
    {
      ...(event === always ? {} : { event }),
      ...(guard === null ? {} : { cond: condition(guard) }),
      ...(stays ? {} : { target: targets.join(' ') }),
      'device:rules': rules.join(' '),
    },
    actions.map(log),
  )
}

function actionsIn(name: 'onentry' | 'onexit', actions: readonly string[]): XmlNode[] {
  return actions.length === 0 ? [] : [element(name, {}, actions.map(log))]
}

function log(action: string): XmlNode {
  return element('log', { label: action }, [])
}

function element(
  name: string,
  attributes: { readonly [name: string]: string },
  children: readonly XmlNode[],
): XmlNode {
  return { [name]: children, ':@': attributes }
}
