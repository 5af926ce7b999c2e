import { type Facts, longestBackoffMs, type PendingReport } from './facts.ts'
import { bytesOf, packetBytes } from './payloads.ts'
import { routeNamed } from './routes.ts'

/** Puts a report into the outbox; also that of a command's outcome. */
export function addPending(
  facts: Facts,
  report: Pick<PendingReport, 'messageId' | 'route' | 'desiredId' | 'body' | 'text'>,
): void {
  facts.outbox.pending.push({
    ...report,
    state: 'queued',
    delivery: null,
    failures: 0,
    unanswered: 0,
    dueBy: Number.POSITIVE_INFINITY,
    wait: null,
  })
}

/** It was published on this connection, and its acknowledgement is waited for. */
export function isUnderWay({ state }: PendingReport): boolean {
  return state === 'sent' || state === 'accepted'
}

/** The connection is gone: what has no settlement is sent again (PUB-7, REN-4). */
export function requeue({ outbox }: Facts): void {
  for (const report of outbox.pending) {
    if (!isUnderWay(report)) continue
    Object.assign(report, { state: 'queued', delivery: null, dueBy: Number.POSITIVE_INFINITY, wait: null })
  }
}

/** The same event is sent again, after a backoff (ACK-3, ACK-5, PUB-7). */
export function retryLater(facts: Facts, report: PendingReport, rule: 'ACK-3' | 'ACK-5' | 'PUB-7'): void {
  const { now, config } = facts
  report.failures += 1
  report.state = 'waiting'
  report.delivery = null
  report.wait = { until: now + config.timing.backoffFloorMs, rule }
  report.dueBy = now + longestBackoffMs(facts, report.failures)
}

/** At the bound, where the host chose so: the oldest report of its own that is not on its way (PUB-9). */
export function oldestToEvict({ config, outbox: { pending } }: Facts): PendingReport | undefined {
  if (config.outboxOverflow === 'refuse' || pending.length < config.limits.maxReports) return undefined
  return pending.find((report) => report.desiredId === null && !isUnderWay(report))
}

/** The value that the last report of a command route told (PUB-11). */
export function rememberReported(
  facts: Facts,
  name: string,
  reported: { readonly value: unknown } | null,
): void {
  const { config, authority, commands } = facts
  const { catalog } = authority
  const topic = catalog === null ? undefined : routeNamed(config, catalog, name)?.feedDataTopic
  const handled = config.commandRoutes.includes(name)
    ? name
    : config.commandRoutes.find(
        (command) =>
          topic !== undefined &&
          catalog !== null &&
          routeNamed(config, catalog, command)?.feedDataTopic === topic,
      )
  const route = handled === undefined ? undefined : commands.get(handled)
  if (route !== undefined) route.lastReported = reported
}

/** Whether the session is online with a tuple that has not expired, and takes one more PUBLISH. */
export function hasRoom(facts: Facts): boolean {
  const { connection } = facts.link
  return (
    connection?.phase === 'online' &&
    connection.tuple.endsAt > facts.now &&
    connection.inFlight.size < inflightLimit(facts)
  )
}

/** Whether its route is known and the credential may publish to it. */
export function canGo({ config, authority, link }: Facts, report: PendingReport): boolean {
  const { catalog } = authority
  const route = catalog === null ? null : routeNamed(config, catalog, report.route)
  if (route === null) return catalog?.credentialEndpoint != null
  return link.connection?.tuple.scopes.includes(route.feedDataPublishScope) === true
}

/** The most PUBLISHes without PUBACK: the least of the broker’s, the catalog’s and the host’s limit (PUB-8). */
export function inflightLimit({ config, authority, link }: Facts): number {
  return Math.min(
    config.limits.maxInflightMessages,
    link.connection?.receiveMaximum ?? 0,
    authority.catalog?.limits.maxInflightMessages ?? Number.POSITIVE_INFINITY,
  )
}

/** Whether a payload is over the catalog’s limit, or its PUBLISH over the broker’s (PUB-8). */
export function isTooLarge({ authority, link }: Facts, topic: string, payload: string): boolean {
  const most = authority.catalog?.limits.maxPayloadBytes ?? Number.POSITIVE_INFINITY
  const mostOfPacket = link.connection?.maximumPacketSize ?? Number.POSITIVE_INFINITY
  return bytesOf(payload) > most || packetBytes(topic, payload) > mostOfPacket
}
