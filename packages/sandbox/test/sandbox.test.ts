import { X509Certificate } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { SandboxError, type SandboxOptions, startSandbox } from '@realer-device/sandbox'
import { describe, expect, it } from 'vitest'
import { basic, onlineDevice, requestToken } from './test-device.ts'

describe('options', () => {
  it.each([
    [{ broker: 'emqx' }, 'broker'],
    [{ deviceId: 1.5 }, 'deviceId'],
    [{ deviceId: 'a/b' }, 'deviceId'],
    [{ routes: { sensors: ['ok', 'with space'], commands: [] } }, 'routes.sensors.1'],
    [{ routes: { sensors: ['door-1'], commands: ['Door1'] } }, 'routes.commands.0'],
    [{ routes: { sensors: [] } }, 'routes.commands'],
    [{ lifetimes: { tokenExpiresInSeconds: 0 } }, 'lifetimes.tokenExpiresInSeconds'],
    [
      { lifetimes: { tokenExpiresInSeconds: 5, tokenRenewAfterSeconds: 5 } },
      'lifetimes.tokenRenewAfterSeconds',
    ],
    [{ lifetimes: { credentialRenewAfterSeconds: 4000 } }, 'lifetimes.credentialRenewAfterSeconds'],
    [{ lifetimes: { sessionHardExpiresInSeconds: Number.NaN } }, 'lifetimes.sessionHardExpiresInSeconds'],
    [{ limits: { receiveMaximum: 0 } }, 'limits.receiveMaximum'],
    [{ apiPort: 70_000 }, 'apiPort'],
    [{ typo: 1 }, 'typo'],
  ])('%j is refused by the name of its field', async (options, field) => {
    const refused = startSandbox(options as SandboxOptions)
    await expect(refused).rejects.toBeInstanceOf(SandboxError)
    await expect(refused).rejects.toMatchObject({ code: 'invalid-option', field })
  })

  it.each(['apiPort', 'brokerPort'] as const)(
    'a %s that is taken is refused, and nothing stays behind',
    async (field) => {
      const taken = createServer()
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
      const address = taken.address()
      const port = typeof address === 'object' ? address?.port : undefined
      await expect(startSandbox({ [field]: port })).rejects.toMatchObject({ code: 'port-unavailable', field })
      await new Promise((resolve) => taken.close(resolve))
      const sandbox = await startSandbox({ [field]: port })
      expect(field === 'apiPort' ? sandbox.apiUrl : sandbox.brokerUrl).toContain(`:${port}`)
      await sandbox.stop()
    },
  )

  it('a missing Mosquitto is told, with what to install', async () => {
    await expect(startSandbox({ broker: 'mosquitto', mosquittoPath: '/no/mosquitto' })).rejects.toMatchObject(
      {
        code: 'mosquitto-missing',
        message: expect.stringContaining('apt-get install mosquitto'),
      },
    )
  })

  it('a Mosquitto that does not start is told', async () => {
    await expect(
      startSandbox({ broker: 'mosquitto', mosquittoPath: process.execPath }),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/^mosquitto-(failed|missing)$/),
    })
  })
})

describe('the sandbox', () => {
  it('has a certificate authority of its own, new at each start', async () => {
    const [one, two] = await Promise.all([startSandbox(), startSandbox()])
    const ca = new X509Certificate(one.caPem)
    expect(ca.ca).toBe(true)
    expect(ca.verify(ca.publicKey)).toBe(true)
    expect(one.caPem).not.toBe(two.caPem)
    await Promise.all([one.stop(), two.stop()])
  })

  it('CRED-3: finds its secrets in a text, plain and encoded, and nothing else', async () => {
    const sandbox = await startSandbox()
    const token = (await requestToken(sandbox)).json.access_token
    expect(sandbox.secretsIn('harmless')).toBe(0)
    expect(sandbox.secretsIn(`${sandbox.clientId} ${sandbox.caPem} ${sandbox.apiUrl}`)).toBe(0)
    expect(sandbox.secretsIn(`a ${token} b ${token}`)).toBe(2)
    expect(sandbox.secretsIn(`secret=${sandbox.clientSecret}`)).toBe(1)
    expect(sandbox.secretsIn(`Authorization: ${basic(sandbox)}`)).toBe(1)
    expect(sandbox.secretsIn(Buffer.from(token).toString('base64'))).toBe(1)
    expect(sandbox.secretsIn(Buffer.from(token).toString('hex'))).toBe(1)
    await sandbox.stop()
  })

  it('refuses orders for routes and commands that it does not know', async () => {
    const sandbox = await startSandbox()
    expect(() => sandbox.desire('temperature', 'x')).toThrow(
      expect.objectContaining({ code: 'unknown-route' }),
    )
    expect(() => sandbox.desire('constructor', 'x')).toThrow(
      expect.objectContaining({ code: 'unknown-route' }),
    )
    expect(() => sandbox.desireRaw('nowhere', 'x')).toThrow(
      expect.objectContaining({ code: 'unknown-route' }),
    )
    expect(() => sandbox.valueOf('constructor')).toThrow(expect.objectContaining({ code: 'unknown-route' }))
    expect(() => sandbox.resend('des_x')).toThrow(expect.objectContaining({ code: 'unknown-command' }))
    expect(() => sandbox.outcomeOf('des_x')).toThrow(expect.objectContaining({ code: 'unknown-command' }))
    expect(() => sandbox.desire('door', 'x', { validForSeconds: 0 })).toThrow(
      expect.objectContaining({ field: 'validForSeconds' }),
    )
    await sandbox.stop()
  })

  it('stop does not wait for peers that never speak', async () => {
    const sandbox = await startSandbox()
    const peers = [sandbox.apiUrl, sandbox.brokerUrl].map((url) =>
      connect(Number(new URL(url).port), '127.0.0.1'),
    )
    const closed = peers.map(
      (peer) => new Promise((resolve) => peer.on('error', () => {}).on('close', resolve)),
    )
    await Promise.all(peers.map((peer) => new Promise<void>((resolve) => peer.once('connect', resolve))))
    await sandbox.stop()
    await Promise.all(closed)
  })

  it('stop ends every connection, frees the ports, and may be called twice', async () => {
    const sandbox = await startSandbox()
    const device = await onlineDevice(sandbox)
    await Promise.all([sandbox.stop(), sandbox.stop()])
    expect((await device.next('disconnect')).reasonCode).toBe(0x8b)
    await device.closed
    await expect(requestToken(sandbox)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
