import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { complaintsOf } from './support/judge.ts'
import { mosquittoIsWanted } from './support/mosquitto.ts'
import { mqttClients } from './support/mqtt-clients.ts'
import { type Action, everyFault, mosquittoSchedule, type Schedule, schedule } from './support/schedule.ts'
import { live, type Recording, type Told } from './support/stage.ts'

// A longer campaign: REALER_FAULT_RUNS=1000 npx vitest run test/faults.test.ts
// One of its failures again: REALER_FAULT_SEED=<the seed that fast-check has printed>
const runs = Number(process.env.REALER_FAULT_RUNS ?? 60)
const seed = process.env.REALER_FAULT_SEED
/** A run takes a quarter of a second. Beyond this a campaign stops where it is, and a failure is shrunk no further. */
const CAMPAIGN_LIMIT_MS = 30_000 + runs * 500
const CAMPAIGN_TIMEOUT_MS = CAMPAIGN_LIMIT_MS + 120_000

function campaign(numRuns: number): fc.Parameters<unknown> {
  return {
    numRuns,
    interruptAfterTimeLimit: CAMPAIGN_LIMIT_MS,
    ...(seed !== undefined && { seed: Number(seed) }),
  }
}

const calm: Omit<Schedule, 'actions'> = { ending: 'recover', lifetimes: 'long', receiveMaximum: 20 }

/** A device that reports and obeys, loses its session, and finds back, with one thing going wrong as soon as it can. */
function oneFault(first: Action): Schedule {
  return {
    ...calm,
    actions: [
      first,
      { do: 'report', route: 'temperature', times: 2 },
      { do: 'desire', route: 'door', windowSeconds: 60, handling: 'applies' },
      { do: 'wait', until: 'online' },
      { do: 'expire-credentials' },
      { do: 'report', route: 'door', times: 2 },
      { do: 'wait', until: 'online' },
    ],
  }
}

describe.each(mqttClients)(
  'faults end, and the device on %s is as good as new: judged by the ledger',
  (client) => {
    test('CORE-7, F-11 after every single fault', { timeout: CAMPAIGN_TIMEOUT_MS }, async () => {
      const waiting = Object.values(everyFault).flat()
      expect(waiting.length).toBeGreaterThan(100)
      const faults: string[] = []
      // Some at a time: most of a run is waiting.
      const runner = async (): Promise<void> => {
        for (let fault = waiting.pop(); fault !== undefined; fault = waiting.pop())
          for (const complaint of complaintsOf(
            await live(oneFault({ do: 'fault', fault }), 'embedded', client),
          ))
            faults.push(`${JSON.stringify(fault)}: ${complaint}`)
      }
      await Promise.all(Array.from({ length: 6 }, runner))
      expect(faults).toEqual([])
    })

    test('CORE-7, F-1 to F-14 after schedules of many', { timeout: CAMPAIGN_TIMEOUT_MS }, async () => {
      await fc.assert(
        fc.asyncProperty(schedule, async (made) => {
          expect(complaintsOf(await live(made, 'embedded', client))).toEqual([])
        }),
        // A host's own client has the same machine behind it: half of the runs.
        campaign(client === 'our mqtt' ? runs : Math.ceil(runs / 2)),
      )
    })

    test.skipIf(!mosquittoIsWanted('the fault campaign with Mosquitto'))(
      'the same on a real Mosquitto, with the faults that it can do',
      { timeout: CAMPAIGN_TIMEOUT_MS },
      async () => {
        await fc.assert(
          fc.asyncProperty(mosquittoSchedule, async (made) => {
            expect(complaintsOf(await live(made, 'mosquitto', client))).toEqual([])
          }),
          campaign(Math.ceil(runs / 10)),
        )
      },
    )
  },
)

describe('what campaigns have found', () => {
  test('DES-11, F-14 a command that waits behind another is not started once authority is lost', async () => {
    const desire: Action = { do: 'desire', route: 'door', windowSeconds: 60, handling: 'stuck' }
    const recording = await live({
      ...calm,
      actions: [
        { do: 'wait', until: 'online', surely: true },
        desire,
        { ...desire, handling: 'applies' },
        { do: 'wait', until: 'command', surely: true },
        { do: 'fault', fault: { at: 'connect', refuse: 0x87 } },
        { do: 'expire-credentials' },
        { do: 'wait', until: 'online', surely: true },
      ],
    })
    expect(complaintsOf(recording)).toEqual([])
    // The first one ended under local safe behaviour, and the second was executed after it.
    expect(recording.told.filter(({ name }) => name === 'safe')).toHaveLength(4)
    expect(recording.executions.slice(0, 2).map(({ handling }) => handling)).toEqual(['stuck', 'applies'])
  })

  test.each<[string, Action]>([
    [
      'CORE-7, CAT-2 a catalog that named a broker that is not there is read again',
      { do: 'fault', fault: { at: 'catalog', patch: { set: { 'mqtt.broker_url': 'mqtts://127.0.0.1:1' } } } },
    ],
    [
      'REC-1, CORE-7 a tuple whose client id the broker refuses is replaced, long before renew_after',
      {
        do: 'fault',
        fault: { at: 'credential', patch: { set: { 'mqtt.mqtt_client_id': 'cdv_somebodyelse' } }, times: 4 },
      },
    ],
  ])('%s', async (_title, first) => {
    expect(complaintsOf(await live(oneFault(first)))).toEqual([])
  })
})

