import type { Concern } from './concern.ts'
import { isDueBy } from './facts.ts'

/** The end: DISCONNECT, revocation, stopped; bounded in time, and nothing after it (STOP, AUTH-7). */
export const stop: Concern = {
  heard(facts, event) {
    if (event.type !== 'stopRequested') return
    // A compromise may come while a stop is under way (STOP-2).
    if (facts.stop.reason !== null) {
      facts.stop.reason = event.reason
      return
    }
    facts.stop.reason = event.reason
    facts.stop.askedAt = facts.now
    facts.stop.mustRevoke = facts.authority.token !== null
  },

  did(facts, effect, tell) {
    const { stop: ending, authority, step, timers } = facts
    if (ending.over && !afterwards.has(effect.type))
      tell('STOP-1', `after the end there is no ${effect.type}`)
    if (effect.type === 'acceptReport' && ending.reason !== null)
      tell('STOP-1', 'after a stop no report is taken')
    if (effect.type !== 'announceStopped') return
    if (ending.reason === null || effect.reason !== ending.reason)
      tell('STOP-1', 'a device stops as it was asked to')
    if (ending.mustRevoke && !ending.triedToRevoke && !step.fired.has('stopTimeout'))
      tell('AUTH-7', 'the token is revoked before the end')
    if (effect.revoked !== step.revoked) tell('AUTH-7', 'the host is told whether the token was revoked')
    if (authority.secrets.size > 0) tell('STOP-2', 'the secrets in memory are dropped')
    if (facts.link.connection !== null) tell('STOP-1', 'the session is closed before the device has stopped')
    if (timers.size > 0) tell('STOP-1', `no timer runs after the end: ${[...timers.keys()].join(', ')}`)
    ending.over = true
  },

  settled(facts, tell) {
    const { stop: ending, link, authority, config } = facts
    if (ending.reason === null || ending.over) return
    if (!isDueBy(facts, 'stopTimeout', ending.askedAt + config.timing.stopTimeoutMs))
      tell('STOP-1', 'the whole of a stop is bounded in time')
    if (ending.reason === 'compromise') {
      if (ending.mustRevoke && !ending.triedToRevoke) tell('STOP-2', 'the token is revoked at once')
      if (authority.tuple !== null && authority.secrets.has(authority.tuple.secret))
        tell('STOP-2', 'the credential is dropped at once')
    }
    if (link.connection !== null && link.connection.phase !== 'closing')
      tell('STOP-1', 'the session is closed at once')
    if (link.connection === null && authority.call === null) tell('STOP-1', 'a stop goes on to its end')
  },
}

/** What a host may still be told after the end. */
const afterwards: ReadonlySet<string> = new Set([
  'refuseReport',
  'diagnose',
  'readValue',
  'settleCommand',
  'settleReport',
  'announceStopped',
])
