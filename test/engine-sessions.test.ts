import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { type Sandbox, type SandboxOptions, startSandbox } from '@realer-device/sandbox'
import { afterEach, describe, expect, test } from 'vitest'
import { type EngineFacts, sessionEngines } from './sessions/engines.ts'

const running: Sandbox[] = []
afterEach(async () => {
  for (const sandbox of running.splice(0)) await sandbox.stop()
})

async function start(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options)
  running.push(sandbox)
  return sandbox
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

/** What a session needs to know of a sandbox; `trusted` is the one whose server it believes. */
async function factsOf(sandbox: Sandbox, trusted: Sandbox, limitMs: number): Promise<EngineFacts> {
  const { apiUrl, brokerWebSocketUrl, deviceId, clientId, clientSecret } = sandbox
  const routes = Object.fromEntries(
    Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId]),
  )
  const trust = { caPem: trusted.caPem, serverKeyHash: await keyHashOf(trusted) }
  return { apiUrl, brokerWebSocketUrl, deviceId, clientId, clientSecret, routes, limitMs, ...trust }
}

describe.each(sessionEngines)('a real session in $name', ({ name, program, needs, tells, run }) => {
  if (program === null) {
    process.stdout.write(
      `SKIPPED: a session in ${name} (not found: put it in the PATH, or name its folder in REALER_ENGINES)\n`,
    )
    test.skip('the engine is not on this machine', () => {})
    return
  }

  test('CONN-1 PUB-2 DES-7 ACK-2 AUTH-7: online, a reading, a command, its acknowledgement, a stop', async () => {
    const sandbox = await start(needs)
    // It waits until the device is there to take it.
    const { desiredId } = sandbox.desire('door', 'open', { validForSeconds: 60 })
    expect(await run(program, await factsOf(sandbox, sandbox, 30_000))).toEqual({
      online: true,
      reported: 'done',
      commanded: 'open',
      acknowledged: 'done',
      revoked: true,
    })
    // What the cloud has seen of it.
    expect(sandbox.outcomeOf(desiredId)).toBe('applied')
    expect([sandbox.valueOf('temperature'), sandbox.valueOf('door')]).toEqual(['21.5', 'open'])
    const summary = sandbox.ledger.summary()
    expect(summary.violations).toEqual([])
    expect(summary).toMatchObject({ revoked: true, connects: 1 })
  })

  test('AUTH-1: a server that is not vouched for gets no call, and the session does not begin', async () => {
    const [sandbox, another] = [await start(needs), await start()]
    const result = await run(program, await factsOf(sandbox, another, 3_000))
    expect(result).toEqual({ failed: expect.stringContaining('no session within 3000 ms') })
    expect(sandbox.ledger.entries).toEqual([])
  })

  test('CONN-1: a broker that is not vouched for gets no CONNECT', async () => {
    const [sandbox, another] = [await start(needs), await start(needs)]
    // The API is trusted, and its catalog names a broker that is not.
    sandbox.faults.order({
      at: 'catalog',
      patch: { set: { 'mqtt.broker_url': another.brokerUrl } },
      times: 9,
    })
    const { brokerWebSocketUrl } = another
    const facts = { ...(await factsOf(sandbox, sandbox, 5_000)), brokerWebSocketUrl }
    const result = await run(program, facts)
    expect(result).toEqual({ failed: expect.stringContaining('no session within 5000 ms') })
    expect(result).toEqual({ failed: expect.stringContaining(`The connection ended (${tells})`) })
    expect(sandbox.ledger.entries.map(({ kind }) => kind)).toContain('credential-issued')
    expect(another.ledger.entries).toEqual([])
  })
})
