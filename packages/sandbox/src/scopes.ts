/** The OAuth scopes of the MQTT transport (flow page, "Scope" table). */
export const SCOPES = [
  'iot:catalog:read',
  'iot:mqtt:connect',
  'iot:mqtt:ack:read',
  'iot:mqtt:feed-data:write',
  'iot:mqtt:desired:read',
] as const

/** One of the five scopes. */
export type Scope = (typeof SCOPES)[number]

/** Tells whether a text is one of the five scopes. */
export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text)
}
