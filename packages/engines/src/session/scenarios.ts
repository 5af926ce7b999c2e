import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { type Sandbox, type SandboxOptions, startSandbox } from '@realer-device/sandbox'
import type { EngineFacts, SessionLauncher } from './launch.ts'

/** One thing that a session in an engine must show: what, and the trial of it, which gives what was wrong. */
export interface Scenario {
  readonly name: string
  readonly complaints: (launcher: SessionLauncher, program: string) => Promise<string[]>
}

/** What every engine with sockets must show against a sandbox of its own. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'CONN-1 PUB-2 DES-7 ACK-2 AUTH-7: online, a reading, a command, its acknowledgement, a stop',
    complaints: (launcher, program) =>
      withSandboxes([launcher.needs], async ([sandbox]) => {
        // It waits until the device is there to take it.
        const { desiredId } = sandbox.desire('door', 'open', { validForSeconds: 60 })
        const result = await launcher.run(program, await factsOf(sandbox, sandbox, 60_000))
        const { violations, revoked, connects } = sandbox.ledger.summary()
        const [temperature, door] = [sandbox.valueOf('temperature'), sandbox.valueOf('door')]
        return [
          ...differs('the session', result, {
            online: true,
            reported: 'done',
            commanded: 'open',
            acknowledged: 'done',
            revoked: true,
          }),
          // What the cloud has seen of it.
          ...differs('the outcome', sandbox.outcomeOf(desiredId), 'applied'),
          ...differs('the values', { temperature, door }, { temperature: '21.5', door: 'open' }),
          ...differs(
            'the ledger',
            { violations, revoked, connects },
            { violations: [], revoked: true, connects: 1 },
          ),
        ]
      }),
  },
  {
    name: 'AUTH-1: a server that is not vouched for gets no call, and the session does not begin',
    complaints: (launcher, program) =>
      withSandboxes([launcher.needs, {}], async ([sandbox, another]) => {
        const result = await launcher.run(program, await factsOf(sandbox, another, 3_000))
        return [
          ...lacks(result, 'no session within 3000 ms'),
          ...differs('what the cloud has seen', sandbox.ledger.entries, []),
        ]
      }),
  },
  {
    name: 'CONN-1: a broker that is not vouched for gets no CONNECT',
    complaints: (launcher, program) =>
      withSandboxes([launcher.needs, launcher.needs], async ([sandbox, another]) => {
        // The API is trusted, and its catalog names a broker that is not.
        const set = { 'mqtt.broker_url': another.brokerUrl }
        sandbox.faults.order({ at: 'catalog', patch: { set }, times: 99 })
        const { brokerWebSocketUrl } = another
        const facts = await factsOf(sandbox, sandbox, 5_000)
        const result = await launcher.run(program, { ...facts, brokerWebSocketUrl })
        const wasAsked = sandbox.ledger.entries.some(({ kind }) => kind === 'credential-issued')
        return [
          ...lacks(result, 'no session within 5000 ms'),
          // A slow engine may not come as far as the broker in that time, and then has shown nothing.
          ...(wasAsked
            ? lacks(result, `The connection ended (${launcher.tells})`)
            : ['no credential was asked for']),
          ...differs('what the other cloud has seen', another.ledger.entries, []),
        ]
      }),
  },
]

/** Starts sandboxes, uses them and stops them. */
async function withSandboxes(
  options: readonly SandboxOptions[],
  use: (sandboxes: readonly [Sandbox, Sandbox]) => Promise<string[]>,
): Promise<string[]> {
  const sandboxes: Sandbox[] = []
  try {
    for (const each of options) sandboxes.push(await startSandbox(each))
    const [one, other = one] = sandboxes
    if (one === undefined || other === undefined) throw new Error('no sandbox was asked for')
    return await use([one, other])
  } finally {
    for (const sandbox of sandboxes) await sandbox.stop()
  }
}

/** What a session needs to know of a sandbox; `trusted` is the one whose server it believes. */
async function factsOf(sandbox: Sandbox, trusted: Sandbox, limitMs: number): Promise<EngineFacts> {
  const { apiUrl, brokerWebSocketUrl, deviceId, clientId, clientSecret } = sandbox
  const routes = Object.fromEntries(
    Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId]),
  )
  const trust = { caPem: trusted.caPem, serverKeyHash: await keyHashOf(trusted) }
  return { apiUrl, brokerWebSocketUrl, deviceId, clientId, clientSecret, routes, limitMs, ...trust }
}

/** The hash of the key of the sandbox's certificate, which its authority vouches for. */
async function keyHashOf({ apiUrl, caPem }: Sandbox): Promise<string> {
  const { hostname, port } = new URL(apiUrl)
  const socket = connect({ host: hostname, port: Number(port), ca: caPem })
  await once(socket, 'secureConnect')
  const { publicKey } = new X509Certificate(socket.getPeerCertificate().raw)
  socket.destroy()
  const key = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(key).digest('base64')
}

function differs(what: string, got: unknown, wanted: unknown): string[] {
  const [is, shouldBe] = [JSON.stringify(got), JSON.stringify(wanted)]
  return is === shouldBe ? [] : [`${what} is ${is}, not ${shouldBe}`]
}

function lacks(result: object, words: string): string[] {
  const text = JSON.stringify(result)
  return text.includes(words) ? [] : [`the session said ${text}, and not: ${words}`]
}
