import type { DisconnectEntry } from '../entries.ts'
import { REASON } from '../reason-codes.ts'

/** What Mosquitto's log tells of one device. Lines of other clients and unknown lines are passed over. */
export interface LogEvents {
  connected(event: { username: string | null; protocol: number }): void
  /** A CONNACK with a reason code of 0x80 or more; the log does not say to whom. */
  refused(reasonCode: number): void
  subscribed(event: { topic: string; requestedQos: number; granted: boolean }): void
  denied(event: { topic: string; payloadBytes: number; dup: boolean }): void
  disconnected(how: DisconnectEntry['how'], reasonCode: number | null): void
  violated(detail: string): void
}

const HOW_CLIENTS_END: readonly (readonly [RegExp, DisconnectEntry['how'], number | null])[] = [
  [/^been disconnected by administrative action/, 'by-broker', REASON.administrativeAction],
  [/^already connected, closing old connection/, 'by-broker', 0x8e],
  [/^has exceeded timeout/, 'by-broker', 0x8d],
  [/^disconnected\.$/, 'clean', null],
  [/^closed its connection/, 'lost', null],
  // What follows the colon is a socket's error: "Protocol error" there is EPROTO, a TLS stream that was cut.
  [/^disconnected: /, 'lost', null],
  [/^disconnected/, 'by-broker', null],
]
const BROKEN_RULE =
  /^(?!disconnected: ).*(protocol error|malformed|oversize|too large|receive maximum|not supported)/i

/** Makes a reader of log lines (Mosquitto 2.0, `log_type all`, no time stamps). */
export function createLogReader(clientId: string, events: LogEvents): (line: string) => void {
  // A SUBSCRIBE is a run of lines: each filter, indented; then, where it was granted, a line with the client's id.
  let asked: { topic: string; requestedQos: number; granted: boolean } | undefined
  let subscribing = false
  // Over WebSocket the last line of a session is the same whoever ended it: a DISCONNECT before it makes the difference.
  let tookLeave = false

  function settle(): void {
    if (asked !== undefined) events.subscribed(asked)
    asked = undefined
  }

  return (line) => {
    if (line === `Received SUBSCRIBE from ${clientId}`) {
      subscribing = true
      return
    }
    if (subscribing) {
      const filter = /^\t(.*) \(QoS (\d)\)$/.exec(line)
      if (filter !== null) {
        settle()
        asked = { topic: filter[1] ?? '', requestedQos: Number(filter[2]), granted: false }
      } else if (asked !== undefined && line.startsWith(`${clientId} `) && line.endsWith(` ${asked.topic}`)) {
        asked.granted = true
      } else {
        settle()
        subscribing = false
      }
      return
    }
    if (line === `Received DISCONNECT from ${clientId}`) {
      tookLeave = true
      return
    }
    const connected = /^New client connected from \S+ as (\S+) \(p(\d+), c\d, k\d+(?:, u'(.*)')?\)\.$/.exec(
      line,
    )
    if (connected?.[1] === clientId) {
      events.connected({ username: connected[3] ?? null, protocol: Number(connected[2]) })
      return
    }
    const refused = /^Sending CONNACK to \S+ \(\d, (\d+)\)$/.exec(line)
    if (refused !== null && Number(refused[1]) >= 0x80) {
      events.refused(Number(refused[1]))
      return
    }
    const denied =
      /^Denied PUBLISH from (\S+) \(d(\d), q\d, r\d, m\d+, '(.*)', \.\.\. \((\d+) bytes\)\)$/.exec(line)
    if (denied?.[1] === clientId) {
      events.denied({ topic: denied[3] ?? '', payloadBytes: Number(denied[4]), dup: denied[2] === '1' })
      return
    }
    const prefix = `Client ${clientId} `
    const rest = line.startsWith(prefix) ? line.slice(prefix.length) : undefined
    const end = rest === undefined ? undefined : HOW_CLIENTS_END.find(([pattern]) => pattern.test(rest))
    if (rest === undefined || end === undefined) return
    if (BROKEN_RULE.test(rest)) events.violated(`Mosquitto: ${rest}`)
    if (rest === 'disconnected.' && !tookLeave) events.disconnected('by-broker', REASON.administrativeAction)
    else events.disconnected(end[1], end[2])
    tookLeave = false
  }
}
