import { demand } from '../../watch.ts'
import type { ClientCase } from '../case.ts'
import { equal } from '../equal.ts'
import type { ClientPacketOf } from '../setup.ts'

export const publishCases: readonly ClientCase[] = [
  {
    clauses: ['CLIENT-10'],
    shows:
      'one SUBSCRIBE, and each topic is told with its own code, granted and refused, in the order asked for',
    async run({ connected, hears, quiet }) {
      const { client, broker } = await connected()
      const topics = ['contract/z', 'contract/a', 'contract/m', 'contract/b']
      client.subscribe(topics)
      const { packetId, topics: asked } = await broker.next('subscribe', 'CLIENT-10')
      equal(
        'CLIENT-10',
        asked,
        topics.map((topic) => ({ topic, qos: 1 })),
      )
      const reasonCodes = [0x01, 0x87, 0x00, 0x8f]
      await broker.send({ type: 'suback', packetId, reasonCodes })
      const { grants } = await hears(client, 'subscribed', 'CLIENT-10')
      equal(
        'CLIENT-10',
        grants,
        topics.map((topic, index) => ({ topic, reasonCode: reasonCodes[index] })),
      )
      await quiet()
      const subscribes = broker.packets.filter(({ type }) => type === 'subscribe')
      demand(subscribes.length === 1, 'CLIENT-10', `${subscribes.length} SUBSCRIBEs left`)
    },
  },
  {
    clauses: ['CLIENT-10'],
    shows: 'a SUBACK that refuses everything is told, and the connection goes on',
    async run({ connected, hears }) {
      const { client, broker } = await connected()
      client.subscribe(['contract/a'])
      const { packetId } = await broker.next('subscribe', 'CLIENT-10')
      await broker.send({ type: 'suback', packetId, reasonCodes: [0x97] })
      const { grants } = await hears(client, 'subscribed', 'CLIENT-10')
      equal('CLIENT-10', grants, [{ topic: 'contract/a', reasonCode: 0x97 }])
      client.publish('d-1', 'contract/out', 'still here')
      await broker.next('publish', 'CLIENT-10')
    },
  },
  {
    clauses: ['CLIENT-11', 'CLIENT-12'],
    shows: 'publishes leave once each, and their PUBACKs are told by delivery, in whatever order they come',
    async run({ connected, until, quiet }) {
      const { client, broker } = await connected()
      const payloads = ['{"value":"1"}', '{"value":"grün 😀"}', '']
      for (const [index, payload] of payloads.entries()) client.publish(`d-${index}`, 'contract/out', payload)
      const sent: ClientPacketOf<'publish'>[] = []
      for (const _ of payloads) sent.push(await broker.next('publish', 'CLIENT-11'))
      const common = { type: 'publish', topic: 'contract/out', qos: 1, retain: false, dup: false }
      equal(
        'CLIENT-11',
        sent,
        payloads.map((payload, index) => ({ ...common, payload, packetId: sent[index]?.packetId })),
      )
      const ids = sent.map(({ packetId }) => packetId)
      demand(new Set(ids).size === ids.length, 'CLIENT-11', `the packet identifiers are ${ids}`)
      const codes = [0x00, 0x87, 0x10]
      for (const index of [2, 0, 1])
        await broker.send({ type: 'puback', packetId: ids[index] ?? 0, reasonCode: codes[index] ?? 0 })
      const answers = () => client.told.filter(({ type }) => type === 'answered')
      await until(() => answers().length >= ids.length, 'CLIENT-12', 'every PUBACK is told')
      await quiet()
      equal(
        'CLIENT-12',
        answers(),
        [2, 0, 1].map((index) => ({
          type: 'answered',
          delivery: `d-${index}`,
          reasonCode: codes[index],
        })),
      )
      const published = broker.packets.filter(({ type }) => type === 'publish')
      demand(published.length === ids.length, 'CLIENT-13', `${published.length} PUBLISHes left`)
    },
  },
  {
    clauses: ['CLIENT-13', 'CLIENT-20'],
    shows: 'what was not answered when the connection broke is not sent again, on no later connection',
    async run({ connected, ends, quiet, listen }) {
      const listener = await listen()
      const { client, broker } = await connected({ listener })
      client.subscribe(['contract/a'])
      client.publish('d-1', 'contract/out', 'unanswered')
      await broker.next('publish', 'CLIENT-11')
      await broker.end()
      await ends(client, 'CLIENT-20')
      const next = await connected({ listener })
      next.client.publish('d-2', 'contract/out', 'another')
      const { payload } = await next.broker.next('publish', 'CLIENT-13')
      demand(payload === 'another', 'CLIENT-13', `${payload} was sent again`)
      await quiet()
      const more = next.broker.packets.filter(({ type }) => type !== 'connect')
      demand(more.length === 1, 'CLIENT-13', `${more.map(({ type }) => type)} left`)
    },
  },
  {
    clauses: ['CLIENT-2', 'CLIENT-14'],
    shows: 'no more than the receive maximum is under way, and what is refused for it can be published later',
    async run({ connected, until, quiet }) {
      const { client, broker } = await connected({ connack: { receiveMaximum: 2 } })
      for (const number of [1, 2, 3]) client.publish(`d-${number}`, 'contract/out', `message ${number}`)
      const first = await broker.next('publish', 'CLIENT-14')
      await broker.next('publish', 'CLIENT-14')
      const answers = () => client.told.flatMap((event) => (event.type === 'answered' ? [event] : []))
      await until(() => answers().length > 0, 'CLIENT-14', 'the third publish is answered')
      await quiet()
      const sent = broker.packets.filter(({ type }) => type === 'publish')
      demand(sent.length === 2, 'CLIENT-14', `${sent.length} publishes are under way, and 2 may be`)
      const [refused] = answers()
      demand(
        refused?.delivery === 'd-3' && refused.reasonCode >= 0x80,
        'CLIENT-14',
        `${refused?.delivery} was answered with ${refused?.reasonCode}`,
      )
      await broker.send({ type: 'puback', packetId: first.packetId, reasonCode: 0x00 })
      await until(() => answers().length > 1, 'CLIENT-12', 'the PUBACK is told')
      client.publish('d-4', 'contract/out', 'message 4')
      await broker.next('publish', 'CLIENT-14')
    },
  },
  {
    clauses: ['CLIENT-14'],
    shows: 'a message over the maximum packet size is answered and not sent; one at the maximum is sent',
    async run({ connected, hears, quiet }) {
      const maximumPacketSize = 64
      const { client, broker } = await connected({ connack: { maximumPacketSize } })
      // Type and length, topic with its length, packet identifier, no properties.
      const overhead = 2 + 2 + 'contract/out'.length + 2 + 1
      client.publish('d-1', 'contract/out', 'x'.repeat(maximumPacketSize - overhead + 1))
      const { delivery, reasonCode } = await hears(client, 'answered', 'CLIENT-14')
      demand(delivery === 'd-1' && reasonCode >= 0x80, 'CLIENT-14', `answered with ${reasonCode}`)
      client.publish('d-2', 'contract/out', 'x'.repeat(maximumPacketSize - overhead))
      const { payload } = await broker.next('publish', 'CLIENT-14')
      demand(payload.length === maximumPacketSize - overhead, 'CLIENT-14', `${payload.length} bytes left`)
      await quiet()
      demand(client.end === null, 'CLIENT-14', 'the connection ended')
    },
  },
]
