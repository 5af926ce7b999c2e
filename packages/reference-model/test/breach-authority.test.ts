import type { Effect } from '@realer-device/core'
import { holdBreaches } from './support/breach.ts'
import { type Doctored, story } from './support/story.ts'

const online = () => story().online()
const isTimer = (name: string) => (effect: Effect) => effect.type === 'setTimer' && effect.timer === name
/** A timer is never set in a line. */
const untimed = (trace: Doctored, line: number, name: string) =>
  trace.rewritten(line, (effects) => effects.filter((effect) => !isTimer(name)(effect)))
/** The call of the last line is one for another purpose. */
const calledInstead = (trace: Doctored, nth: number, like: number) =>
  trace.changed('call', { ...trace.effect('call', like), call: trace.effect('call', nth).call }, nth)

holdBreaches('the Bearer token', [
  [
    'AUTH-1',
    'an HTTPS call over http:',
    online,
    (trace) => trace.changed('call', { url: 'http://api.therealer.com/oauth/token' }, 0),
  ],
  [
    'AUTH-2',
    'a token is asked for without a grant type',
    online,
    (trace) => trace.changed('call', { body: { kind: 'form', fields: { scope: 'iot:catalog:read' } } }, 0),
  ],
  [
    'AUTH-3',
    'desired states are asked for by a device without command routes',
    () => story({ commandRoutes: [] }).online(),
    (trace) => {
      const scope =
        'iot:catalog:read iot:mqtt:connect iot:mqtt:ack:read iot:mqtt:feed-data:write iot:mqtt:desired:read'
      return trace.changed(
        'call',
        { body: { kind: 'form', fields: { grant_type: 'client_credentials', scope } } },
        0,
      )
    },
  ],
  ['AUTH-4', 'two calls are outstanding', online, (trace) => trace.again('call', 0, { call: 'call-999' }, 0)],
  [
    'AUTH-4',
    'a token that is due is not renewed first',
    online,
    (trace) =>
      trace.line(1, { event: { type: 'tokenIssued', call: 'call-1', expiresInMs: 1_000, renewAfterMs: 0 } }),
  ],
  [
    'AUTH-5',
    'after a 401 the token is not renewed at once',
    () => story().well().refusesCall(401),
    (trace) => trace.without('call'),
  ],
  [
    'AUTH-6',
    'a refusal is followed by a quick retry',
    () => story().refusesCall(400).fires('retryCall'),
    (trace) => trace.line(-1, { now: 2_000 }),
  ],
  [
    'AUTH-7',
    'the token is revoked before the session was closed',
    () => online().stops().closes().well(),
    (trace) => trace.moved('call', trace.lineOf('mqttDisconnect')),
  ],
  [
    'AUTH-8',
    'the Bearer token is the MQTT password',
    online,
    (trace) => trace.changed('mqttConnect', { password: { secret: trace.effect('call', 0).call } }),
  ],
])

holdBreaches('the catalog', [
  [
    'CAT-1',
    'a tuple is asked for before the catalog was read',
    online,
    (trace) => calledInstead(trace, 1, 2),
  ],
  [
    'CAT-2',
    'a broker that is built in',
    online,
    (trace) => trace.changed('mqttConnect', { url: 'mqtts://mqtt.therealer.com:8883' }),
  ],
  [
    'CAT-3',
    'the keep alive is over the catalog’s limit',
    () => {
      const told = story().well()
      told.does({ do: 'callIsAnswered', how: 10, lifeMs: 60_000, scopes: 15 })
      return told.online()
    },
    (trace) => trace.changed('mqttConnect', { keepAliveSeconds: 60 }),
  ],
  [
    'CAT-4',
    'a tuple is asked for without a credential_endpoint',
    () => {
      const told = story().well()
      told.does({ do: 'callIsAnswered', how: 8, lifeMs: 60_000, scopes: 15 })
      return told
    },
    (trace) => trace.again('call', -1, { call: 'call-999', purpose: 'credential' }),
  ],
  [
    'CAT-5',
    'a topic that the catalog does not have',
    () => online().reports('m-1'),
    (trace) => trace.changed('mqttPublish', { topic: 'realer/built/in' }),
  ],
  [
    'CAT-6',
    'a 4001 in the body passes for success',
    () => story().well().refusesCall(200, 4001),
    (trace) => trace.without('call'),
  ],
  [
    'CAT-7',
    'a malformed answer ends a good session',
    () =>
      online().fires('renewTuple').event({
        type: 'callFailed',
        call: 'call-14',
        failure: 'malformed',
        detail: '',
        field: 'expires_in',
        retryAfterMs: null,
      }),
    (trace) =>
      trace.with(
        -1,
        { type: 'announceOffline', because: 'refused' },
        { type: 'mqttDisconnect', connection: trace.effect('mqttConnect').connection, reasonCode: 0 },
      ),
  ],
  [
    'CAT-8',
    'a topic is refused, and the catalog is not read again',
    () => online().reports('m-1').pubacks(0x90),
    (trace) => untimed(trace, -1, 'retryCall'),
  ],
])

