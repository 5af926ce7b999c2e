import type { CallPurpose, DeviceEvent } from '@realer-device/core'
import type { Concern } from './concern.ts'
import { pubackDemand, refusalDemand } from './demands.ts'
import { type Facts, isAsking, isDueBy, longestBackoffMs, usableTuple } from './facts.ts'
import { isSameJson } from './payloads.ts'
import type { EffectOf, EventOf, Tell } from './trace.ts'

/** The HTTPS side: token, catalog, tuple, one call at a time, and what each answer leads to. */
export const authority: Concern = {
  heard(facts, event, tell) {
    const { authority: held, config, now } = facts
    switch (event.type) {
      case 'tokenIssued': {
        const dueMs = Math.min(
          event.renewAfterMs ?? event.expiresInMs * config.tokenRenewalFraction,
          event.expiresInMs,
        )
        answered(facts, 'token', tell)
        held.token = { secret: event.call, dueAt: now + dueMs }
        held.secrets.add(event.call)
        break
      }
      case 'catalogRead':
        answered(facts, 'catalog', tell)
        Object.assign(held, {
          catalog: event.catalog,
          catalogDue: false,
          leftServerBy: null,
          doubted: false,
        })
        if (held.tuple !== null) held.tuple.replaceable = true
        if (event.catalog.credentialEndpoint === null) {
          facts.step.unavailable = true
          held.catalogDue = true
          owe(facts, 'catalog', config.timing.slowRetryMs, 'CAT-4')
        }
        break
      case 'tupleIssued':
        answered(facts, 'credential', tell)
        held.doubted = false
        takeTuple(facts, event, tell)
        break
      case 'callRefused':
        refused(facts, event)
        break
      case 'callFailed':
        if (held.call !== null)
          owe(
            facts,
            held.call.purpose,
            Math.max(
              config.timing.backoffFloorMs,
              Math.min(event.retryAfterMs ?? 0, config.timing.retryAfterCapMs),
            ),
            'REC-2',
          )
        held.failures += 1
        held.call = null
        break
      case 'tokenRevoked':
        answered(facts, 'revoke', tell)
        facts.step.revoked = true
        break
      case 'timer.stableOnline':
        if (facts.link.connection?.phase === 'online') held.failures = 0
        break
    }
    doubtCatalog(facts, event)
  },

  did(facts, effect, tell) {
    const { authority: held, config } = facts
    if (effect.type === 'call') checkCall(facts, effect, tell)
    if (effect.type === 'cancelCall') {
      if (held.call?.id !== effect.call) tell('CORE-4', `only the outstanding call is cancelled`)
      if (held.call !== null) owe(facts, held.call.purpose, config.timing.backoffFloorMs, 'REC-2')
      held.failures += 1
      held.call = null
    }
    if (effect.type === 'forgetSecret') {
      held.secrets.delete(effect.secret)
      if (held.token?.secret === effect.secret) held.token = null
    }
    if (effect.type === 'setTimer' && effect.timer === 'renewTuple' && held.tuple !== null) {
      const renewAt = facts.now + effect.delayMs
      if (held.tuple.renewAt === null && effect.delayMs > 0 && renewAt <= held.tuple.endsAt)
        held.tuple.renewAt = renewAt
      else if (held.tuple.renewAt === null) tell('CRED-6', 'the renewal comes within the life of the tuple')
    }
    if (effect.type === 'setTimer' && effect.timer === 'retryCall') {
      const least = facts.step.callWaitMs ?? config.timing.backoffFloorMs
      const most = Math.max(least, longestBackoffMs(facts, held.failures))
      if (effect.delayMs < least || effect.delayMs > Math.ceil(most))
        tell('REC-2', `the wait before the next call is between ${least} and ${most} ms`)
    }
  },

  settled(facts, tell) {
    const { authority: held, stop, now } = facts
    if (stop.reason !== null) return
    const { tuple } = held
    if (facts.step.owesToken !== null)
      tell(facts.step.owesToken, 'after a first 401 the token is renewed at once')
    const isBusy = isAsking(facts)
    if (!isBusy && held.catalogDue && tuple !== null) tell('CAT-8', 'a catalog that is doubted is read again')
    if (!isBusy && tuple !== null && (tuple.renewAt ?? now) <= now && tuple.endsAt > now)
      tell('REN-1', 'at renew_after the next tuple is asked for')
    // Where the old session closes still, its end asks: that wait has a deadline (CONN-3).
    const isClosing = facts.link.connection?.phase === 'closing'
    if (!isBusy && !isClosing && usableTuple(facts) === null)
      tell('CORE-7', 'without a tuple to connect with, one is asked for')
    if (tuple === null || tuple.endsAt <= now) return
    if (!isDueBy(facts, 'expireTuple', tuple.endsAt)) tell('CRED-5', 'the end of the tuple has a timer')
    if (!isBusy && !isDueBy(facts, 'renewTuple', Math.max(now, tuple.renewAt ?? now)))
      tell('REN-1', 'renew_after has a timer')
  },
}

