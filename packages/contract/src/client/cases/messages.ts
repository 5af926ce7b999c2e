import type { MqttInbound } from '@realer-device/host'
import { demand } from '../../watch.ts'
import type { ClientCase } from '../case.ts'
import { equal } from '../equal.ts'

export const messageCases: readonly ClientCase[] = [
  {
    clauses: ['CLIENT-15'],
    shows: 'a message is told as it came, and PUBACK leaves after acknowledge, with its reason code',
    async run({ connected, hears, until, quiet }) {
      const messages: MqttInbound[] = []
      const { client, broker } = await connected({
        hooks: { onMessage: (message) => messages.push(message) },
      })
      const ids = [11, 12, 13]
      await broker.send(
        ...ids.map((packetId) => ({
          type: 'publish' as const,
          topic: `contract/${packetId}`,
          payload: `{"n":${packetId}}`,
          qos: 1 as const,
          packetId,
        })),
      )
      await until(() => messages.length === ids.length, 'CLIENT-16', 'all three messages are told')
      await quiet()
      const early = broker.packets.find(({ type }) => type === 'puback')
      demand(early === undefined, 'CLIENT-15', 'PUBACK left before acknowledge')
      equal('CLIENT-15', await hears(client, 'message', 'CLIENT-15'), {
        type: 'message',
        topic: 'contract/11',
        payload: '{"n":11}',
      })
      const codes = [0x99, 0x00, 0x83]
      for (const index of [1, 0, 2]) {
        messages[index]?.acknowledge(codes[index] ?? 0)
        const { packetId, reasonCode } = await broker.next('puback', 'CLIENT-15')
        equal('CLIENT-15', [packetId, reasonCode], [ids[index], codes[index]])
      }
    },
  },
  {
    clauses: ['CLIENT-15'],
    shows: 'a message of QoS 0 is told, and acknowledge sends nothing',
    async run({ connected, hears, quiet }) {
      const { client, broker } = await connected()
      await broker.send({ type: 'publish', topic: 'contract/0', payload: 'once', qos: 0 })
      const { payload } = await hears(client, 'message', 'CLIENT-15')
      demand(payload === 'once', 'CLIENT-15', `it said ${payload}`)
      await quiet()
      const answer = broker.packets.find(({ type }) => type === 'puback')
      demand(answer === undefined, 'CLIENT-15', 'a PUBACK left')
    },
  },
  {
    clauses: ['CLIENT-16', 'CLIENT-19'],
    shows: 'SUBACK, messages nobody acknowledges, PUBACK and DISCONNECT in one go are told in this order',
    async run({ connected, ends }) {
      const { client, broker } = await connected({ hooks: { onMessage: () => {} } })
      client.subscribe(['contract/in'])
      client.publish('d-1', 'contract/out', 'reading')
      const { packetId: subscribeId } = await broker.next('subscribe', 'CLIENT-10')
      const { packetId } = await broker.next('publish', 'CLIENT-11')
      const message = { type: 'publish', topic: 'contract/in', payload: 'm', qos: 1 } as const
      await broker.send(
        { type: 'suback', packetId: subscribeId, reasonCodes: [1] },
        { ...message, packetId: 21 },
        { type: 'puback', packetId, reasonCode: 0 },
        { ...message, packetId: 22 },
        { type: 'disconnect', reasonCode: 0x8e },
      )
      const end = await ends(client, 'CLIENT-16')
      equal(
        'CLIENT-16',
        client.told.map(({ type }) => type),
        ['connected', 'subscribed', 'message', 'answered', 'message', 'closed'],
      )
      demand(end.type === 'closed' && end.reasonCode === 0x8e, 'CLIENT-19', 'the reason code is lost')
    },
  },
  {
    clauses: ['CLIENT-1', 'CLIENT-15', 'CLIENT-23'],
    shows: 'acknowledge and every other call after the end do nothing, and do not throw',
    async run({ connected, until, ends, quiet }) {
      const messages: MqttInbound[] = []
      const { client, broker } = await connected({
        hooks: { onMessage: (message) => messages.push(message) },
      })
      await broker.send({ type: 'publish', topic: 'contract/in', payload: 'm', qos: 1, packetId: 5 })
      await until(() => messages.length === 1, 'CLIENT-15', 'the message is told')
      await broker.end()
      await ends(client, 'CLIENT-20')
      messages[0]?.acknowledge(0x00)
      client.subscribe(['contract/late'])
      client.publish('d-1', 'contract/late', 'late')
      client.disconnect(0x00)
      await quiet()
    },
  },
]