describe('the judge finds what is wrong', async () => {
  const good = await live(oneFault({ do: 'drop' }))
  const at = { number: 9_999, atMs: 9_999 }
  const entries = (...more: Omit<Recording['entries'][number], 'number' | 'atMs'>[]) => ({
    entries: [...good.entries, ...more.map((entry) => ({ ...entry, ...at }) as Recording['entries'][number])],
  })
  const told = (...more: Told[]) => ({ told: [...good.told.slice(0, -1), ...more, ...good.told.slice(-1)] })
  const [message = ''] = good.taken
  const fate = { messageId: message, route: 'temperature', errorType: null, desiredId: null }
  const publish = {
    kind: 'publish' as const,
    topic: 't',
    route: 'temperature',
    messageId: message,
    payloadHash: 'other',
    payloadBytes: 1,
    dup: false,
    reasonCode: 0,
    executed: true,
  }
  const report = { kind: 'report' as const, route: 'door', messageId: 'm' }
  const [moved] = good.executions
  if (moved === undefined) throw new Error('nothing was executed')
  const lastStep = good.steps.at(-1)
  if (lastStep === undefined) throw new Error('nothing was done')
  /** All that the device did, once more, and long after. */
  const again = (type: string) =>
    good.steps
      .filter(({ effects }) => effects.some((effect) => effect.type === type))
      .map((step) => ({ ...step, event: null, now: lastStep.now + 1e9 }))
  const refusedAndBack = (reasonCode: number) => ({
    kind: 'connect' as const,
    outcome: 'refused' as const,
    reasonCode,
    clientId: null,
    username:
      good.entries.flatMap((one) => (one.kind === 'credential-issued' ? [one.username] : []))[0] ?? '',
  })
  const call = (number: number) => ({
    kind: 'http-request' as const,
    call: number,
    purpose: 'token' as const,
  })
  const callEnd = (number: number) => ({
    kind: 'http' as const,
    call: number,
    purpose: 'token' as const,
    status: 200,
    outcome: 'answered' as const,
  })

  test('and nothing in a good run', () => {
    expect(complaintsOf(good)).toEqual([])
  })

  test.each<[string, Partial<Recording>]>([
    ['F-8: lost', { summary: { ...good.summary, lost: ['m-1'] } }],
    ['PUB-4: nobody observed', { summary: { ...good.summary, unobserved: ['m-1'] } }],
    ['PUB-4: .* two payloads', entries(publish)],
    ['F-9: ', told({ name: 'report', detail: { ...fate, result: 'done', status: 'accepted' } })],
    ['ACK-2: ', told({ name: 'report', detail: { ...fate, messageId: 'm', result: 'done', status: '' } })],
    [
      'ACK-3: ',
      told({ name: 'report', detail: { ...fate, messageId: 'm', result: 'failed', status: 'conflict' } }),
    ],
    [
      'ACK-7: ',
      told({ name: 'report', detail: { ...fate, messageId: 'm', result: 'unconfirmed', status: '' } }),
    ],
    [
      'DES-4: ',
      { summary: { ...good.summary, commands: { ...good.summary.commands, executedTwice: ['des_1'] } } },
    ],
    ['F-10: ', { executions: [...good.executions, moved] }],
    ['DES-11: ', { executions: [{ ...moved, whileSafe: true }] }],
    ['PUB-10: .* nothing moved', entries({ ...report, desiredId: 'des_1', outcome: 'applied' } as never)],
    [
      'PUB-10: .* was executed',
      entries({ ...report, desiredId: moved.desiredId, outcome: 'stale' } as never),
    ],
    ['F-12: ', { steps: [...good.steps, ...again('startCommand')] }],
    ['CONN-6: ', { summary: { ...good.summary, takeovers: 1 } }],
    [
      'PUB-1: retain',
      {
        summary: {
          ...good.summary,
          violations: [{ kind: 'violation', rule: 'PUB-1', detail: 'retain', ...at }],
        },
      },
    ],
    ['F-2: ', entries(refusedAndBack(0x87), refusedAndBack(0x87))],
    ['F-1: ', { steps: [...good.steps, ...again('mqttConnect')] }],
    ['F-5: a token call while', entries(call(91), call(92), callEnd(91), callEnd(92))],
    ['F-5: call-.* outstanding', { steps: [...good.steps, ...again('call'), ...again('call')] }],
    ['REC-4: CONNECT twice', { steps: [...good.steps, ...again('mqttConnect'), ...again('mqttConnect')] }],
    ['REC-4: 5 token calls', { steps: Array.from({ length: 5 }, () => again('call')[0] ?? lastStep) }],
    ['F-14: ', told({ name: 'safe', detail: { entered: false, reason: null } })],
    [
      'SAFE-1: ',
      told(
        { name: 'offline', detail: { because: 'lost' } },
        { name: 'safe', detail: { entered: true, reason: 'expired' } },
        { name: 'safe', detail: { entered: false, reason: null } },
      ),
    ],
    ['F-13: ', { secretsSeen: 1 }],
    ['STOP-1: something', { told: [...good.told, ...good.told.slice(0, 1)] }],
    ['STOP-1: publish', entries({ ...publish, messageId: null } as never)],
    ['F-11: ', { pending: ['m-1'] }],
    ['AUTH-7: ', { stopped: { revoked: false } }],
    [
      'CORE-3: ',
      told({
        name: 'diagnostic',
        detail: { level: 'error', code: 'listener-failed', message: 'm', field: null, rule: 'CORE-3' },
      }),
    ],
  ])('%s', (complaint, wrong) => {
    expect(complaintsOf({ ...good, ...wrong })).toContainEqual(expect.stringMatching(complaint))
  })
})
