import type { CallEffect, CallPurpose } from '../effect.ts'
import { type Plan, takeId, update } from './plan.ts'
import { cancelTimer, setTimer } from './timers.ts'

/** Asks for a Bearer token (AUTH-2) with the scopes that this firmware needs (AUTH-3). */
export function callToken(plan: Plan): void {
  const { config } = plan.context
  const scopes = [
    'iot:catalog:read',
    'iot:mqtt:connect',
    'iot:mqtt:ack:read',
    'iot:mqtt:feed-data:write',
    ...(config.commandRoutes.length > 0 ? ['iot:mqtt:desired:read'] : []),
  ]
  startCall(plan, 'token', {
    method: 'POST',
    path: '/oauth/token',
    authorization: { scheme: 'basic', secret: 'client' },
    body: { kind: 'form', fields: { grant_type: 'client_credentials', scope: scopes.join(' ') } },
  })
}

/** Reads the MQTT catalog (CAT-1). */
export function callCatalog(plan: Plan): void {
  const { config, token } = plan.context
  startCall(plan, 'catalog', {
    method: 'GET',
    path: `/iot/v1/devices/${encodeURIComponent(String(config.deviceId))}/mqtt`,
    authorization: { scheme: 'bearer', secret: token?.secret ?? '' },
    body: { kind: 'none' },
  })
}

/** Asks for a CONNECT tuple with the catalog's own request, narrowed only where the host says so (CRED-1). */
export function callCredential(plan: Plan): void {
  const { config, catalog, token } = plan.context
  const endpoint = catalog?.credentialEndpoint
  if (endpoint == null) return
  const narrowed = config.credentialScopes
  const scopes = narrowed === null ? {} : { scopes: [...new Set(['iot:mqtt:connect', ...narrowed])] }
  startCall(plan, 'credential', {
    method: endpoint.method,
    path: endpoint.endpoint,
    authorization: { scheme: 'bearer', secret: token?.secret ?? '' },
    body: { kind: 'json', value: { ...endpoint.body, ...scopes } },
  })
}

/** Revokes the Bearer token at the end (AUTH-7). */
export function callRevoke(plan: Plan): void {
  const { token } = plan.context
  if (token === null) return
  startCall(plan, 'revoke', {
    method: 'POST',
    path: '/oauth/revoke',
    authorization: { scheme: 'basic', secret: 'client' },
    body: { kind: 'form', fields: { token: { secret: token.secret }, token_type_hint: 'access_token' } },
  })
}

function startCall(
  plan: Plan,
  purpose: CallPurpose,
  request: { path: string } & Pick<CallEffect, 'method' | 'authorization' | 'body'>,
): void {
  const { config } = plan.context
  const { path, ...rest } = request
  const call = takeId(plan, 'call')
  const timeoutMs = config.timing.callTimeoutMs
  update(plan, { call: { id: call, purpose } })
  plan.effects.push({ type: 'call', call, purpose, url: config.apiUrl + path, timeoutMs, ...rest })
  setTimer(plan, 'callTimeout', timeoutMs)
}

/** The outstanding call is answered: nothing of it is waited for any more. */
export function endCall(plan: Plan): void {
  update(plan, { call: null })
  cancelTimer(plan, 'callTimeout')
}
