import { readFile } from 'node:fs/promises'
import { exitCodes, runProgram } from '@realer-device/cli'
import { describe, expect, it } from 'vitest'
import { mosquittoIsWanted } from '../../../test/support/mosquitto.ts'
import { faultsOfPicture, pictureOf } from '../src/demo/picture.ts'
import { createScreen } from './terminal.ts'

const brokers = ['embedded', ...(mosquittoIsWanted('the demo day with Mosquitto') ? ['mosquitto'] : [])]

describe.each(brokers)('the demo day on the %s broker', (broker) => {
  it('--json ends with one object, and the ledger finds nothing wrong', async () => {
    const screen = createScreen()
    const exit = await runProgram(['demo', '--json', '--broker', broker], screen, {})
    expect(screen.errLines).toEqual([])
    expect(exit).toBe(exitCodes.done)
    const result = JSON.parse(screen.outLines.at(-1) ?? '') as Record<string, unknown>
    expect(Object.keys(result)).toEqual([
      ...[
        'settled',
        'pending',
        'lost',
        'commands',
        'renewals',
        'reconnects',
        'safe',
        'revoked',
        'secretsSeen',
        'broker',
      ],
    ])
    expect(result).toMatchObject({ pending: 0, lost: 0, revoked: true, secretsSeen: 0, broker })
    expect(result.commands).toEqual({ applied: 3, rejected: 1, stale: 1, executedTwice: 0 })
    expect(result.settled).toMatchObject({ failed: 2, unconfirmed: 0 })
    expect(result.renewals).toBeGreaterThanOrEqual(1)
    expect(result.reconnects).toBeGreaterThanOrEqual(1)
    const { entered, left } = result.safe as { entered: number; left: number }
    expect(entered).toBeGreaterThanOrEqual(2)
    expect(left).toBe(entered)
  })
})

it('the demo day for people is a time line without escape codes where there is no terminal', async () => {
  const screen = createScreen()
  expect(await runProgram(['demo'], screen, {})).toBe(exitCodes.done)
  for (const status of ['accepted', 'replayed', 'error', 'rejected', 'conflict'])
    expect(screen.text()).toMatch(new RegExp(`acknowledgement on \\w+: ${status}`))
  expect(screen.text()).toContain('The ledger agrees')
  // PUB-11: what was moved by hand while the device was offline is told after the reconnect.
  expect(screen.text()).toMatch(
    /turns the valve by hand(.*\n)+.*online \(after reconnect\)(.*\n)+.*the valve is half open, and the cloud has not been told/,
  )
  expect(screen.text()).toMatch(/the house, to the cloud +heater off, valve half open/)
  // The README shows this output: its chapters and its verdict are these.
  const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8')
  const told = screen.outLines.filter((line) =>
    /^\n\d\d:\d\d {2}|^The ledger agrees|^What the ledger found/.test(line),
  )
  expect(told).toHaveLength(9)
  for (const line of told) expect(readme).toContain(line.trim())
  expect(screen.text().includes('\u001b[')).toBe(false)
})

it('PUB-10, PUB-11: the verdict finds an actuator that is not as the cloud was told', () => {
  const told: { [route: string]: string } = { valve: 'closed' }
  const picture = pictureOf(
    { valueOf: (route) => told[route] ?? null },
    { values: { heater: 'off', valve: 'half open' } },
  )
  expect(faultsOfPicture(picture)).toEqual([
    'the heater is off, and the cloud was told nothing',
    'the valve is half open, and the cloud was told closed',
  ])
  expect(faultsOfPicture([{ route: 'valve', is: 'closed', known: 'closed' }])).toEqual([])
})
