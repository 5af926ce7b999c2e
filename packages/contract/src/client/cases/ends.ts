import { demand } from '../../watch.ts'
import type { ClientCase } from '../case.ts'
import { equal } from '../equal.ts'

/** MQTT.js and others reconnect after a second where nobody forbids it. */
const COMMON_RECONNECT_MS = 1_200

export const endCases: readonly ClientCase[] = [
  {
    clauses: ['CLIENT-17', 'CLIENT-23'],
    shows:
      'disconnect: what was sent before leaves, then DISCONNECT with its reason, unanswered publishes or not',
    async run({ connected, closes, until }) {
      for (const reasonCode of [0x00, 0x98]) {
        const { client, broker } = await connected()
        const payload = 'x'.repeat(30_000)
        for (const number of [1, 2, 3]) client.publish(`d-${number}`, 'contract/out', payload)
        client.disconnect(reasonCode)
        client.disconnect(reasonCode)
        client.publish('d-late', 'contract/out', 'late')
        const last = await broker.next('disconnect', 'CLIENT-17')
        demand(last.reasonCode === reasonCode, 'CLIENT-17', `its reason code is ${last.reasonCode}`)
        await closes(client, ['client'], 'CLIENT-17')
        await until(() => broker.isOver, 'CLIENT-17', 'the connection is gone')
        equal(
          'CLIENT-17',
          broker.packets.map(({ type }) => type),
          ['connect', 'publish', 'publish', 'publish', 'disconnect'],
        )
      }
    },
  },
  {
    clauses: ['CLIENT-2', 'CLIENT-17'],
    shows: 'disconnect before CONNACK, and before the link is open, ends with client',
    async run({ connecting, listen, open, closes, until }) {
      const { client, broker } = await connecting()
      client.disconnect(0x00)
      await closes(client, ['client'], 'CLIENT-17')
      await until(() => broker.isOver, 'CLIENT-17', 'the connection is gone')
      const other = open((await listen()).url)
      other.disconnect(0x00)
      await closes(other, ['client'], 'CLIENT-17')
    },
  },
  {
    clauses: ['CLIENT-18'],
    shows: 'abort from every state: the connection is gone, and nothing is told',
    needs: ['listenSilently'],
    async run({ setup, connecting, connected, listen, open, until, reached, quiet }) {
      const listener = await listen(setup.listenSilently)
      const early = open(listener.url)
      early.abort()
      const opening = open(listener.url)
      await reached(listener)
      const before = await connecting()
      const after = await connected()
      after.client.publish('d-1', 'contract/out', 'unanswered')
      const leaving = await connected()
      leaving.client.disconnect(0x00)
      for (const client of [opening, before.client, after.client, leaving.client]) {
        client.abort()
        client.abort()
        client.disconnect(0x00)
        client.publish('d-2', 'contract/out', 'late')
      }
      for (const { broker } of [before, after, leaving])
        await until(() => broker.isOver, 'CLIENT-18', 'the connection is gone')
      await quiet()
      const told = [early, opening, before.client].flatMap((client) => client.told)
      demand(told.length === 0, 'CLIENT-18', `${told[0]?.type} was told`)
    },
  },
  {
    clauses: ['CLIENT-19', 'CLIENT-23'],
    shows: 'DISCONNECT of the broker: server, with its reason code, once',
    async run({ connected, ends, until }) {
      for (const reasonCode of [0x00, 0x8b, 0x8e, 0x98]) {
        const { client, broker } = await connected()
        await broker.send({ type: 'disconnect', reasonCode })
        const end = await ends(client, 'CLIENT-19')
        demand(
          end.type === 'closed' && end.cause === 'server' && end.reasonCode === reasonCode,
          'CLIENT-19',
          `it ended with ${JSON.stringify(end)}`,
        )
        await until(() => broker.isOver, 'CLIENT-19', 'the connection is gone')
      }
    },
  },
  {
    clauses: ['CLIENT-20', 'CLIENT-23'],
    shows:
      'a connection that the broker ends without a word: once, without a reason code, and not opened again',
    async run({ connected, ends, pause }) {
      const { client, broker, listener } = await connected()
      await broker.end()
      const end = await ends(client, 'CLIENT-20')
      demand(
        end.type === 'closed' && ['server', 'network'].includes(end.cause) && end.reasonCode === null,
        'CLIENT-20',
        `it ended with ${JSON.stringify(end)}`,
      )
      await pause(COMMON_RECONNECT_MS)
      const connections = await listener.connections()
      demand(connections === 1, 'CLIENT-20', `${connections} connections were made`)
    },
  },
  {
    clauses: ['CLIENT-21'],
    shows: 'nonsense in place of CONNACK, and after it',
    async run({ connecting, connected, closes, until }) {
      // Packet type 0 is reserved; a PUBLISH has no QoS 3; a length has at most four bytes.
      for (const bytes of [
        [0x00, 0x00],
        [0x36, 0x05, 0, 1, 0x61, 0, 0],
        [0x30, 0xff, 0xff, 0xff, 0xff, 0x7f],
      ])
        for (const begin of [connecting, connected]) {
          const { client, broker } = await begin()
          await broker.sendBytes(Uint8Array.from(bytes))
          await closes(client, ['protocolError'], 'CLIENT-21')
          await until(() => broker.isOver, 'CLIENT-21', 'the connection is gone')
        }
    },
  },
  {
    clauses: ['CLIENT-21'],
    shows: 'a SUBACK in place of CONNACK, and a second CONNACK',
    async run({ connecting, connected, closes }) {
      const early = await connecting()
      await early.broker.send({ type: 'suback', packetId: 1, reasonCodes: [1] })
      await closes(early.client, ['protocolError'], 'CLIENT-21')
      const { client, broker } = await connected()
      await broker.send({ type: 'connack', reasonCode: 0 })
      await closes(client, ['protocolError'], 'CLIENT-21')
    },
  },
  {
    clauses: ['CLIENT-22'],
    shows: 'PINGREQ leaves while nothing else does, again and again, and the connection lasts',
    async run({ connected }) {
      const { client, broker } = await connected({ request: { keepAliveSeconds: 1 } })
      for (const _ of [1, 2]) {
        await broker.next('pingreq', 'CLIENT-22')
        await broker.send({ type: 'pingresp' })
      }
      demand(client.end === null, 'CLIENT-22', 'the connection ended')
    },
  },
  {
    clauses: ['CLIENT-22'],
    shows: 'the broker’s own keep alive counts, where none was asked for too, and its silence is the end',
    async run({ connected, closes, until }) {
      const pairs = await Promise.all(
        [600, 0].map((keepAliveSeconds) =>
          connected({ request: { keepAliveSeconds }, connack: { serverKeepAliveSeconds: 1 } }),
        ),
      )
      for (const { client, broker } of pairs) {
        await broker.next('pingreq', 'CLIENT-22')
        await closes(client, ['keepAlive'], 'CLIENT-22')
        await until(() => broker.isOver, 'CLIENT-22', 'the connection is gone')
      }
    },
  },
  {
    clauses: ['CLIENT-24'],
    shows: 'no end of any kind has the password in its detail',
    async run({ connecting, connected, ends }) {
      const refused = await connected()
      await refused.broker.send({ type: 'disconnect', reasonCode: 0x87 })
      await ends(refused.client, 'CLIENT-24')
      const broken = await connecting()
      await broken.broker.sendBytes(Uint8Array.from([0xf8, 0x00]))
      await ends(broken.client, 'CLIENT-24')
    },
  },
]
