import { setup } from 'xstate'

/** What happens to the door of these tests. */
type DoorEvent =
  | { readonly type: 'pushed'; readonly newtons: number; readonly by: string | null }
  | { readonly type: 'locked' | 'alarm' | 'forced' }

const noop = () => {}

/** A made-up chart with every form that a chart may have: guards, `not`, `always`, regions, nesting, an end. */
export const doorMachine = setup({
  types: { events: {} as DoorEvent },
  guards: {
    /** Strong enough. */
    isStrong: ({ event }) => event.type === 'pushed' && event.newtons >= 0x20,
    /** Nobody was seen. */
    isNobody: ({ event }) => (event as { by?: unknown }).by === null,
  },
  actions: { creak: noop, bang: noop, light: noop },
}).createMachine({
  id: 'door',
  initial: 'closed',
  states: {
    closed: {
      description: 'Nobody gets through.',
      on: {
        pushed: [
          { guard: 'isStrong', target: 'open', actions: ['creak', 'bang'], meta: { rules: ['CORE-1'] } },
          { target: 'closed', actions: 'creak', meta: { rules: ['CORE-2'] } },
        ],
        locked: { target: 'gone' },
      },
    },
    open: {
      entry: 'light',
      on: {
        pushed: { guard: 'isNobody', target: 'open', reenter: true },
        alarm: { target: 'closed', actions: 'bang' },
        locked: { target: 'gone' },
      },
    },
    ajar: { on: { locked: { target: 'gone' }, alarm: { target: 'open' } } },
    gone: { description: 'The end.' },
  },
})

/** The same house with regions. */
export const houseMachine = setup({
  types: { events: {} as DoorEvent },
  guards: { isNight: () => true },
  actions: { ring: noop },
}).createMachine({
  id: 'house',
  initial: 'standing',
  on: { alarm: { actions: 'ring' } },
  states: {
    standing: {
      type: 'parallel',
      on: { forced: { target: 'fallen' } },
      states: {
        front: {
          description: 'The front door.',
          initial: 'shut',
          states: {
            shut: { on: { pushed: { target: 'wide' } } },
            wide: {
              initial: 'still',
              states: {
                still: { on: { pushed: { target: 'swinging' } } },
                swinging: { on: { locked: { target: '#house.standing.front.shut' } } },
              },
            },
          },
        },
        lamp: { description: 'The lamp.', initial: 'off', states: { off: {}, on: {} } },
      },
    },
    fallen: {},
  },
})

/** What the lock's guards look at: its events bring the facts that hold. */
const lockFacts = [
  /** The key is the right one. */
  'keyFits',
  /** Somebody has the key. */
  'keyIsThere',
] as const

const hasFact =
  (fact: string) =>
  ({ event }: { event: { readonly facts?: readonly string[] } }) =>
    event.facts?.includes(fact) ?? false

/** A chart whose guards are made from a list of facts. */
export const lockMachine = setup({
  types: { events: {} as { readonly type: 'turned' | 'kicked'; readonly facts?: readonly string[] } },
  guards: Object.fromEntries(lockFacts.map((fact) => [fact, hasFact(fact)])),
  actions: { click: noop },
}).createMachine({
  id: 'lock',
  initial: 'shut',
  states: {
    shut: {
      on: {
        turned: [
          { guard: 'keyFits', target: 'open', actions: 'click' },
          { guard: 'keyIsThere', actions: 'click' },
        ],
        kicked: { target: 'broken' },
      },
    },
    open: { on: { turned: { guard: 'keyIsThere', target: 'shut' }, kicked: { target: 'broken' } } },
    broken: {},
  },
})
