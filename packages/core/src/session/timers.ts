import type { TimerName } from '../timer.ts'
import { type Plan, takeId, update } from './plan.ts'

/** Sets a timer, in place of the one of that name that may be running. */
export function setTimer(plan: Plan, timer: TimerName, delayMs: number): void {
  startTimer(plan, timer, plan.now + Math.max(0, delayMs))
}

/** Stops a timer; nothing happens where it does not run. */
export function cancelTimer(plan: Plan, timer: TimerName): void {
  const { [timer]: running, ...rest } = plan.context.timers
  if (running === undefined) return
  update(plan, { timers: rest })
  plan.effects.push({ type: 'cancelTimer', timer, id: running.id })
}

/** Keeps a timer that stands for "the earliest of many": moves it only where the earliest has changed. */
export function setTimerAt(plan: Plan, timer: TimerName, dueAt: number | null): void {
  if (dueAt === null) return cancelTimer(plan, timer)
  if (plan.context.timers[timer]?.dueAt !== dueAt) startTimer(plan, timer, dueAt)
}

function startTimer(plan: Plan, timer: TimerName, dueAt: number): void {
  cancelTimer(plan, timer)
  const id = takeId(plan, 'timer')
  update(plan, { timers: { ...plan.context.timers, [timer]: { id, dueAt } } })
  plan.effects.push({ type: 'setTimer', timer, id, delayMs: Math.max(0, Math.ceil(dueAt - plan.now)) })
}