/** The call that was outstanding is answered, with an answer that fits it. */
function answered({ authority: held }: Facts, purpose: CallPurpose, tell: Tell): void {
  if (held.call !== null && held.call.purpose !== purpose)
    tell('CORE-4', `a ${purpose} answer is not taken for a ${held.call.purpose} call`)
  held.call = null
  held.waits.delete(purpose)
}

/** The lifetimes run from receipt (CRED-5); one that makes no sense is clamped, aloud (CRED-6). */
function takeTuple(facts: Facts, event: EventOf<'tupleIssued'>, tell: Tell): void {
  const { authority: held, config, now, step } = facts
  const { renewAfterMs, sessionHardExpiresInMs: hardMs } = event
  const lifeMs = Math.min(event.expiresInMs, hardMs ?? event.expiresInMs)
  // Sooner than a backoff, a renewal would be a hot loop: such a wish may be moved too.
  const isWish = renewAfterMs !== null && renewAfterMs > 0 && renewAfterMs < lifeMs
  const isFit = isWish && renewAfterMs >= Math.min(config.timing.backoffFloorMs, lifeMs / 2)
  const isTold = step.line.effects.some(({ type }) => type === 'diagnose')
  if ((hardMs === null || !isWish) && !isTold) tell('CRED-6', 'a lifetime that makes no sense is told')
  held.tuple = {
    secret: event.call,
    clientId: event.clientId,
    username: event.username,
    scopes: event.scopes,
    renewAt: isFit ? now + renewAfterMs : null,
    endsAt: now + lifeMs,
    spentBy: null,
    replaceable: false,
    keptBy: null,
  }
  held.secrets.add(event.call)
}

function refused(facts: Facts, event: EventOf<'callRefused'>): void {
  const { authority: held, config } = facts
  const purpose = held.call?.purpose
  held.call = null
  if (purpose === undefined || purpose === 'revoke') return
  const demand = refusalDemand(purpose, event)
  if (demand === 'newToken' && !held.doubted) {
    held.doubted = true
    facts.step.owesToken = event.status === 401 ? 'AUTH-5' : 'CAT-6'
    if (held.token !== null) held.token = { ...held.token, dueAt: Number.NEGATIVE_INFINITY }
    return
  }
  if (demand === 'catalog') {
    held.catalogDue = true
    held.failures += 1
    owe(facts, 'catalog', config.timing.backoffFloorMs, 'REC-4')
    return
  }
  held.doubted = false
  held.catalogDue = true
  facts.step.refusal = 'must'
  owe(facts, purpose, config.timing.slowRetryMs, demand === 'newToken' ? 'AUTH-5' : 'AUTH-6')
}

/** What makes the catalog due again (CAT-8). */
function doubtCatalog(facts: Facts, event: DeviceEvent): void {
  const { authority: held, link, step, outbox } = facts
  // CORE-4: a PUBACK for an attempt that was given up, or whose report is settled, changes nothing.
  const topicRefused =
    event.type === 'mqttPublishAnswered' &&
    pubackDemand(event.reasonCode) === 'catalog' &&
    outbox.pending.some(({ delivery }) => delivery === event.delivery)
  const ackRefused = event.type === 'mqttSubscribed' && link.connection?.acknowledgements === 'refused'
  if (event.type !== 'mqttClosed' && event.type !== 'mqttRefused') {
    if (topicRefused || ackRefused) held.catalogDue = true
  } else if (step.demand?.catalog === true) {
    held.catalogDue = true
    held.leftServerBy = step.demand.rule
  }
  if (topicRefused || ackRefused || step.demand !== null) held.failures += 2
}

/** The next call of this purpose has to wait so long (REC-4). */
function owe(
  facts: Facts,
  purpose: CallPurpose,
  ms: number,
  rule: 'REC-2' | 'REC-4' | 'AUTH-5' | 'AUTH-6' | 'CAT-4',
) {
  facts.authority.waits.set(purpose, { until: facts.now + ms, rule })
  facts.step.callWaitMs = Math.max(ms, facts.step.callWaitMs ?? 0)
}

