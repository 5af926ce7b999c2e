import type { SafeReason } from '@realer-device/core'
import type { Concern } from './concern.ts'
import type { Facts } from './facts.ts'

/** Local safe behaviour: entered exactly when authority is lost, left exactly when the session is online (SAFE). */
export const safety: Concern = {
  did(facts, effect, tell) {
    if (effect.type === 'enterSafe') {
      if (facts.safe) tell('SAFE-1', 'the host is told once to be safe')
      facts.safe = true
      if (!reasons[effect.reason](facts))
        tell('SAFE-3', `nothing says yet that authority is lost: ${effect.reason}`)
    }
    if (effect.type === 'leaveSafe') {
      if (!facts.safe) tell('SAFE-1', 'the host is told once to leave local safe behaviour')
      facts.safe = false
      facts.step.leftSafe = true
    }
  },

  settled(facts, tell) {
    const { safe, step, link, stop, authority, now } = facts
    if (step.leftSafe && step.wentOnline === null)
      tell('SAFE-1', 'local safe behaviour ends when the session is online')
    if (stop.reason !== null) return
    const isOnline = link.connection?.phase === 'online'
    if (step.wentOnline !== null && isOnline && safe)
      tell('SAFE-1', 'local safe behaviour ends when the session is online')
    if (safe || isOnline) return
    if (step.line.event === null) tell('SAFE-1', 'a device starts under local safe behaviour')
    if (step.refusal === 'must' || step.unavailable) tell('SAFE-1', 'a refusal leads to local safe behaviour')
    if (authority.tuple !== null && authority.tuple.endsAt <= now)
      tell('SAFE-1', 'a tuple that ran out leads to local safe behaviour')
  },
}

/** What each reason stands on; a session that is online has lost nothing but by expiry. */
const reasons: { readonly [reason in SafeReason]: (facts: Facts) => boolean } = {
  starting: ({ step }) => step.line.event === null,
  expired: ({ authority, now }) => authority.tuple !== null && authority.tuple.endsAt <= now,
  refused: ({ step, link }) => step.refusal !== 'no' && link.connection?.phase !== 'online',
  mqttUnavailable: ({ step, link }) => step.unavailable && link.connection?.phase !== 'online',
}
