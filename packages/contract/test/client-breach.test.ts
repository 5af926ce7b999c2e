import { ContractBreach, clientClauses, clientContract } from '@realer-device/contract'
import type { MqttClientEvents, MqttConnection, OpenMqtt } from '@realer-device/host'
import { nodePlatform } from '@realer-device/node'
import { describe, expect, test } from 'vitest'
import { mqttOverLink } from '../../host/src/mqtt-over-link.ts'
import { scriptedBrokers } from './support/scripted-broker.ts'

const { caPem, ...brokers } = await scriptedBrokers()
const { clock, openLink } = nodePlatform({ ca: caPem })
const good = mqttOverLink({ clock, openLink, closeTimeoutMs: 5_000, diagnose: () => {} })

/** A client that keeps the contract but for some of its events. */
function tellingOtherwise(
  otherwise: (events: MqttClientEvents) => Partial<MqttClientEvents>,
  open: OpenMqtt = good,
): OpenMqtt {
  return (request, events) => open(request, { ...events, ...otherwise(events) })
}

/** A client that keeps the contract but for some of its calls. */
function doingOtherwise(
  otherwise: (connection: MqttConnection, events: MqttClientEvents) => Partial<MqttConnection>,
): OpenMqtt {
  return (request, events) => {
    const connection = good(request, events)
    return { ...connection, ...otherwise(connection, events) }
  }
}

/** A client that remembers what was not answered, and sends it again when it is connected next. */
function resending(): OpenMqtt {
  const kept = new Map<string, [topic: string, payload: string]>()
  return (request, events) => {
    const connection = good(request, {
      ...events,
      onConnected(limits) {
        events.onConnected(limits)
        for (const [delivery, message] of kept) connection.publish(`again-${delivery}`, ...message)
      },
    })
    return {
      ...connection,
      publish(delivery, ...message) {
        kept.set(delivery, message)
        connection.publish(delivery, ...message)
      },
    }
  }
}

/** A client that shows nothing more until the message before was acknowledged. */
const holding: OpenMqtt = tellingOtherwise((events) => {
  let row: (() => void)[] | null = null
  const inRow =
    <Args extends unknown[]>(event: (...args: Args) => void) =>
    (...args: Args) =>
      row === null ? event(...args) : void row.push(() => event(...args))
  return {
    onMessage: inRow((message) => {
      row = []
      events.onMessage({
        ...message,
        acknowledge(reasonCode) {
          message.acknowledge(reasonCode)
          const waiting = row ?? []
          row = null
          for (const event of waiting) event()
        },
      })
    }),
    onPublishAnswered: inRow(events.onPublishAnswered),
    onClosed: inRow(events.onClosed),
  }
})

/** A client for each clause that breaks it. */
const breaches: { readonly [clause: string]: OpenMqtt } = {
  'CLIENT-1': doingOtherwise(() => ({
    publish() {
      throw new Error('no')
    },
  })),
  'CLIENT-2': doingOtherwise((_connection, events) => ({
    publish: (delivery) => events.onPublishAnswered(delivery, 0x00),
  })),
  'CLIENT-3': (request, events) => good({ ...request, url: request.url.replace('mqtt:', 'mqtts:') }, events),
  'CLIENT-4': (request, events) => good({ ...request, cleanStart: true, keepAliveSeconds: 60 }, events),
  'CLIENT-5': (request, events) => {
    const password = request.readPassword()
    return good({ ...request, readPassword: () => password }, events)
  },
  'CLIENT-6': (request, events) =>
    good({ ...request, readPassword: () => request.readPassword() ?? '' }, events),
  'CLIENT-7': (request, events) => good({ ...request, timeoutMs: 1_000_000 }, events),
  'CLIENT-8': tellingOtherwise((events) => ({
    onConnected: () => events.onConnected({ receiveMaximum: 65_535, maximumPacketSize: null }),
  })),
  'CLIENT-9': tellingOtherwise((events) => ({ onRefused: () => events.onRefused(0x80) })),
  'CLIENT-10': tellingOtherwise((events) => ({
    onSubscribed: (grants) => events.onSubscribed(grants.filter(({ reasonCode }) => reasonCode < 0x80)),
  })),
  'CLIENT-11': doingOtherwise(({ publish }) => ({
    publish: (delivery, topic, payload) => publish(delivery, topic, payload.trim() || 'null'),
  })),
  'CLIENT-12': tellingOtherwise((events) => ({
    onPublishAnswered: (delivery, reasonCode) =>
      events.onPublishAnswered(delivery, reasonCode < 0x80 ? 0x00 : reasonCode),
  })),
  'CLIENT-13': resending(),
  'CLIENT-14': tellingOtherwise((events) => ({
    onPublishAnswered: (delivery, reasonCode) =>
      events.onPublishAnswered(delivery, reasonCode === 0x95 ? 0x00 : reasonCode),
  })),
  'CLIENT-15': tellingOtherwise((events) => ({
    onMessage(message) {
      message.acknowledge(0x00)
      events.onMessage({ ...message, acknowledge: () => {} })
    },
  })),
  'CLIENT-16': holding,
  'CLIENT-17': doingOtherwise(({ disconnect }) => ({ disconnect: () => disconnect(0x00) })),
  'CLIENT-18': doingOtherwise(({ disconnect }) => ({ abort: () => disconnect(0x00) })),
  'CLIENT-19': tellingOtherwise((events) => ({
    onClosed: (end) => events.onClosed({ ...end, reasonCode: null }),
  })),
  'CLIENT-20': (request, events) =>
    tellingOtherwise(({ onClosed }) => ({
      onClosed(end) {
        onClosed(end)
        const deaf = { ...events, onConnected() {}, onClosed() {} }
        const again = good({ ...request, readPassword: () => 'again' }, deaf)
        setTimeout(again.abort, 2_000)
      },
    }))(request, events),
  'CLIENT-21': tellingOtherwise((events) => ({
    onClosed: (end) => events.onClosed({ ...end, cause: 'network' }),
  })),
  'CLIENT-22': (request, events) => good({ ...request, keepAliveSeconds: 0 }, events),
  'CLIENT-23': tellingOtherwise((events) => ({
    onClosed(end) {
      events.onClosed(end)
      events.onClosed(end)
    },
  })),
  'CLIENT-24': (request, events) => {
    let read: string | null = null
    const readPassword = () => {
      read = request.readPassword()
      return read
    }
    const onClosed: MqttClientEvents['onClosed'] = (end) => events.onClosed({ ...end, detail: `${read}` })
    return good({ ...request, readPassword }, { ...events, onClosed })
  },
}

/** The clauses that the cases for one find broken, up to that one itself. */
async function found(clause: string, openMqtt: OpenMqtt): Promise<string[]> {
  const broken: string[] = []
  for (const { clauses, run } of clientContract({ ...brokers, openMqtt, limitMs: 1_500 })) {
    if (!clauses.includes(clause)) continue
    await run().catch((error: unknown) =>
      broken.push(error instanceof ContractBreach ? error.clause : String(error)),
    )
    if (broken.includes(clause)) break
  }
  return broken
}

describe('the kit finds a client in breach of a clause', () => {
  test('every clause has a client that breaks it', () => {
    expect(Object.keys(breaches)).toEqual(clientClauses.map(({ id }) => id))
  })

  test.each(Object.entries(breaches))('%s', async (clause, openMqtt) => {
    expect(await found(clause, openMqtt)).toContain(clause)
  })

  test('and its ids are permanent: from 1 on, none twice', () => {
    const ids = clientClauses.map(({ id }) => Number(id.replace('CLIENT-', '')))
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => one - other))
  })
})
