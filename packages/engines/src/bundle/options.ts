import type { DeviceOptions } from '@realer-device/core'
import type { Chance } from './chance.ts'

/** Options of a device by chance: every one that decides something, with small bounds and short times among them. */
export function anyOptions(chance: Chance): DeviceOptions {
  const commandRoutes = chance.of<string[]>([
    ['rte_valve', 'rte_door'],
    ['rte_valve', 'rte_door'],
    ['valve'],
    [],
    ['rte_valve', 'rte_nowhere'],
  ])
  return {
    deviceId: chance.of<string | number>([12345, 'cdv_ä']),
    commandRoutes,
    routes: { valve: 'rte_valve' },
    repeatableRoutes: chance.oneIn(3) ? commandRoutes.slice(0, 1) : [],
    valueContract: chance.of(['string', 'json']),
    credentialScopes: chance.oneIn(6) ? ['iot:mqtt:feed-data:write'] : null,
    outboxOverflow: chance.of(['refuse', 'evictOldest']),
    wallClock: chance.of(['untrusted', 'trusted']),
    outdatedCommands: chance.of(['ignore', 'reportStale']),
    durable: chance.oneIn(2),
    sessionExpirySeconds: chance.of([0, 0, 3_600]),
    will: chance.oneIn(4) ? { route: 'rte_temperature', value: 'gone', delaySeconds: 5 } : null,
    tokenRenewalFraction: chance.of([0.5, 0.75, 1]),
    timing: {
      backoffFloorMs: chance.of([1, 1_000, 1_000, 20_000, 0.1 + 1]),
      slowRetryMs: chance.of([1_000, 300_000]),
      retryAfterCapMs: chance.of([10_000, 86_400_000]),
      acknowledgementTimeoutMs: chance.of([500, 60_000, 60_000]),
      stableOnlineMs: chance.of([1, 60_000]),
      closeTimeoutMs: chance.of([1, 5_000]),
      stopTimeoutMs: chance.of([1, 15_000]),
      connectTimeoutMs: chance.of([2_000, 30_000]),
      publishTimeoutMs: chance.of([2_000, 30_000, 1e8]),
      commandTimeoutMs: chance.of([2_000, 600_000]),
      keepAliveSeconds: chance.of([20, 60, 65_535]),
    },
    limits: {
      maxReports: chance.of([2, 8, 16]),
      maxInflightMessages: chance.of([1, 2, 16]),
      maxUnansweredCommands: chance.of([1, 2]),
      maxPayloadCharacters: chance.of([200, 65_536]),
      maxUnansweredPublishes: chance.of([null, 1, 3]),
    },
  }
}
