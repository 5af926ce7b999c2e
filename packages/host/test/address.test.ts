import { expect, test } from 'vitest'
import { readAddress } from '../src/index.ts'

test.each([
  ['mqtts://broker.example', { host: 'broker.example', port: 8883 }],
  ['mqtts://broker.example:443/', { host: 'broker.example', port: 443 }],
  ['MQTTS://127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
  ['mqtts://[::1]:8884', { host: '::1', port: 8884 }],
  ['mqtt://broker.example', null],
  ['mqtts://broker.example:0', null],
  ['mqtts://broker.example:70000', null],
  ['mqtts://user:pass@broker.example', null],
  ['mqtts://broker.example/path', null],
  ['mqtts://', null],
  ['mqtts://two words', null],
  ['mqtts://host\0', null],
  ['mqtts://host\n', null],
])('the address %s is read as %j', (url, address) => {
  expect(readAddress(url, 'mqtts', 8883)).toEqual(address)
})
