import { always, type ChartRows, type StateRow, type TransitionRow } from './read-chart.ts'

/** One box of a diagram. */
export interface Box {
  /** The state's path. */
  readonly id: string
  readonly title: string
  /** Small print: a region's sentence, the states inside, the events that do not leave the state. */
  readonly lines: readonly string[]
  /** `outside`: a state that this diagram only points to. */
  readonly kind: 'state' | 'outside'
  readonly initial: boolean
  /** True where no arrow of the whole chart leaves it. */
  readonly end: boolean
  /** The parallel state around it, where it is a region. */
  readonly group: string | null
}

/** One arrow, with everything that leads the same way. */
export interface Arrow {
  readonly from: string
  readonly to: string
  readonly labels: readonly string[]
  /** `signal`: one region tells another, within the same step. */
  readonly kind: 'transition' | 'signal'
}

/** What leads the same way from many states. */
export interface Note {
  readonly where: 'in every state' | 'in every open state'
  readonly label: string
  /** Where it leads; null where no state is left. */
  readonly to: string | null
}

/** One level of a chart: a state and the states right inside it. */
export interface Diagram {
  /** The path of the state that it shows; empty for the whole. */
  readonly scope: string
  readonly boxes: readonly Box[]
  /** Parallel states whose regions are drawn inside them. */
  readonly groups: readonly { readonly id: string; readonly title: string; readonly initial: boolean }[]
  readonly arrows: readonly Arrow[]
  /** What holds in many states at once: listed beside, where arrows would be everywhere. */
  readonly notes: readonly Note[]
}

/** A signal that one state of a chart raises and another hears. */
export interface DrawnSignal {
  readonly from: string
  readonly to: string
  readonly signal: string
}

/** Cuts a chart into levels: one diagram for the whole, and one for each state with an initial state inside. */
export function levelsOf(rows: ChartRows, signals: readonly DrawnSignal[] = []): Diagram[] {
  return rows.states
    .filter(({ path, type }) => path === '' || type === 'compound')
    .map((scope) => drawLevel(rows, scope, signals))
}

/** An event with its guard, as a label; `[else]` where the transitions before it did not hold. */
export function labelOf({ event, guard, order }: TransitionRow): string {
  const condition = guard !== null ? `[${guard}]` : order > 0 ? '[else]' : ''
  if (event === always) return condition === '' ? always : condition
  return condition === '' ? event : `${event} ${condition}`
}

/** A path as seen from another: without the keys that both begin with. */
export function seenFrom(path: string, scope: string): string {
  const keys = path.split('.')
  const around = scope.split('.')
  const shared = keys.findIndex((key, at) => key !== around[at])
  return keys.slice(shared < 0 ? -1 : shared).join('.')
}

/** A state's name for people: its path without the parallel states around it, such as `authority.asking`. */
export function shortPath(rows: ChartRows, path: string): string {
  const parallel = new Set(rows.states.filter(({ type }) => type === 'parallel').map((state) => state.path))
  const keys = path.split('.')
  return keys.filter((_, at) => !parallel.has(keys.slice(0, at + 1).join('.'))).join('.')
}

