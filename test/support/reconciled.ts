import type { StepTrace } from '@realer-device/node'

/** The reports that a step has taken because a command route's value was read after the way online (PUB-11). */
export function reconciled({ event, effects }: StepTrace): { messageId: string; route: string }[] {
  if (event?.type !== 'routeValueRead') return []
  return effects.flatMap((effect) =>
    effect.type === 'acceptReport' ? [{ messageId: effect.messageId, route: effect.route }] : [],
  )
}
