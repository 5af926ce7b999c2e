import * as v from 'valibot'
import { type Answer, refusal } from './answers.ts'
import { readBearer } from './basic-auth.ts'
import { catalogBody } from './catalog.ts'
import type { Credentials } from './credentials.ts'
import type { SandboxDevice } from './device.ts'
import type { Settings } from './options.ts'
import { SCOPES, type Scope } from './scopes.ts'
import type { LiveToken, Tokens } from './tokens.ts'

/** The two endpoints behind the Bearer token. */
export interface Iot {
  /** `GET /iot/v1/devices/{device_id}/mqtt` */
  catalog(request: { authorization: string | undefined; deviceId: string }): Answer
  /** `POST /iot/v1/mqtt-credentials` */
  credential(request: {
    authorization: string | undefined
    contentType: string | undefined
    text: string
  }): Promise<Answer>
  /** Whether the catalog has a `credential_endpoint` (CAT-4). */
  setCredentialsAvailable(available: boolean): void
  /** The most that a credential is granted from now on, whatever it asks for (CRED-4). */
  setGrantedScopes(scopes: readonly Scope[]): void
}

const credentialRequest = v.looseObject({
  device_id: v.union([v.pipe(v.number(), v.safeInteger()), v.string()]),
  scopes: v.optional(v.array(v.picklist(SCOPES))),
})

/** The IoT endpoints for one device. */
export function createIot(parts: {
  device: SandboxDevice
  settings: Settings
  tokens: Tokens
  credentials: Credentials
  brokerUrl: () => string
}): Iot {
  const { device, settings, tokens, credentials, brokerUrl } = parts
  let credentialsAvailable = true
  let grantedScopes: readonly Scope[] = SCOPES

  function authorize(header: string | undefined, scope: Scope): LiveToken | Answer {
    const text = readBearer(header)
    const token = text === undefined ? undefined : tokens.find(text)
    if (token === undefined) return refusal(401, 'The Bearer token is missing, unknown, expired or revoked.')
    if (!token.scopes.includes(scope)) return refusal(403, `The token lacks ${scope}.`)
    return token
  }

  return {
    catalog({ authorization, deviceId }) {
      const token = authorize(authorization, 'iot:catalog:read')
      if ('status' in token) return token
      if (deviceId !== String(device.deviceId)) return refusal(404, 'No such device.')
      return {
        status: 200,
        headers: { 'cache-control': 'no-store' },
        body: catalogBody(device, settings, brokerUrl(), credentialsAvailable),
      }
    },
    async credential({ authorization, contentType, text }) {
      const token = authorize(authorization, 'iot:mqtt:connect')
      if ('status' in token) return token
      if (!credentialsAvailable) return refusal(404, 'MQTT credentials are not available for this device.')
      if (!/^application\/json\b/i.test(contentType ?? '')) return refusal(400, 'The body must be JSON.')
      let json: unknown
      try {
        json = JSON.parse(text)
      } catch {
        return refusal(400, 'The body is not JSON.')
      }
      const parsed = v.safeParse(credentialRequest, json)
      if (!parsed.success) {
        const [issue] = parsed.issues
        return refusal(422, `${v.getDotPath(issue) ?? 'body'} is not valid.`)
      }
      if (String(parsed.output.device_id) !== String(device.deviceId)) {
        return refusal(403, 'The device is not the authenticated one.')
      }
      const asked = parsed.output.scopes ?? device.defaultScopes
      if (!asked.includes('iot:mqtt:connect')) return refusal(422, 'scopes must include iot:mqtt:connect.')
      const granted = grantedScopes.filter((scope) => asked.includes(scope) && token.scopes.includes(scope))
      const issued = await credentials.issue(granted)
      const { lifetimes } = settings
      return {
        status: 201,
        headers: { 'cache-control': 'no-store', pragma: 'no-cache' },
        body: {
          code: 2000,
          mqtt: {
            mqtt_client_id: device.clientId,
            mqtt_username: issued.username,
            mqtt_credential: issued.password,
            scopes: granted,
            expires_in: lifetimes.credentialExpiresInSeconds,
            renew_after: lifetimes.credentialRenewAfterSeconds,
            session_hard_expires_in: lifetimes.sessionHardExpiresInSeconds,
            x_sandbox_unknown: { ignored: true },
          },
        },
      }
    },
    setCredentialsAvailable(available) {
      credentialsAvailable = available
    },
    setGrantedScopes(scopes) {
      grantedScopes = SCOPES.filter((scope) => scopes.includes(scope))
    },
  }
}
