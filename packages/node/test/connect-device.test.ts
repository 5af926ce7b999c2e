import { expect, test } from 'vitest'
import { ConfigError, type ConnectDeviceOptions, connectDevice, nodePlatform } from '../src/index.ts'
import { createAuthority } from './authority.ts'

const options = { deviceId: 7, clientId: 'client', clientSecret: 'canary-secret' }
const damaged = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'

test.each([
  [{ ca: 'no certificate' }, 'ca'],
  [{ ca: [] }, 'ca'],
  [{ ca: [7] }, 'ca'],
  [{ ca: damaged }, 'ca'],
  [{ deviceId: undefined }, 'deviceId'],
  [{ clientId: 7 }, 'clientId'],
  [{ apiUrl: 'http://api.example' }, 'apiUrl'],
  [{ rejectUnauthorized: false }, 'rejectUnauthorized'],
  [{ store: 'device.store' }, 'store'],
  [{ store: Promise.resolve() }, 'store'],
])('options are checked at the door, with the field that is wrong: %j', (wrong, field) => {
  const given = { ...options, ...wrong } as ConnectDeviceOptions
  expect(() => connectDevice(given)).toThrow(ConfigError)
  expect(() => connectDevice(given)).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      field,
      message: expect.not.stringContaining('canary'),
    }),
  )
})

test('no options at all are a ConfigError as well', () => {
  expect(() => connectDevice(undefined as never)).toThrow(expect.objectContaining({ field: 'options' }))
})

test('several authorities may stand in one text', async () => {
  const [one, other] = await Promise.all([createAuthority(), createAuthority()])
  expect(() => connectDevice({ ...options, ca: `${one.caPem}\n${other.caPem}` })).not.toThrow()
  expect(() => connectDevice({ ...options, ca: [one.caPem, `${other.caPem}${damaged}`] })).toThrow(
    expect.objectContaining({ field: 'ca', message: 'ca holds a damaged certificate.' }),
  )
})

test('a device is made without a connection, and holds its report ids as UUIDs', async () => {
  const device = connectDevice(options)
  expect(device.state()).toBeNull()
  expect(nodePlatform().newMessageId()).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(nodePlatform().wallClock()).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  await expect(device.stop()).resolves.toEqual({ revoked: false })
})
