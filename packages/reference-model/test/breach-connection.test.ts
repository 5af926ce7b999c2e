import type { Effect } from '@realer-device/core'
import { holdBreaches } from './support/breach.ts'
import { topics } from './support/cloud.ts'
import { type Doctored, story } from './support/story.ts'

const online = () => story().online()
const untimed = (trace: Doctored, line: number, name: string) =>
  trace.rewritten(line, (effects) =>
    effects.filter((effect) => effect.type !== 'setTimer' || effect.timer !== name),
  )
const timed = (trace: Doctored, line: number, name: string, delayMs: number) =>
  trace.rewritten(line, (effects) =>
    effects.map(
      (effect): Effect =>
        effect.type === 'setTimer' && effect.timer === name ? { ...effect, delayMs } : effect,
    ),
  )

holdBreaches('connecting', [
  [
    'CONN-1',
    'another client id than the tuple’s',
    online,
    (trace) => trace.changed('mqttConnect', { clientId: 'cdv_mine' }),
  ],
  [
    'CONN-2',
    'a session is kept that nobody asked for',
    online,
    (trace) => trace.changed('mqttConnect', { cleanStart: false }),
  ],
  [
    'CONN-2',
    'a will message that nobody asked for',
    online,
    (trace) => trace.changed('mqttConnect', { will: { topic: 't', payload: '{}', delaySeconds: 0 } }),
  ],
  [
    'CONN-3',
    'the wait for CONNACK has no end',
    online,
    (trace) => untimed(trace, trace.lineOf('mqttConnect'), 'connectTimeout'),
  ],
  [
    'CONN-3',
    'the wait for a PUBACK has no end',
    () => online().reports('m-1'),
    (trace) => untimed(trace, -1, 'publishTimeout'),
  ],
  [
    'CONN-4',
    'after 0x87 the same tuple connects again (F-2)',
    () => story().well(3).refusesConnect(0x87).fires('reconnect'),
    (trace) => trace.again('mqttConnect', -1, { connection: 'connection-999' }),
  ],
  [
    'CONN-4',
    'after 0x8A the next CONNECT comes soon',
    () => story().well(3).refusesConnect(0x8a).well(2).fires('reconnect'),
    (trace) => timed(trace, trace.lineOf('mqttConnect', 0) + 1, 'reconnect', 1_000).line(-1, { now: 3_000 }),
  ],
  [
    'CONN-5',
    'more publishes than the receive maximum',
    () => story().well(3).connects(1).well().reports('m-1').reports('m-2').pubacks(),
    (trace) => trace.moved('mqttPublish', trace.lines.length - 2),
  ],
  [
    'CONN-6',
    'a second connection',
    online,
    (trace) => trace.again('mqttConnect', -1, { connection: 'connection-999' }),
  ],
])

holdBreaches('subscribing', [
  [
    'SUB-1',
    'the desired topics are forgotten',
    online,
    (trace) => trace.changed('mqttSubscribe', { topics: [topics.feedDataAckTopic] }),
  ],
  [
    'SUB-1',
    'nothing is subscribed after a CONNACK',
    () => story().well(3).connects(),
    (trace) => trace.without('mqttSubscribe'),
  ],
  [
    'SUB-2',
    'a PUBLISH before the SUBACK',
    () => story().well(2).reports('m-1').online(),
    (trace) => trace.moved('mqttPublish', trace.lineOf('mqttSubscribe')),
  ],
  [
    'SUB-2',
    'online before the grant',
    online,
    (trace) => trace.moved('announceOnline', trace.lineOf('mqttSubscribe')),
  ],
  [
    'SUB-3',
    'a desired topic is refused, and nobody is told',
    () =>
      story()
        .well(3)
        .connects()
        .event({
          type: 'mqttSubscribed',
          connection: 'connection-9',
          grants: [
            { topic: topics.feedDataAckTopic, reasonCode: 1 },
            { topic: topics.desired[0] ?? '', reasonCode: 0x87 },
            { topic: topics.desired[1] ?? '', reasonCode: 1 },
          ],
        }),
    (trace) => trace.without('diagnose'),
  ],
  [
    'SUB-3',
    'the acknowledgement topic is refused, and the session stays',
    () =>
      story().well(3).connects().event({ type: 'mqttSubscribed', connection: 'connection-9', grants: [] }),
    (trace) => trace.without('mqttDisconnect'),
  ],
  [
    'SUB-4',
    'a desired topic without command routes',
    () => story({ commandRoutes: [] }).online(),
    (trace) => trace.changed('mqttSubscribe', { topics: [topics.feedDataAckTopic, topics.desired[0]] }),
  ],
])

