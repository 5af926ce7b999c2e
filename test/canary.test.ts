import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectDevice, type Device, type DeviceEvents, type Snapshot } from '@realer-device/node'
import { type Sandbox, type SandboxOptions, startSandbox } from '@realer-device/sandbox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formsOf, judgeSecrets, leaksIn, placesOf, rightPlaces, secretsOf } from './support/secrets.ts'
import { complaintsOfWire } from './support/wire-judge.ts'
import { type Answer, startWiretap, type TappedCall, type Wiretap } from './support/wiretap.ts'

let sandbox: Sandbox
let tap: Wiretap
let transcript: Transcript
let devices: Device[]

const cloud: SandboxOptions = { routes: { sensors: ['temperature'], commands: ['door'] } }

beforeEach(async () => {
  sandbox = await startSandbox(cloud)
  tap = await startWiretap(sandbox)
  transcript = createTranscript()
  devices = []
})

afterEach(async () => {
  for (const device of devices) await device.stop()
  await tap.stop()
  await sandbox.stop()
})

/** Everything that a device says, by where it says it. */
interface Transcript {
  add(place: string, said: unknown): void
  /** The places, and all that was said there. */
  readonly places: ReadonlyMap<string, readonly string[]>
}

function createTranscript(): Transcript {
  const places = new Map<string, string[]>()
  return {
    places,
    add(place, said) {
      const text = typeof said === 'string' ? said : JSON.stringify(said)
      places.set(place, [...(places.get(place) ?? []), text])
    },
  }
}

const eventNames = [
  'online',
  'offline',
  'safe',
  'command',
  'report',
  'diagnostic',
  'stopped',
  'step',
] as const

/** A device behind the tap, all of whose words are written down. */
function makeDevice(execute: () => 'applied' | 'rejected' | Promise<'applied'>): Device {
  const device = connectDevice({
    apiUrl: tap.apiUrl,
    ca: tap.caPem,
    deviceId: sandbox.deviceId,
    clientId: sandbox.clientId,
    clientSecret: sandbox.clientSecret,
    routes: Object.fromEntries(Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId])),
    durable: true,
    timing: {
      backoffFloorMs: 10,
      backoffCapMs: 50,
      slowRetryMs: 20,
      acknowledgementTimeoutMs: 500,
      stopTimeoutMs: 5_000,
    },
  })
  for (const name of eventNames)
    device.on(name, (detail: DeviceEvents[typeof name]) => {
      transcript.add(`the event ${name}`, detail)
      if (name !== 'step') return
      transcript.add('state()', device.state())
      transcript.add('snapshot()', device.snapshot())
      transcript.add('pending()', device.pending())
    })
  device.onCommand('door', { execute, currentValue: () => 'as it is' })
  devices.push(device)
  return device
}

/** Resolves when the event comes that matches. */
function seen<Name extends keyof DeviceEvents>(
  device: Device,
  name: Name,
  matches: (detail: DeviceEvents[Name]) => boolean = () => true,
): Promise<DeviceEvents[Name]> {
  return new Promise((resolve) => {
    device.on(name, (detail) => matches(detail) && resolve(detail))
  })
}

/** Reports a reading; its outcome, or the error of its refusal, is written down. */
async function report(device: Device, value: unknown): Promise<unknown> {
  const outcome = await device.report('temperature', value as string).settled.catch((error: unknown) => error)
  transcript.add('a settled result', outcome instanceof Error ? textOf(outcome) : outcome)
  return outcome
}

function textOf(error: Error): string {
  return [String(error), error.stack, JSON.stringify(error)].join('\n')
}

/** All that is wrong, with what was said and with what was sent. */
function leaks(): string[] {
  const secrets = secretsOf(tap, sandbox)
  const said = [...transcript.places].flatMap(([place, texts]) => leaksIn(place, texts.join('\n'), secrets))
  return [...said, ...judgeSecrets(tap, secrets), ...complaintsOfWire(tap)]
}

/** The bearer token and the Basic credentials of a call, as a server that echoes its request would show them. */
function echo({ headers, body }: TappedCall): { [field: string]: string } {
  const authorization = headers.authorization ?? ''
  return { authorization, token: authorization.replace(/^\w+ /, ''), body, secret: sandbox.clientSecret }
}

const patched = (change: (body: Record<string, never>, call: TappedCall) => unknown) => {
  return ({ status, body }: Answer, call: TappedCall): Answer => ({
    status,
    body: JSON.stringify(change(JSON.parse(body), call)),
  })
}

/** The answer to a path, changed. */
type Hostile = [path: string, change: (answer: Answer, call: TappedCall) => Answer]

