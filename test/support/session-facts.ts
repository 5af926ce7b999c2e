import type { DeviceState } from '@realer-device/core'

/**
 * What the session's model and a real device must agree on after every step: the state value, what is waited for and
 * until when, and where each report and command stands. Ids, topics and credentials are each one's own.
 */
export function factsOf({ value, context }: Pick<DeviceState, 'value' | 'context'>): unknown {
  const {
    config: _config,
    lastId: _lastId,
    timers,
    call,
    token,
    tuple,
    catalog,
    connection,
    ...rest
  } = context
  const { reports, commands, ...plain } = rest
  return {
    value,
    ...plain,
    timers: Object.entries(timers)
      .map(([name, { dueAt }]) => [name, wholeMs(dueAt)])
      .sort(),
    call: call?.purpose ?? null,
    tokenDueAt: token && wholeMs(token.dueAt),
    catalog: catalog && { isAvailable: catalog.credentialEndpoint !== null },
    tuple: tuple && {
      scopes: [...tuple.scopes].sort(),
      expiresAt: wholeMs(tuple.expiresAt),
      failed: tuple.failed,
    },
    connection: connection && {
      isOnTuple: connection.tupleSecret === tuple?.secret,
      isConnected: connection.limits !== null,
      online: connection.online,
      readsAcknowledgements: connection.acknowledgementTopic !== null,
      topicsAsked: connection.asked.length,
      commandRoutes: connection.desired.map(({ route }) => route),
      inFlight: connection.inFlight.map(({ dueAt }) => wholeMs(dueAt)),
    },
    reports: reports.map(({ route, state, failures, unanswered }) => ({
      route,
      state,
      failures,
      unanswered,
    })),
    commands: Object.entries(commands).map(([route, { open, reading, outcomes, lastReported }]) => ({
      route,
      open: open.map(({ state, because, value: desired }) => ({ state, because, desired })),
      isRead: reading !== null,
      outcomes: outcomes.map(({ outcome }) => outcome),
      lastReported,
    })),
  }
}

/** A window may end between two milliseconds; nothing else happens there. */
function wholeMs(ms: number): number {
  return Math.floor(ms)
}
