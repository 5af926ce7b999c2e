import type { Effect } from '@realer-device/core'
import { holdBreaches } from './support/breach.ts'
import { type Doctored, story } from './support/story.ts'

const online = () => story().online()
const settled = () => online().reports('m-1').pubacks().acknowledges('m-1')
const answered = () => online().desires('des_1', 1).finishes('des_1')
/** A report is settled in a line where nothing asks for it. */
const settledAs = (trace: Doctored, line: number, changes: object) =>
  trace.with(line, {
    type: 'settleReport',
    messageId: 'm-1',
    route: 'rte_temperature',
    result: 'failed',
    status: 'error',
    errorType: null,
    desiredId: null,
    ...changes,
  } as Effect)
/** The payload of a publish says something else. */
const saying = (trace: Doctored, fields: object, nth = -1) => {
  const payload = { ...(JSON.parse(trace.effect('mqttPublish', nth).payload) as object), ...fields }
  return trace.changed('mqttPublish', { payload: JSON.stringify(payload) }, nth)
}
const untimed = (trace: Doctored, line: number, name: string) =>
  trace.rewritten(line, (effects) =>
    effects.filter((effect) => effect.type !== 'setTimer' || effect.timer !== name),
  )

holdBreaches('publishing', [
  [
    'PUB-1',
    'the retain flag is set',
    () => online().reports('m-1'),
    (trace) => trace.changed('mqttPublish', { retain: true }),
  ],
  ['PUB-1', 'QoS 0', () => online().reports('m-1'), (trace) => trace.changed('mqttPublish', { qos: 0 })],
  [
    'PUB-2',
    'a PUBACK settles a report',
    settled,
    (trace) => trace.moved('settleReport', trace.lines.length - 2),
  ],
  [
    'PUB-3',
    'the value is not the one that was observed',
    () => online().reports('m-1'),
    (trace) => saying(trace, { value: '99' }),
  ],
  [
    'PUB-3',
    'bad input is taken',
    () => online().reports('m-1'),
    (trace) =>
      trace.line(-1, {
        event: {
          type: 'reportOffered',
          route: 'rte_temperature',
          messageId: 'm-1',
          value: '1',
          valueReceivedAt: 'yesterday',
        },
      }),
  ],
  [
    'PUB-4',
    'a retry has another payload',
    () => online().reports('m-1').closes().fires('reconnect').connects().well(),
    (trace) => saying(trace, { value: '22' }),
  ],
  [
    'PUB-4',
    'a retry has another id',
    () => online().reports('m-1').closes().fires('reconnect').connects().well(),
    (trace) => saying(trace, { message_id: 'm-2' }),
  ],
  [
    'PUB-5',
    'a stale answer without its report_status',
    () => online().desires('des_1', 1, { valid_for_seconds: 0 }).readsValue('des_1'),
    (trace) => saying(trace, { report_status: undefined }),
  ],
  [
    'PUB-5',
    'the default report_status is written out',
    answered,
    (trace) => saying(trace, { report_status: 'applied' }),
  ],
  [
    'PUB-6',
    'a local change with a desired_id',
    () => online().reports('m-1'),
    (trace) => saying(trace, { desired_id: 'des_1' }),
  ],
  [
    'PUB-7',
    'a refused publish is not retried',
    () => online().reports('m-1').pubacks(0x97),
    (trace) => untimed(trace, -1, 'reports'),
  ],
  [
    'PUB-7',
    'a retry without a backoff',
    () => online().reports('m-1').pubacks(0x97),
    (trace) => trace.again('mqttPublish', -1, { delivery: 'delivery-999' }),
  ],
  [
    'PUB-7',
    'a final reason does not settle',
    () => online().reports('m-1').pubacks(0x99),
    (trace) => trace.without('settleReport'),
  ],
  [
    'PUB-8',
    'more publishes than the host’s limit',
    () =>
      story({ limits: { maxInflightMessages: 1 } })
        .online()
        .reports('m-1')
        .reports('m-2')
        .pubacks(),
    (trace) => trace.moved('mqttPublish', trace.lines.length - 2),
  ],
  [
    'PUB-9',
    'a newer report goes first',
    () => story().reports('m-1').reports('m-2').online(),
    (trace) => trace.rewritten(trace.lineOf('mqttPublish'), (effects) => [...effects].sort(newestFirst)),
  ],
  [
    'PUB-9',
    'the outbox has no bound',
    () =>
      story({ limits: { maxReports: 1 } })
        .reports('m-1')
        .reports('m-2'),
    (trace) =>
      trace.without('refuseReport', -1, [
        { type: 'acceptReport', messageId: 'm-2', route: 'rte_temperature' },
      ]),
  ],
  [
    'PUB-10',
    'a command’s report repeats the wish',
    answered,
    (trace) => saying(trace, { value: 'as wished' }),
  ],
  [
    'PUB-11',
    'no physical value is asked for after an offline period',
    () => online().closes().fires('reconnect').connects().well(),
    (trace) => trace.without('readRouteValue'),
  ],
])