function checkCall(facts: Facts, effect: EffectOf<'call'>, tell: Tell): void {
  const { authority: held, config, now, stop } = facts
  const { purpose } = effect
  if (held.call !== null) tell('AUTH-4', 'one call is outstanding at most')
  if (!effect.url.startsWith('https://')) tell('AUTH-1', 'a call is https: always')
  else if (!effect.url.startsWith(`${config.apiUrl}/`)) tell('CAT-2', 'a call goes to the API')
  if (stop.reason !== null && purpose !== 'revoke') tell('STOP-1', 'after a stop, no call but the revocation')
  const wait = held.waits.get(purpose)
  if (wait !== undefined && wait.until > now && purpose !== 'revoke')
    tell(wait.rule, `the next ${purpose} call waits ${wait.until - now} ms more`)
  held.waits.delete(purpose)
  if (purpose === 'token') facts.step.owesToken = null
  requests[purpose](facts, effect, tell)
  held.call = { id: effect.call, purpose }
}

const requests: {
  readonly [purpose in CallPurpose]: (facts: Facts, effect: EffectOf<'call'>, tell: Tell) => void
} = {
  token({ config }, { method, url, authorization, body }, tell) {
    const basic = authorization.scheme === 'basic' && authorization.secret === 'client'
    const { grant_type, scope } = body.kind === 'form' ? body.fields : {}
    const isRequest = method === 'POST' && url === `${config.apiUrl}/oauth/token`
    if (!isRequest || !basic || grant_type !== 'client_credentials' || typeof scope !== 'string')
      return tell(
        'AUTH-2',
        'a token is asked for by POST /oauth/token with client_credentials and HTTP Basic',
      )
    const scopes = scope.split(' ')
    const wanted = ['iot:catalog:read', 'iot:mqtt:connect', 'iot:mqtt:ack:read', 'iot:mqtt:feed-data:write']
    if (config.commandRoutes.length > 0) wanted.push('iot:mqtt:desired:read')
    if (scopes.length !== wanted.length || !wanted.every((one) => scopes.includes(one)))
      tell('AUTH-3', `the scopes asked for are ${wanted.join(' ')}`)
  },

  catalog(facts, effect, tell) {
    const { config } = facts
    bearer(facts, effect, tell)
    const url = `${config.apiUrl}/iot/v1/devices/${encodeURIComponent(String(config.deviceId))}/mqtt`
    if (effect.method !== 'GET' || effect.url !== url || effect.body.kind !== 'none')
      tell('CAT-1', `the catalog is read by GET ${url}`)
  },

  credential(facts, effect, tell) {
    const { authority: held, config, now } = facts
    bearer(facts, effect, tell)
    if (held.catalog === null) return tell('CAT-1', 'the catalog is read before a tuple is asked for')
    const endpoint = held.catalog.credentialEndpoint
    if (endpoint === null) return tell('CAT-4', 'without a credential_endpoint no tuple is asked for')
    if (held.catalogDue) tell('CAT-8', 'a doubted catalog is read before a tuple is asked for')
    const { tuple } = held
    const isGood = tuple !== null && tuple.spentBy === null && !tuple.replaceable
    if (isGood && (tuple.renewAt ?? now) > now)
      tell(tuple.keptBy ?? 'REC-1', 'a tuple that is good is used until its renew_after')
    const narrowed = config.credentialScopes
    const scopes = narrowed === null ? {} : { scopes: [...new Set(['iot:mqtt:connect', ...narrowed])] }
    const body = { ...endpoint.body, ...scopes }
    const said = effect.body.kind === 'json' ? effect.body.value : null
    if (
      effect.method !== endpoint.method ||
      effect.url !== config.apiUrl + endpoint.endpoint ||
      !isSameJson(said, body)
    )
      tell('CRED-1', 'the credential request is the catalog’s own, or with the narrower scopes of the host')
  },

  revoke({ authority: { token }, stop, link }, { method, url, authorization, body }, tell) {
    if (stop.reason === null) tell('AUTH-7', 'a token is revoked at a stop only')
    if (stop.reason !== 'compromise' && link.connection !== null)
      tell('AUTH-7', 'a token is revoked after the session was closed')
    stop.triedToRevoke = true
    const field = body.kind === 'form' ? body.fields.token : undefined
    const isToken = typeof field === 'object' && field.secret === token?.secret
    if (method !== 'POST' || !url.endsWith('/oauth/revoke') || authorization.scheme !== 'basic' || !isToken)
      tell('AUTH-7', 'the token is revoked by POST /oauth/revoke')
  },
}

function bearer(
  { authority: { token, tuple }, now }: Facts,
  { authorization, purpose }: EffectOf<'call'>,
  tell: Tell,
) {
  if (authorization.scheme !== 'bearer' || token === null || authorization.secret !== token.secret)
    return tell('AUTH-2', `the ${purpose} call carries the Bearer token`)
  const isRenewal = purpose === 'credential' && tuple !== null && (tuple.renewAt ?? now) <= now
  if (token.dueAt <= now)
    tell(isRenewal ? 'REN-2' : 'AUTH-4', `a token that is due is renewed before the ${purpose} call`)
}
