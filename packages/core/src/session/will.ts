import { findRoute } from '../catalog/route-name.ts'
import type { ConnectEffect } from '../effect.ts'
import { writeFeedData } from '../payload/feed-data.ts'
import type { Tuple } from './context.ts'
import { diagnose, type Plan } from './plan.ts'

/**
 * The will message that the host asked for, as a report of its route (CONN-2). The credential's user name and the
 * connection's id make its `message_id`: no two connections have both. Null where none is asked for, or none can be
 * written, which is told.
 */
export function writeWill(plan: Plan, connection: string, tuple: Tuple): ConnectEffect['will'] {
  const { config, catalog } = plan.context
  if (config.will === null || catalog === null) return null
  const { route, value, delaySeconds } = config.will
  const topic = findRoute(config, catalog, route)?.feedDataTopic
  if (topic === undefined) return without(plan, 'will.route', `the catalog has no one route ${route}`)
  if (plan.wallClock === undefined) return without(plan, 'wallClock', 'the time of day is not known')
  const messageId = `will-${tuple.username}-${connection}`
  const written = writeFeedData(config, { messageId, value, valueReceivedAt: plan.wallClock }, null)
  if (!written.ok) return without(plan, written.field, written.message)
  return { topic, payload: written.payload, delaySeconds }
}

function without(plan: Plan, field: string, why: string): null {
  diagnose(plan, {
    level: 'warning',
    code: 'will-left-out',
    message: `The connection has no will message: ${why.replace(/\.$/, '')}.`,
    field,
    rule: 'CONN-2',
  })
  return null
}
