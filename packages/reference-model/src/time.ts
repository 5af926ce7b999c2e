import type { Concern } from './concern.ts'
import { isDueBy } from './facts.ts'

/** Timers: what is waited for has one, and it comes in time (F-11, CORE-1, CORE-4). */
export const time: Concern = {
  heard({ timers, step }, event) {
    if (!('timer' in event)) return
    const name = event.type.slice('timer.'.length)
    for (const [running, { id }] of timers)
      if (running === name && id === event.timer) {
        timers.delete(running)
        step.fired.add(running)
      }
  },

  did({ timers, now }, effect, tell) {
    if (effect.type === 'setTimer') {
      if (!(effect.delayMs >= 0 && Number.isFinite(effect.delayMs)))
        tell('CORE-1', `the delay of ${effect.timer} can be waited for`)
      timers.set(effect.timer, { id: effect.id, dueAt: now + effect.delayMs })
    }
    if (effect.type === 'cancelTimer') {
      if (timers.get(effect.timer)?.id !== effect.id)
        tell('CORE-4', `only a timer that runs is cancelled, and ${effect.id} does not`)
      timers.delete(effect.timer)
    }
  },

  settled(facts, tell) {
    const { authority, config, now, link, stop } = facts
    if (stop.over) return
    const { timing } = config
    if (authority.call !== null && !isDueBy(facts, 'callTimeout', now + timing.callTimeoutMs))
      tell('AUTH-6', `the outstanding ${authority.call.purpose} call has a deadline`)
    const phase = link.connection?.phase
    if (phase === 'closing' && !isDueBy(facts, 'closeTimeout', now + timing.closeTimeoutMs))
      tell('CONN-3', 'the wait for the end of a connection has a deadline')
    for (const deadline of link.connection?.inFlight.values() ?? [])
      if (deadline <= now || !isDueBy(facts, 'publishTimeout', deadline))
        tell('CONN-3', 'the wait for a PUBACK has a deadline, and the connection ends with it')
    const isOpening = phase === 'connecting' || phase === 'connected' || phase === 'subscribing'
    if (isOpening && !isDueBy(facts, 'connectTimeout', now + timing.connectTimeoutMs))
      tell('CONN-3', 'the wait for CONNACK and SUBACK has a deadline')
  },
}