function drawLevel(rows: ChartRows, scope: StateRow, signals: readonly DrawnSignal[]): Diagram {
  const childrenOf = (path: string) => rows.states.filter(({ parent }) => parent === path)
  const children = scope.type === 'parallel' ? [scope] : childrenOf(scope.path)
  const groups = children.filter(({ type }) => type === 'parallel')
  const inner = [
    ...children.filter(({ type }) => type !== 'parallel'),
    ...groups.flatMap(({ path }) => childrenOf(path)),
  ]
  const places = [...inner, ...groups].map(({ path }) => path)
  /** The box, or the group, that stands for a state; null where it lies outside. */
  const placeOf = (path: string) =>
    places.filter((place) => isWithin(path, place)).sort((a, b) => b.length - a.length)[0] ?? null

  const arrows = new Map<string, Arrow>()
  const draw = (from: string, to: string, label: string, kind: Arrow['kind']): void => {
    const key = `${from} ${to} ${kind}`
    const { labels = [] } = arrows.get(key) ?? {}
    arrows.set(key, { from, to, kind, labels: labels.includes(label) ? labels : [...labels, label] })
  }
  const stays = new Map<string, string[]>()
  const notes: Note[] = []
  for (const transition of rows.transitions) {
    const { from, targets, reenter } = transition
    const label = labelOf(transition)
    if (from === scope.path) {
      notes.push({ where: 'in every state', label, to: targets[0] ?? null })
      continue
    }
    const place = isWithin(from, scope.path) ? placeOf(from) : null
    if (place === null) continue
    const staying = targets.every((target) => target === from && !reenter)
    if (staying && place === from) stays.set(from, [...(stays.get(from) ?? []), label])
    for (const target of staying ? [] : targets) {
      const there = placeOf(target) ?? target
      if (there !== place || (place === from && target === from)) draw(place, there, label, 'transition')
    }
  }
  for (const { label, to } of common([...arrows.values()], rows.transitions.map(labelOf))) {
    notes.push({ where: 'in every open state', label, to })
    for (const [key, arrow] of arrows) {
      if (arrow.to !== to) continue
      const labels = arrow.labels.filter((other) => other !== label)
      if (labels.length > 0) arrows.set(key, { ...arrow, labels })
      else arrows.delete(key)
    }
  }
  const regions = new Set(groups.flatMap(({ path }) => childrenOf(path).map((region) => region.path)))
  for (const { from, to, signal } of signals) {
    const [tells, hears] = [placeOf(from), placeOf(to)]
    if (tells !== null && hears !== null && tells !== hears && regions.has(tells) && regions.has(hears))
      draw(tells, hears, signal, 'signal')
  }

  const outside = [...new Set([...arrows.values()].map(({ to }) => to))].filter((to) => !places.includes(to))
  return {
    scope: scope.path,
    groups: groups.map(({ path, key }) => ({ id: path, title: key, initial: scope.initial === path })),
    boxes: [
      ...inner.map((state): Box => {
        const group = groups.find(({ path }) => path === state.parent)?.path ?? null
        const within = childrenOf(state.path).map(({ key }) => key)
        const small = [...(within.length > 0 ? [within.join(' · ')] : []), ...(stays.get(state.path) ?? [])]
        return {
          id: state.path,
          title: state.key,
          lines: group === null ? small : [state.description ?? small.join(', ')],
          kind: 'state',
          initial: scope.initial === state.path,
          end: group === null && !leaves(rows, state.path),
          group,
        }
      }),
      ...outside.map(
        (path): Box => ({
          id: path,
          title: seenFrom(path, scope.path),
          lines: [],
          kind: 'outside',
          initial: false,
          end: false,
          group: null,
        }),
      ),
    ],
    arrows: [...arrows.values()],
    notes,
  }
}

/**
 * What leads from every state that can be left (but the target itself) to the same one; from three at least.
 *
 * @param order the labels in the order of the chart
 */
function common(arrows: readonly Arrow[], order: readonly string[]): { label: string; to: string }[] {
  const left = new Set(arrows.map(({ from }) => from))
  const targets = [...new Set(arrows.map(({ to }) => to))]
  return [...new Set(order)].flatMap((label) =>
    targets.flatMap((to) => {
      const sources = arrows.filter((arrow) => arrow.to === to && arrow.labels.includes(label))
      const all = left.size - (left.has(to) ? 1 : 0)
      return sources.length >= 3 && sources.length === all ? [{ label, to }] : []
    }),
  )
}

/** Whether a state is another or lies inside it. */
export function isWithin(path: string, around: string): boolean {
  return around === '' || path === around || path.startsWith(`${around}.`)
}

/** Whether any transition leads out of a state. */
function leaves(rows: ChartRows, path: string): boolean {
  return rows.transitions.some(
    ({ from, targets }) => isWithin(from, path) && targets.some((target) => !isWithin(target, path)),
  )
}
