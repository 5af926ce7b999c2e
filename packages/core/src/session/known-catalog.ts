import { handledRoutes } from '../catalog/route-name.ts'
import type { CallEvent } from '../event.ts'
import { releaseDoubted } from '../report/decisions.ts'
import { diagnoseRefusal, waitForRetry } from './call-failures.ts'
import { endCall } from './calls.ts'
import { diagnose, type Plan, update } from './plan.ts'

type EventOf<Type extends CallEvent['type']> = Extract<CallEvent, { type: Type }>

/** Keeps the catalog (CAT-2). */
export function keepCatalog(plan: Plan, event: EventOf<'catalogRead'>): void {
  endCall(plan)
  update(plan, { catalog: event.catalog, catalogDue: false, tokenDoubted: false })
  releaseDoubted(plan)
  // A catalog without a credential request may not list its routes yet (CAT-4).
  if (event.catalog.credentialEndpoint === null) return
  const { config } = plan.context
  const handled = new Set(handledRoutes(config, event.catalog).map(({ name }) => name))
  // A misspelt name would otherwise be a handler that nobody ever calls.
  for (const name of config.commandRoutes)
    if (!handled.has(name))
      diagnose(plan, {
        level: 'warning',
        code: 'route-unknown',
        message: `The catalog has no one command route ${JSON.stringify(name)}: no commands come for it.`,
        field: 'commandRoutes',
        rule: 'CAT-5',
      })
}

/** The credential endpoint is gone: the catalog is read again, after a backoff (CAT-8, REC-4). */
export function doubtCatalogAfterCall(plan: Plan, event: EventOf<'callRefused'>): void {
  endCall(plan)
  update(plan, { catalogDue: true, callFailures: plan.context.callFailures + 1, callDelayMs: null })
  diagnoseRefusal(plan, event, 'CAT-8')
}

/** The broker refuses what the catalog says: it is read again before the next credential request (CAT-8). */
export function doubtCatalog(plan: Plan): void {
  update(plan, { catalogDue: true, callFailures: plan.context.callFailures + 1 })
}

/** What was asked for rests on the doubted catalog: its answer is not waited for, and the catalog is read first (CAT-8). */
export function dropDoubtedCall(plan: Plan): void {
  const { call } = plan.context
  if (call !== null) plan.effects.push({ type: 'cancelCall', call: call.id })
  endCall(plan)
  doubtCatalog(plan)
}

/** MQTT is not available for the device yet: safe, and the catalog is read again later (CAT-4). */
export function awaitAvailability(plan: Plan): void {
  update(plan, { catalogDue: true, callDelayMs: plan.context.config.timing.slowRetryMs })
  diagnose(plan, {
    level: 'warning',
    code: 'mqtt-unavailable',
    message: 'The catalog has no credential_endpoint: MQTT is not available for this device yet.',
    field: 'mqtt.credential_endpoint',
    rule: 'CAT-4',
  })
  plan.signals.push({ type: 'authorityLost', reason: 'mqttUnavailable' })
  waitForRetry(plan)
}