/** Refusals and answers that show secrets in every field but their own; each costs the device one attempt. */
function hostileAnswers(): Hostile[] {
  const catalog = `/iot/v1/devices/${sandbox.deviceId}/mqtt`
  const credential = '/iot/v1/mqtt-credentials'
  const token = '/oauth/token'
  return [
    [
      token,
      (_, call) => ({
        status: 401,
        body: JSON.stringify({ error: sandbox.clientSecret, error_description: echo(call).authorization }),
      }),
    ],
    [token, (_, call) => ({ status: 500, body: `<h1>${echo(call).authorization}</h1>` })],
    [token, (_, call) => ({ status: 200, body: `{"access_token": ${echo(call).secret}` })],
    [token, patched((body) => ({ ...body, expires_in: body.access_token }))],
    [token, patched((body) => ({ ...body, token_type: body.access_token, scope: sandbox.clientSecret }))],
    [
      catalog,
      (_, call) => ({ status: 403, body: JSON.stringify({ code: echo(call).token, message: echo(call) }) }),
    ],
    [
      catalog,
      patched((body, call) => ({ ...body, mqtt: { ...Object(body.mqtt), broker_url: echo(call).token } })),
    ],
    [
      catalog,
      patched((body, call) => ({
        ...body,
        mqtt: { ...Object(body.mqtt), feed_data_ack_topic: `acks/${echo(call).token}` },
      })),
    ],
    [
      catalog,
      patched((body, call) => ({
        ...body,
        mqtt: {
          ...Object(body.mqtt),
          credential_endpoint: {
            endpoint: `/iot/v1/mqtt-credentials?for=${encodeURIComponent(sandbox.clientSecret)}`,
            http_method: 'POST',
            body: { hint: Buffer.from(echo(call).token ?? '').toString('base64') },
          },
        },
      })),
    ],
    [credential, (_, call) => ({ status: 404, body: JSON.stringify({ code: 4004, message: echo(call) }) })],
    ...(
      [
        (mqtt, call) => ({ ...mqtt, mqtt_credential: echo(call).token }),
        (mqtt) => ({ ...mqtt, mqtt_username: mqtt.mqtt_credential }),
        (mqtt) => ({ ...mqtt, mqtt_client_id: mqtt.mqtt_credential }),
        (mqtt, call) => ({ ...mqtt, scopes: ['iot:mqtt:connect', echo(call).token] }),
        (mqtt) => ({ ...mqtt, expires_in: mqtt.mqtt_credential }),
        (mqtt) => ({ ...mqtt, [String(mqtt.mqtt_credential)]: 1, renew_after: sandbox.clientSecret }),
      ] satisfies ((mqtt: Record<string, unknown>, call: TappedCall) => unknown)[]
    ).map(
      (change): Hostile => [
        credential,
        patched((body, call) => ({ ...body, mqtt: change(Object(body.mqtt), call) })),
      ],
    ),
  ]
}

