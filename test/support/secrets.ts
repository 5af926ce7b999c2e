import type { Packet, TappedCall, TappedConnection, Wiretap } from './wiretap.ts'

/** A secret of a device, and what it is. */
export interface Secret {
  readonly kind: 'client' | 'token' | 'credential'
  readonly name: string
  readonly value: string
}

/** Every secret that a cloud behind a tap has given a device: the client's own, and each token and credential issued. */
export function secretsOf(
  tap: Pick<Wiretap, 'calls'>,
  client: { readonly clientId: string; readonly clientSecret: string },
): Secret[] {
  const issued = tap.calls.flatMap(({ path, answer }, number): Secret[] => {
    const body = read(answer?.body)
    const token = path === '/oauth/token' ? body.access_token : undefined
    const credential = path === '/iot/v1/mqtt-credentials' ? Object(body.mqtt).mqtt_credential : undefined
    if (typeof token === 'string')
      return [{ kind: 'token', name: `the token of call ${number}`, value: token }]
    if (typeof credential !== 'string') return []
    return [{ kind: 'credential', name: `the credential of call ${number}`, value: credential }]
  })
  const { clientId, clientSecret } = client
  return [
    { kind: 'client', name: 'the client secret', value: clientSecret },
    { kind: 'client', name: 'the Basic credentials', value: base64(`${clientId}:${clientSecret}`) },
    ...issued,
  ]
}

/** Where secrets stand in a text, a sentence each; nothing where none does. */
export function leaksIn(place: string, text: string, secrets: readonly Secret[]): string[] {
  return secrets.flatMap((secret) =>
    [...formsOf(secret.value)].flatMap(([form, written]) =>
      text.includes(written) ? [`CRED-3: ${secret.name} stands in ${place} (${form})`] : [],
    ),
  )
}

/** The forms in which a secret could stand in a text. */
export function formsOf(secret: string): Map<string, string> {
  const bytes = Buffer.from(secret)
  const forms = new Map([
    ['as it is', secret],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['URL-encoded', encodeURIComponent(secret)],
    ['as a form field', new URLSearchParams({ x: secret }).toString().slice(2)],
    ['in hexadecimal', bytes.toString('hex')],
  ])
  // In Base64 a text looks otherwise by what stands before it: one form for each of the three places it can begin at.
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const own = encoded.slice([0, 2, 3][before], Math.floor(((before + bytes.length) * 8) / 6))
    forms.set(`in Base64 after ${before} bytes`, own)
    forms.set(`in Base64 for addresses after ${before} bytes`, own.replaceAll('+', '-').replaceAll('/', '_'))
  }
  return forms
}

/** The only places for each kind of secret in what a device sends (AUTH-2, AUTH-8, CRED-3, CONN-1). */
export const rightPlaces: { readonly [kind in Secret['kind']]: readonly string[] } = {
  client: ['POST /oauth/token authorization', 'POST /oauth/revoke authorization'],
  token: ['catalog authorization', 'POST /iot/v1/mqtt-credentials authorization', 'POST /oauth/revoke body'],
  credential: ['connect password'],
}

/** Everywhere that a secret stands in what the device behind a tap has sent. */
export function placesOf(secret: Secret, tap: Pick<Wiretap, 'calls' | 'connections'>): string[] {
  const parts = [...tap.calls.flatMap(partsOfCall), ...tap.connections.flatMap(partsOfConnection)]
  return parts.filter(([place, text]) => leaksIn(place, text, [secret]).length > 0).map(([place]) => place)
}

/** AUTH-8, CRED-3: what is wrong with where secrets stand on a wire; nothing where each stands in its place alone. */
export function judgeSecrets(
  tap: Pick<Wiretap, 'calls' | 'connections'>,
  secrets: readonly Secret[],
): string[] {
  return secrets.flatMap((secret) =>
    placesOf(secret, tap)
      .filter((place) => !rightPlaces[secret.kind].includes(place))
      .map((place) => {
        const rule = secret.kind === 'token' && !place.includes(' /') ? 'AUTH-8' : 'CRED-3'
        return `${rule}: ${secret.name} was sent in ${place}`
      }),
  )
}

function partsOfCall({ method, path, headers, body }: TappedCall): [string, string][] {
  const call = path.startsWith('/iot/v1/devices/') ? 'catalog' : `${method} ${path}`
  const lines = Object.entries(headers).map(([name, value]): [string, string] => [
    `${call} ${name}`,
    String(value),
  ])
  return [[`${call} address`, path], [`${call} body`, body], ...lines]
}

function partsOfConnection({
  packets,
  bytes,
}: Pick<TappedConnection, 'packets' | 'bytes'>): [string, string][] {
  const read = packets.flatMap((packet) => partsOfPacket(packet))
  // What no decoder shows is looked at as well: the bytes without what CONNECT's last field holds.
  const [connect] = packets
  const password = connect?.cmd === 'connect' ? Buffer.from(connect.password ?? '') : Buffer.alloc(0)
  const at = password.length === 0 ? -1 : Buffer.from(bytes).indexOf(password)
  const rest = at < 0 ? bytes : Buffer.concat([bytes.slice(0, at), bytes.slice(at + password.length)])
  return [...read, ['the bytes beside the password', Buffer.from(rest).toString('latin1')]]
}

function partsOfPacket(packet: Packet): [string, string][] {
  return Object.entries(packet).flatMap(([field, value]): [string, string][] => {
    if (value === undefined || value === null || field === 'cmd') return []
    const text = Buffer.isBuffer(value) ? value.toString('utf8') : JSON.stringify(value)
    return [[`${packet.cmd} ${field}`, text]]
  })
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function read(text: string | undefined): { readonly [field: string]: unknown } {
  try {
    return Object(JSON.parse(text ?? '{}'))
  } catch {
    return {}
  }
}