function newestFirst(one: Effect, other: Effect): number {
  if (one.type !== 'mqttPublish' || other.type !== 'mqttPublish') return 0
  return one.delivery < other.delivery ? 1 : -1
}

holdBreaches('acknowledgements', [
  [
    'ACK-1',
    'the acknowledgement of one report settles another',
    () => online().reports('m-1').reports('m-2').acknowledges('m-2'),
    (trace) => settledAs(trace, -1, { result: 'done', status: 'accepted' }),
  ],
  ['ACK-2', 'accepted does not settle', settled, (trace) => trace.without('settleReport')],
  [
    'ACK-2',
    'replayed settles as failed',
    () => online().reports('m-1').acknowledges('m-1', 'replayed'),
    (trace) => trace.changed('settleReport', { result: 'failed' }),
  ],
  [
    'ACK-3',
    'a retryable error settles',
    () => online().reports('m-1').acknowledges('m-1', 'error', true),
    (trace) => settledAs(trace, -1, { errorType: 'why' }),
  ],
  [
    'ACK-3',
    'an error that is final does not settle',
    () => online().reports('m-1').acknowledges('m-1', 'rejected'),
    (trace) => trace.without('settleReport'),
  ],
  [
    'ACK-3',
    'a retry without a backoff',
    () => online().reports('m-1').acknowledges('m-1', 'error', true),
    (trace) => trace.again('mqttPublish', -1, { delivery: 'delivery-999' }),
  ],
  [
    'ACK-4',
    'the same acknowledgement settles twice',
    () => settled().acknowledges('m-1'),
    (trace) => trace.again('settleReport', -1),
  ],
  [
    'ACK-5',
    'the wait for an acknowledgement has no end',
    () => online().reports('m-1'),
    (trace) => untimed(trace, -1, 'reports'),
  ],
  [
    'ACK-5',
    'published again before the deadline',
    () => online().reports('m-1').pubacks(),
    (trace) => trace.again('mqttPublish', -1, { delivery: 'delivery-999' }),
  ],
  [
    'ACK-6',
    'an acknowledgement of an unknown version settles',
    () =>
      online()
        .reports('m-1')
        .message(
          'realer/iot/v1/devices/cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa/acks',
          '{"version":2,"message_id":"m-1"}',
        ),
    (trace) => settledAs(trace, -1, { result: 'done', status: 'accepted' }),
  ],
  [
    'ACK-7',
    'without ack:read a PUBACK counts as done',
    () =>
      story()
        .well(2)
        .issuesTuple({ scopes: ['iot:mqtt:connect', 'iot:mqtt:feed-data:write'] })
        .connects()
        .reports('m-1')
        .pubacks(),
    (trace) => trace.changed('settleReport', { result: 'done' }),
  ],
])