holdBreaches('the CONNECT tuple', [
  [
    'CRED-1',
    'a credential request that is not the catalog’s',
    online,
    (trace) => trace.changed('call', { body: { kind: 'json', value: { device_id: 1 } } }),
  ],
  [
    'CRED-3',
    'a credential that was dropped is used again',
    () => online().closes().fires('reconnect'),
    (trace) =>
      trace.with(trace.lines.length - 2, {
        type: 'forgetSecret',
        secret: trace.effect('mqttConnect').password.secret,
      }),
  ],
  [
    'CRED-4',
    'a scope that the credential lacks',
    () => online().reports('m-1'),
    (trace) => {
      const line = trace.lineOf('mqttConnect')
      const { event } = trace.lines[line] ?? {}
      if (event?.type !== 'tupleIssued') throw new Error('no tuple')
      return trace.line(line, {
        event: { ...event, scopes: ['iot:mqtt:connect', 'iot:mqtt:ack:read', 'iot:mqtt:desired:read'] },
      })
    },
  ],
  [
    'CRED-5',
    'the end of the tuple is counted from another moment',
    online,
    (trace) =>
      trace.rewritten(trace.lineOf('mqttConnect'), (effects) =>
        effects.map(
          (effect) => (isTimer('expireTuple')(effect) ? { ...effect, delayMs: 9_999_999 } : effect) as Effect,
        ),
      ),
  ],
  [
    'CRED-6',
    'a lifetime that makes no sense is used in silence',
    () => story().well(2).issuesTuple({ renewAfterMs: null }),
    (trace) => trace.without('diagnose'),
  ],
])

const renewed = () => online().fires('renewTuple').well(2).closes().connects().well()

holdBreaches('renewal', [
  [
    'REN-1',
    'at renew_after nothing is asked for',
    () => online().fires('renewTuple'),
    (trace) => trace.rewritten(-1, () => []),
  ],
  [
    'REN-1',
    'a new tuple does not replace the session',
    () => online().fires('renewTuple').well(2),
    (trace) => trace.without('mqttDisconnect').without('announceOffline'),
  ],
  [
    'REN-1',
    'DISCONNECT has another reason than 0x00',
    renewed,
    (trace) => trace.changed('mqttDisconnect', { reasonCode: 4 }),
  ],
  [
    'REN-2',
    'the token is due, and not renewed first',
    () => online().fires('renewTuple'),
    (trace) => calledInstead(trace, -1, 2),
  ],
  [
    'REN-3',
    'a session outlives its tuple',
    () => online().fires('renewTuple').fires('callTimeout').fires('expireTuple'),
    (trace) => trace.without('mqttDisconnect').without('announceOffline'),
  ],
  [
    'REN-4',
    'a report waits on after a renewal',
    () => {
      const told = online().reports('m-1').fires('renewTuple')
      return told.well(2).closes().connects().well()
    },
    (trace) => trace.without('mqttPublish'),
  ],
  [
    'REN-5',
    'something is published after the end of the tuple',
    () => online().reports('m-1').pubacks().acknowledges('m-1').fires('renewTuple').fires('expireTuple'),
    (trace) => trace.again('mqttPublish', -1, { delivery: 'delivery-999' }),
  ],
])
