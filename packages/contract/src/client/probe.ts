import type { MqttConnection, MqttConnectRequest, MqttInbound, OpenMqtt } from '@realer-device/host'
import type { Watch } from '../watch.ts'

/** An event of a connection, in the kit's words. */
export type ToldEvent =
  | {
      readonly type: 'connected'
      readonly receiveMaximum: number
      readonly maximumPacketSize: number | null
    }
  | { readonly type: 'refused'; readonly reasonCode: number }
  | {
      readonly type: 'subscribed'
      readonly grants: readonly { readonly topic: string; readonly reasonCode: number }[]
    }
  | { readonly type: 'answered'; readonly delivery: string; readonly reasonCode: number }
  | { readonly type: 'message'; readonly topic: string; readonly payload: string }
  | {
      readonly type: 'closed'
      readonly cause: string
      readonly reasonCode: number | null
      readonly detail: string
    }

/** What a case does from inside the events of a connection. */
export interface ClientHooks {
  readPassword?(connection: MqttConnection): string | null
  /** By default a message is acknowledged at once with 0x00. */
  onMessage?(message: MqttInbound): void
}

/** A connection under test: its calls and events are watched, and what no client may do is a breach in every case. */
export interface ProbedClient extends MqttConnection {
  readonly told: readonly ToldEvent[]
  readonly passwordsRead: number
  /** The last event, once it came. */
  readonly end: Extract<ToldEvent, { type: 'refused' | 'closed' }> | null
}

/** The password of every connection of the kit. */
export const PASSWORD = 'canary-password'

/** Opens a connection and watches it. */
export function probeClient(
  openMqtt: OpenMqtt,
  request: Omit<MqttConnectRequest, 'readPassword'>,
  hooks: ClientHooks,
  watch: Watch,
): ProbedClient {
  const told: ToldEvent[] = []
  let callsUnderWay = 0
  let passwordsRead = 0
  let isAborted = false
  let end: ProbedClient['end'] = null
  let connection: MqttConnection | null = null

  function call(name: string, act: () => void): void {
    callsUnderWay += 1
    try {
      act()
    } catch (error) {
      watch.fail('CLIENT-1', `${name} threw ${String(error)}`)
    }
    callsUnderWay -= 1
  }

  function tell(event: ToldEvent): void {
    const { type } = event
    if (callsUnderWay > 0) watch.fail('CLIENT-2', `${type} was told from inside a call`)
    if (isAborted) watch.fail('CLIENT-18', `${type} was told after abort`)
    else if (end !== null) watch.fail('CLIENT-23', `${type} was told after ${end.type}`)
    const isLast = event.type === 'refused' || event.type === 'closed'
    const isConnected = told.some((one) => one.type === 'connected')
    if (isConnected === (type === 'connected') && !isLast)
      watch.fail('CLIENT-8', isConnected ? 'connected was told twice' : `${type} was told before connected`)
    if (event.type === 'closed' && (typeof event.detail !== 'string' || event.detail.includes(PASSWORD)))
      watch.fail('CLIENT-24', `the detail is ${JSON.stringify(event.detail)}`)
    told.push(event)
    if (isLast) end ??= event
    watch.changed()
  }

  const probe: ProbedClient = {
    told,
    get passwordsRead() {
      return passwordsRead
    },
    get end() {
      return end
    },
    subscribe: (topics) => call('subscribe', () => connection?.subscribe(topics)),
    publish: (...message) => call('publish', () => connection?.publish(...message)),
    disconnect: (reasonCode) => call('disconnect', () => connection?.disconnect(reasonCode)),
    abort() {
      isAborted = true
      call('abort', () => connection?.abort())
    },
  }

  call('openMqtt', () => {
    const readPassword = (): string | null => {
      if (callsUnderWay > 0) watch.fail('CLIENT-5', 'the password was read from inside a call')
      passwordsRead += 1
      if (passwordsRead > 1) watch.fail('CLIENT-5', 'the password was read twice')
      watch.changed()
      return hooks.readPassword === undefined ? PASSWORD : hooks.readPassword(probe)
    }
    connection = openMqtt(
      { ...request, readPassword },
      {
        onConnected: (limits) => tell({ type: 'connected', ...limits }),
        onRefused: (reasonCode) => tell({ type: 'refused', reasonCode }),
        onSubscribed: (grants) =>
          tell({
            type: 'subscribed',
            grants: grants.map(({ topic, reasonCode }) => ({ topic, reasonCode })),
          }),
        onPublishAnswered: (delivery, reasonCode) => tell({ type: 'answered', delivery, reasonCode }),
        onMessage(message) {
          const { topic, payload } = message
          tell({ type: 'message', topic, payload: String.fromCharCode(...payload) })
          if (hooks.onMessage === undefined) call('acknowledge', () => message.acknowledge(0x00))
          else
            hooks.onMessage({
              ...message,
              acknowledge: (code) => call('acknowledge', () => message.acknowledge(code)),
            })
          watch.changed()
        },
        onClosed: ({ cause, reasonCode, detail }) => tell({ type: 'closed', cause, reasonCode, detail }),
      },
    )
  })
  return probe
}