describe('no secret is told, whatever the cloud says', () => {
  test('CRED-3, AUTH-8, F-13 from the first refusal over a renewal, a reconnect and a restart to the stop', async () => {
    let hold = false
    const device = makeDevice(() => {
      if (hold) return new Promise(() => {})
      throw new Error(`the driver was given ${sandbox.clientSecret}`)
    })
    const hostile = hostileAnswers()
    for (const [path, change] of hostile) tap.alter(path, change)
    sandbox.faults.order({ at: 'connect', refuse: 0x87 })
    const online = seen(device, 'online')
    device.start()
    await report(device, '21.5')
    await online
    expect(tap.calls.length).toBeGreaterThan(hostile.length)

    // A broker that shows the device its own secrets, in a command, in an acknowledgement and in neither.
    const secrets = secretsOf(tap, sandbox)
    const [token, credential] = ['token', 'credential'].map(
      (kind) => secrets.filter((secret) => secret.kind === kind).at(-1)?.value ?? '',
    )
    const shown = seen(device, 'diagnostic', ({ code }) => code === 'message-shows-secret')
    sandbox.desireRaw('door', JSON.stringify({ version: 1, desired_id: token, value: credential }))
    await shown
    await expect(report(device, { toString: () => credential })).resolves.toMatchObject({
      code: 'value-invalid',
    })

    const failed = seen(device, 'command', ({ outcome }) => outcome === 'rejected')
    sandbox.desire('door', 'open')
    await failed

    const back = seen(device, 'online', ({ after }) => after === 'reconnect')
    sandbox.dropConnections()
    await back
    const renewed = seen(device, 'online', ({ after }) => after === 'reconnect')
    sandbox.expireCredentials()
    await renewed
    await report(device, '21.6')

    // The restart: a command runs, a report waits, and the process ends without a word.
    hold = true
    const running = seen(device, 'step', ({ effects }) => effects.some(({ type }) => type === 'startCommand'))
    sandbox.desire('door', 'closed')
    await running
    sandbox.faults.order({ at: 'acknowledgement', do: 'swallow' })
    const { messageId } = device.report('temperature', '21.7')
    const snapshot: Snapshot = JSON.parse(JSON.stringify(device.snapshot()))
    expect(snapshot.reports.map((kept) => kept.messageId)).toContain(messageId)
    await device.stop({ reason: 'compromise' })

    const again = makeDevice(() => 'applied')
    for (const wrong of [{ ...snapshot, reports: sandbox.clientSecret }, sandbox.clientSecret])
      try {
        again.start({ resume: wrong })
      } catch (error) {
        transcript.add('a thrown error', textOf(error as Error))
      }
    expect(transcript.places.get('a thrown error')).toHaveLength(2)
    const settled = seen(again, 'report', (one) => one.messageId === messageId)
    again.start({ resume: snapshot })
    await settled
    // A stop that turns into a compromise.
    const stopping = again.stop({ reason: 'decommissioning' })
    again.stop({ reason: 'compromise' })
    transcript.add('a settled result', await stopping)

    expect([...transcript.places.keys()].sort()).toEqual(
      [
        ...eventNames.map((name) => `the event ${name}`),
        ...['state()', 'snapshot()', 'pending()', 'a settled result', 'a thrown error'],
      ].sort(),
    )
    expect(leaks()).toEqual([])
    expectRightPlaces()
  })

  test('CRED-3, REN-1 a renewal gives each connection its own credential, in its CONNECT and nowhere else', async () => {
    const device = makeDevice(() => 'applied')
    sandbox.faults.order({ at: 'credential', patch: { set: { 'mqtt.renew_after': 1 } } })
    const renewed = seen(device, 'online', ({ after }) => after === 'renewal')
    device.start()
    await renewed
    await report(device, '21.5')
    await device.stop()
    expect(leaks()).toEqual([])
    const credentials = secretsOf(tap, sandbox).filter(({ kind }) => kind === 'credential')
    expect(credentials).toHaveLength(2)
    for (const credential of credentials) expect(placesOf(credential, tap)).toEqual(['connect password'])
  })

  test('CRED-3, F-13 the program tells no secret, with every step and the debug output of its libraries', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'realer-canary-'))
    try {
      await writeFile(join(folder, 'ca.pem'), tap.caPem)
      const run = async (...more: string[]): Promise<number | null> => {
        const { code, written } = await runProgram([
          ...['run', '--trace', '--json', '--api-url', tap.apiUrl, '--ca', join(folder, 'ca.pem')],
          ...['--device-id', String(sandbox.deviceId), '--client-id', sandbox.clientId],
          ...['--route', `temperature=${sandbox.routes.temperature?.routeId}`],
          ...['--route', `door=${sandbox.routes.door?.routeId}`, '--command', 'door', ...more],
        ])
        transcript.add('the output of the program', written)
        return code
      }
      // A start that is refused ends the program: the first hostile answer of each call, and then none.
      for (const call of [
        '/oauth/token',
        `/iot/v1/devices/${sandbox.deviceId}/mqtt`,
        '/iot/v1/mqtt-credentials',
      ]) {
        const [first] = hostileAnswers().filter(([path]) => path === call)
        if (first !== undefined) tap.alter(...first)
        expect(await run()).toBeGreaterThan(1)
      }
      expect(await run('--report', 'temperature=21.5')).toBe(0)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    expect(transcript.places.get('the output of the program')?.at(-1)).toContain('"kind":"step"')
    expect(leaks()).toEqual([])
    expectRightPlaces()
  })
})

/** Each kind of secret has been where it belongs, so the search would have seen it. */
function expectRightPlaces(): void {
  const found = { client: new Set<string>(), token: new Set<string>(), credential: new Set<string>() }
  for (const secret of secretsOf(tap, sandbox))
    for (const place of placesOf(secret, tap)) found[secret.kind].add(place)
  for (const kind of ['client', 'token', 'credential'] as const)
    expect([...found[kind]].sort()).toEqual([...rightPlaces[kind]].sort())
}

/** Runs the program as a process of its own, with all that its libraries say on demand. */
function runProgram(args: readonly string[]): Promise<{ code: number | null; written: string }> {
  const program = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, REALER_CLIENT_SECRET: sandbox.clientSecret, DEBUG: '*' },
  })
  let written = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      written += text
    })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, written }))
  })
}

describe('the search finds what is told', () => {
  test('breach of CRED-3: a secret that is planted in any place, in any form, is found there', async () => {
    const device = makeDevice(() => 'applied')
    device.start()
    await report(device, '21.5')
    await device.stop()
    expect(leaks()).toEqual([])
    const secrets = secretsOf(tap, sandbox)
    expect(secrets).toHaveLength(4)
    const [step] = transcript.places.get('the event step') ?? []
    for (const { name, value } of secrets)
      for (const [form, written] of formsOf(value)) {
        const planted = [
          ['the event step', JSON.stringify({ ...JSON.parse(step ?? '{}'), hint: `${written}` })],
          [
            'the event diagnostic',
            JSON.stringify({ code: 'call-refused', message: `not ${written}: ${form}` }),
          ],
        ] as const
        for (const [place, text] of planted)
          expect(leaksIn(place, text, secrets)).toContainEqual(
            expect.stringMatching(new RegExp(`^CRED-3: ${name} stands in ${place} \\(`)),
          )
      }
    // The search of a whole device sees what one of its places shows.
    for (const place of [
      'the event step',
      'state()',
      'snapshot()',
      'the event diagnostic',
      'a settled result',
    ]) {
      const before = transcript
      transcript = createTranscript()
      transcript.add(place, { inside: Buffer.from(`xy${sandbox.clientSecret}`).toString('base64') })
      expect(leaks()).toContainEqual(expect.stringContaining(`the client secret stands in ${place}`))
      transcript = before
    }
  })
})