holdBreaches('reconnecting', [
  [
    'REC-1',
    'a lost connection is not rebuilt',
    () => online().closes(),
    (trace) => untimed(trace, -1, 'reconnect'),
  ],
  ['REC-2', 'a wait below the floor', () => online().closes(), (trace) => timed(trace, -1, 'reconnect', 10)],
  [
    'REC-2',
    'a wait over the cap',
    () => online().closes(),
    (trace) => timed(trace, -1, 'reconnect', 3_000_000),
  ],
  [
    'REC-2',
    'Retry-After is not honoured',
    () => story().failsCall(60_000),
    (trace) => timed(trace, -1, 'retryCall', 2_000),
  ],
  [
    'REC-3',
    'a taken over session is fought for',
    () => online().closes(0x8e).fires('reconnect'),
    (trace) => trace.line(-1, { now: 20_000 }),
  ],
  [
    'REC-3',
    'after 0xA0 the same tuple connects again',
    () => online().closes(0xa0).fires('reconnect'),
    (trace) => trace.again('mqttConnect', -1, { connection: 'connection-999' }, 0),
  ],
  [
    'REC-4',
    'CONNECT follows a loss at once',
    () => online().closes().fires('reconnect'),
    (trace) => trace.line(-1, { now: 1_000 }),
  ],
])

holdBreaches('local safe behaviour', [
  [
    'SAFE-1',
    'a refusal does not lead to it',
    () => online().closes(0x87),
    (trace) => trace.without('enterSafe'),
  ],
  ['SAFE-1', 'it goes on though the session is online', online, (trace) => trace.without('leaveSafe')],
  [
    'SAFE-2',
    'a report is not taken while safe',
    () => story().reports('m-1'),
    (trace) =>
      trace.without('acceptReport', -1, [
        {
          type: 'refuseReport',
          messageId: 'm-1',
          code: 'outbox-full',
          field: 'route',
          message: 'm',
          desiredId: null,
        },
      ]),
  ],
  [
    'SAFE-3',
    'a short loss leads to it',
    () => online().closes(),
    (trace) => trace.with(-1, { type: 'enterSafe', reason: 'refused' }),
  ],
  [
    'SAFE-3',
    'the host is not told that the session is lost',
    () => online().closes(),
    (trace) => trace.without('announceOffline'),
  ],
])

holdBreaches('ending', [
  [
    'STOP-1',
    'a report is published after a stop',
    () => online().reports('m-1').stops(),
    (trace) => trace.again('mqttPublish', -1, { delivery: 'delivery-999' }),
  ],
  [
    'STOP-1',
    'the session is not closed',
    () => online().stops(),
    (trace) => trace.without('mqttDisconnect').without('announceOffline'),
  ],
  ['STOP-1', 'the stop has no bound', () => online().stops(), (trace) => untimed(trace, -1, 'stopTimeout')],
  [
    'STOP-2',
    'a compromise waits with the revocation',
    () => online().stops('compromise'),
    (trace) => trace.without('call'),
  ],
  [
    'STOP-2',
    'a secret is kept at the end',
    () => online().stops().closes().well(),
    (trace) => trace.without('forgetSecret'),
  ],
])
