import {
  ConfigError,
  type DeviceOptions,
  defaultLimits,
  defaultTiming,
  readConfig,
} from '@realer-device/core'
import { describe, expect, it } from 'vitest'

function faultOf(options: unknown): ConfigError {
  try {
    readConfig(options as DeviceOptions)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('the options were taken')
}

describe('CORE-3 options at the door', () => {
  it('everything but the device id has a default', () => {
    expect(readConfig({ deviceId: 12345 })).toEqual({
      apiUrl: 'https://api.therealer.com',
      deviceId: 12345,
      routes: {},
      commandRoutes: [],
      credentialScopes: null,
      valueContract: 'string',
      outboxOverflow: 'refuse',
      wallClock: 'untrusted',
      outdatedCommands: 'ignore',
      repeatableRoutes: [],
      durable: false,
      sessionExpirySeconds: 0,
      will: null,
      tokenRenewalFraction: 0.75,
      timing: defaultTiming,
      limits: defaultLimits,
    })
  })

  it('what is given is kept, the rest is filled in; an address loses its last slash', () => {
    const config = readConfig({
      deviceId: 'cdv_a',
      apiUrl: 'https://api.example.com:8443/base/',
      timing: { callTimeoutMs: 7 },
      limits: { maxReports: 3 },
    })
    expect(config.apiUrl).toBe('https://api.example.com:8443/base')
    expect(config.timing).toEqual({ ...defaultTiming, callTimeoutMs: 7 })
    expect(config.limits).toEqual({ ...defaultLimits, maxReports: 3 })
  })

  it('the configuration is plain JSON', () => {
    const config = readConfig({ deviceId: 1, routes: { a: 'b' }, commandRoutes: ['a'] })
    expect(JSON.parse(JSON.stringify(config))).toEqual(config)
  })

  it.each<[string, unknown]>([
    ['options', undefined],
    ['options', null],
    ['options', 'text'],
    ['routes', { deviceId: 1, routes: [] }],
    ['timing', { deviceId: 1, timing: [] }],
    ['limits', { deviceId: 1, limits: [] }],
    ['deviceId', {}],
    ['deviceId', { deviceId: '' }],
    ['deviceId', { deviceId: 1.5 }],
    ['deviceId', { deviceId: null }],
    ['apiUrl', { deviceId: 1, apiUrl: 7 }],
    ['apiUrl', { deviceId: 1, apiUrl: 'http://x' }],
    ['apiUrl', { deviceId: 1, apiUrl: 'https:///' }],
    ['apiUrl', { deviceId: 1, apiUrl: 'https://user:secret@x' }],
    ['apiUrl', { deviceId: 1, apiUrl: 'https://x?y' }],
    ['apiUrl', { deviceId: 1, apiUrl: 'https://x y' }],
    ['routes', { deviceId: 1, routes: 'x' }],
    ['routes.a', { deviceId: 1, routes: { a: '' } }],
    ['routes.a', { deviceId: 1, routes: { a: 7 } }],
    ['commandRoutes', { deviceId: 1, commandRoutes: 'rte_valve' }],
    ['commandRoutes.0', { deviceId: 1, commandRoutes: [''] }],
    ['credentialScopes', { deviceId: 1, credentialScopes: 'x' }],
    ['credentialScopes.1', { deviceId: 1, credentialScopes: ['a', 7] }],
    ['valueContract', { deviceId: 1, valueContract: 'number' }],
    ['outboxOverflow', { deviceId: 1, outboxOverflow: 'drop' }],
    ['wallClock', { deviceId: 1, wallClock: true }],
    ['outdatedCommands', { deviceId: 1, outdatedCommands: 'run' }],
    ['repeatableRoutes.0', { deviceId: 1, repeatableRoutes: ['rte_valve'] }],
    ['durable', { deviceId: 1, durable: 'yes' }],
    ['sessionExpirySeconds', { deviceId: 1, sessionExpirySeconds: -1 }],
    ['sessionExpirySeconds', { deviceId: 1, sessionExpirySeconds: 2 ** 32 }],
    ['will.route', { deviceId: 1, will: { value: 'gone' } }],
    ['will.value', { deviceId: 1, will: { route: 'a', value: 7 } }],
    ['tokenRenewalFraction', { deviceId: 1, tokenRenewalFraction: 0.05 }],
    ['tokenRenewalFraction', { deviceId: 1, tokenRenewalFraction: 1.5 }],
    ['timing', { deviceId: 1, timing: null }],
    ['limits', { deviceId: 1, limits: 7 }],
    ['bogus', { deviceId: 1, bogus: 1 }],
    ['timing.bogus', { deviceId: 1, timing: { bogus: 1 } }],
    ['limits.bogus', { deviceId: 1, limits: { bogus: 1 } }],
    ['timing.keepAliveSeconds', { deviceId: 1, timing: { keepAliveSeconds: 65_536 } }],
    ['timing.keepAliveSeconds', { deviceId: 1, timing: { keepAliveSeconds: 1.5 } }],
    ['timing.backoffCapMs', { deviceId: 1, timing: { backoffFloorMs: 10, backoffCapMs: 9 } }],
  ])('the fault is in %s: %j', (field, options) => {
    const fault = faultOf(options)
    expect(fault).toMatchObject({ name: 'ConfigError', code: 'config-invalid', field })
    expect(fault.message.startsWith(field)).toBe(true)
    expect(fault.message).not.toContain('secret')
  })

  it.each(Object.keys(defaultTiming))('timing.%s is a positive, finite number', (name) => {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '1', null])
      expect(faultOf({ deviceId: 1, timing: { [name]: value } }).field).toBe(`timing.${name}`)
  })

  it.each(Object.keys(defaultLimits))('limits.%s is a positive whole number (CORE-5)', (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1'])
      expect(faultOf({ deviceId: 1, limits: { [name]: value } }).field).toBe(`limits.${name}`)
  })

  it('limits.maxUnansweredPublishes may be null: for as long as it takes (ACK-5); no other limit may', () => {
    for (const name of Object.keys(defaultLimits))
      if (name === 'maxUnansweredPublishes')
        expect(readConfig({ deviceId: 1, limits: { [name]: null } }).limits[name]).toBeNull()
      else expect(faultOf({ deviceId: 1, limits: { [name]: null } }).field).toBe(`limits.${name}`)
  })

  it('an option that is not known is called so', () => {
    expect(faultOf({ deviceId: 1, keepalive: 60 }).message).toBe('keepalive is not known.')
  })
})
