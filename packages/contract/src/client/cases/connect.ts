import { demand } from '../../watch.ts'
import type { ClientCase } from '../case.ts'
import { equal } from '../equal.ts'
import { PASSWORD } from '../probe.ts'

export const connectCases: readonly ClientCase[] = [
  {
    clauses: ['CLIENT-4', 'CLIENT-5', 'CLIENT-8'],
    shows: 'CONNECT says what was asked for, without a will, and the limits of CONNACK are told',
    async run({ connected, hears }) {
      const { client, broker } = await connected({ connack: { receiveMaximum: 7, maximumPacketSize: 4_096 } })
      const connect = await broker.next('connect', 'CLIENT-4')
      demand(connect.protocolVersion === 5, 'CLIENT-4', `it is MQTT ${connect.protocolVersion}`)
      equal('CLIENT-4', connect, {
        ...connect,
        clientId: 'cdv_contract00000000000000000a',
        username: 'contract-user',
        password: PASSWORD,
        cleanStart: true,
        sessionExpirySeconds: 0,
        keepAliveSeconds: 600,
        will: null,
      })
      demand(client.passwordsRead === 1, 'CLIENT-5', 'the password was not read')
      const told = await hears(client, 'connected', 'CLIENT-8')
      equal('CLIENT-8', told, { type: 'connected', receiveMaximum: 7, maximumPacketSize: 4_096 })
    },
  },
  {
    clauses: ['CLIENT-4', 'CLIENT-8'],
    shows: 'a kept session and a will are asked for, and a CONNACK without limits is told so',
    async run({ connected, hears }) {
      const will = { topic: 'contract/will', payload: '{"gone":"grün"}', delaySeconds: 5 }
      const { client, broker } = await connected({
        request: { cleanStart: false, sessionExpirySeconds: 600, will, keepAliveSeconds: 90 },
      })
      const connect = await broker.next('connect', 'CLIENT-4')
      equal('CLIENT-4', connect, {
        ...connect,
        cleanStart: false,
        sessionExpirySeconds: 600,
        keepAliveSeconds: 90,
        will: { topic: will.topic, payload: will.payload, qos: 1, retain: false, delaySeconds: 5 },
      })
      const told = await hears(client, 'connected', 'CLIENT-8')
      equal('CLIENT-8', told, { type: 'connected', receiveMaximum: 65_535, maximumPacketSize: null })
    },
  },
  {
    clauses: ['CLIENT-6', 'CLIENT-23'],
    shows: 'a tuple that is over by the time that the link is open: no CONNECT, and the end',
    async run({ listen, open, ends, quiet }) {
      const listener = await listen()
      const client = open(listener.url, { hooks: { readPassword: () => null } })
      const end = await ends(client, 'CLIENT-6')
      demand(end.type === 'closed', 'CLIENT-6', `it ended with ${end.type}`)
      await quiet()
      const left = listener.brokers.flatMap(({ packets }) => packets)
      demand(left.length === 0, 'CLIENT-6', `${left[0]?.type} left`)
    },
  },
  {
    clauses: ['CLIENT-6', 'CLIENT-18'],
    shows: 'a connection that is aborted while the password is read: no CONNECT, and no event',
    async run({ listen, open, until, quiet }) {
      const listener = await listen()
      const client = open(listener.url, {
        hooks: {
          readPassword(connection) {
            connection.abort()
            return null
          },
        },
      })
      await until(() => client.passwordsRead > 0, 'CLIENT-5', 'the password is read')
      await quiet()
      const left = listener.brokers.flatMap(({ packets }) => packets)
      demand(left.length === 0, 'CLIENT-6', `${left[0]?.type} left`)
      demand(client.told.length === 0, 'CLIENT-18', `${client.told[0]?.type} was told`)
    },
  },
  {
    clauses: ['CLIENT-1', 'CLIENT-3'],
    shows: 'an address of another scheme, and nonsense: nobody is asked for the password, and the end',
    async run({ open, closes, listen }) {
      const { url } = await listen()
      for (const address of [url.replace('mqtts:', 'mqtt:'), 'https://localhost', 'mqtts://', '\u0000']) {
        const client = open(address)
        await closes(client, ['network', 'tls', 'timeout', 'protocolError'], 'CLIENT-3')
        demand(client.passwordsRead === 0, 'CLIENT-3', `the password was read for ${address}`)
      }
    },
  },
  {
    clauses: ['CLIENT-1', 'CLIENT-4'],
    shows: 'a client id that is longer than MQTT can say: no CONNECT with another one, and the end',
    async run({ listen, open, closes, quiet }) {
      const listener = await listen()
      const client = open(listener.url, { request: { clientId: 'x'.repeat(70_000) } })
      await closes(client, ['protocolError'], 'CLIENT-4')
      await quiet()
      const connect = listener.brokers
        .flatMap(({ packets }) => packets)
        .find(({ type }) => type === 'connect')
      demand(connect === undefined, 'CLIENT-4', 'CONNECT left')
    },
  },
  {
    clauses: ['CLIENT-3'],
    shows: 'a broker whose certificate nobody vouches for: no CONNECT, and tls',
    needs: ['listenUntrusted'],
    async run({ setup, listen, open, closes }) {
      const listener = await listen(setup.listenUntrusted)
      const client = open(listener.url)
      await closes(client, ['tls', 'network'], 'CLIENT-3')
      demand(client.passwordsRead === 0, 'CLIENT-3', 'the password was read')
      const left = listener.brokers.flatMap(({ packets }) => packets)
      demand(left.length === 0, 'CLIENT-3', `${left[0]?.type} left`)
    },
  },
  {
    clauses: ['CLIENT-5', 'CLIENT-7'],
    shows: 'a handshake that never ends: timeout, and the password was never asked for',
    needs: ['listenSilently'],
    async run({ setup, listen, open, reached, closes }) {
      const listener = await listen(setup.listenSilently)
      const client = open(listener.url, { request: { timeoutMs: 150 } })
      await reached(listener)
      await closes(client, ['timeout'], 'CLIENT-7')
      demand(client.passwordsRead === 0, 'CLIENT-5', 'the password was read before the link was open')
    },
  },
  {
    clauses: ['CLIENT-7'],
    shows: 'a CONNACK that never comes: timeout',
    async run({ connecting, closes, until }) {
      const { client, broker } = await connecting({ request: { timeoutMs: 500 } })
      await closes(client, ['timeout'], 'CLIENT-7')
      await until(() => broker.isOver, 'CLIENT-7', 'the connection is gone')
    },
  },
  {
    clauses: ['CLIENT-9', 'CLIENT-23'],
    shows: 'refusals are told with their codes, and nothing after them',
    async run({ connecting, ends, until, quiet }) {
      for (const reasonCode of [0x80, 0x87, 0x88, 0x9d, 0x9f]) {
        const { client, broker } = await connecting()
        await broker.send({ type: 'connack', reasonCode })
        equal('CLIENT-9', await ends(client, 'CLIENT-9'), { type: 'refused', reasonCode })
        await until(() => broker.isOver, 'CLIENT-9', 'the connection is gone')
        await quiet()
        demand(client.told.length === 1, 'CLIENT-23', `${client.told[1]?.type} was told as well`)
      }
    },
  },
]
