import { connectDevice, type Device } from '@realer-device/node'
import { type Sandbox, startSandbox } from '@realer-device/sandbox'
import { CommandError } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { type Cast, chapters } from './day.ts'
import { faultsOfPicture, type Picture, pictureOf } from './picture.ts'
import { buildPlant, type Plant } from './plant.ts'
import { tellCloud } from './tell-cloud.ts'
import { tellDevice } from './tell-device.ts'
import { tellReconciliation } from './tell-reconciliation.ts'
import { createTimeline } from './timeline.ts'
import { type DemoResult, faultsOf, resultOf } from './verdict.ts'
import { watch } from './witness.ts'

/** What `demo` takes from its command line. */
export interface DemoOptions {
  readonly broker: 'embedded' | 'mosquitto'
  readonly json: boolean
}

/** The day is over by then, whatever happens. */
const longestDayMs = 55_000

/** Lifetimes of a day that is compressed into seconds. */
const lifetimes = {
  tokenExpiresInSeconds: 12,
  tokenRenewAfterSeconds: 9,
  credentialExpiresInSeconds: 20,
  credentialRenewAfterSeconds: 6,
}

/** Waits to match: the backoff of minutes becomes one of tenths of seconds. */
const timing = {
  backoffFloorMs: 200,
  backoffCapMs: 2_000,
  slowRetryMs: 1_500,
  acknowledgementTimeoutMs: 1_000,
  stableOnlineMs: 1_000,
  closeTimeoutMs: 1_000,
  stopTimeoutMs: 5_000,
}

/** Lives the day and judges it by the ledger. */
export async function demo(options: DemoOptions, terminal: Terminal): Promise<void> {
  const written: string[] = []
  const out = (line: string): void => {
    written.push(line)
    terminal.out(line)
  }
  const timeline = createTimeline(out, terminal.colours, options.json)
  const sandbox = await startSandbox({
    broker: options.broker,
    routes: { sensors: ['temperature', 'humidity', 'window'], commands: ['heater', 'valve'] },
    lifetimes,
  })
  try {
    timeline.tell(
      'cloud',
      `the sandbox listens on ${sandbox.apiUrl}, its broker (${options.broker}) on ${sandbox.brokerUrl}`,
    )
    const plant = buildPlant(sandbox.ledger)
    const device = buildDevice(sandbox, plant)
    tellCloud(sandbox, timeline)
    tellDevice(device, timeline)
    tellReconciliation(device, sandbox.ledger, timeline)
    const witness = watch(device)
    const cast = { sandbox, device, plant, witness, timeline }
    const interrupted = terminal.interrupted.then(() => {
      throw new CommandError('failed', 'the day was interrupted.')
    })
    try {
      await Promise.race([liveDay(cast, AbortSignal.timeout(longestDayMs)), interrupted])
    } finally {
      // After a whole day it has stopped already; then this changes nothing.
      await device.stop()
    }

    const pending = device.pending()
    const summary = sandbox.ledger.summary({ pendingMessageIds: pending })
    const everything = [...written, witness.transcript(), JSON.stringify(device.state())].join('\n')
    const result = resultOf(witness.counts, summary, {
      pending: pending.length,
      secretsSeen: sandbox.secretsIn(everything),
      broker: options.broker,
    })
    const picture = pictureOf(sandbox, plant)
    const faults = [...faultsOf(result, summary), ...faultsOfPicture(picture)]
    for (const line of options.json ? [] : tellVerdict(result, picture, faults, terminal)) out(line)
    if (options.json) out(JSON.stringify(result))
    if (faults.length > 0) throw new CommandError('failed', `the ledger found: ${faults.join('; ')}.`)
  } finally {
    await sandbox.stop()
  }
}

function buildDevice(sandbox: Sandbox, plant: Plant): Device {
  const device = connectDevice({
    apiUrl: sandbox.apiUrl,
    ca: sandbox.caPem,
    deviceId: sandbox.deviceId,
    clientId: sandbox.clientId,
    clientSecret: sandbox.clientSecret,
    routes: Object.fromEntries(Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId])),
    timing,
  })
  device.onCommand('heater', { execute: plant.moveHeater, currentValue: () => plant.values.heater })
  device.onCommand('valve', { execute: plant.moveValve, currentValue: () => plant.values.valve })
  return device
}

async function liveDay(cast: Cast, overtime: AbortSignal): Promise<void> {
  const late = new Promise<never>((_, reject) => {
    overtime.addEventListener(
      'abort',
      () => reject(new CommandError('failed', 'the day did not end in time.')),
      {
        once: true,
      },
    )
  })
  late.catch(() => {})
  for (const { hour, title, live } of chapters) {
    cast.timeline.chapter(hour, title)
    await Promise.race([live(cast), late])
  }
}

function tellVerdict(
  result: DemoResult,
  picture: Picture,
  faults: readonly string[],
  { colours }: Terminal,
): string[] {
  const { settled, commands, safe } = result
  const rows: [string, string][] = [
    ['reports settled', `${settled.done} done, ${settled.failed} failed, ${settled.unconfirmed} unconfirmed`],
    ['reports pending, lost', `${result.pending}, ${result.lost}`],
    ['commands', `${commands.applied} applied, ${commands.rejected} rejected, ${commands.stale} stale`],
    ['commands executed twice', `${commands.executedTwice}`],
    ['the house, to the cloud', picture.map(({ route, known }) => `${route} ${known}`).join(', ')],
    ['renewals, reconnects', `${result.renewals}, ${result.reconnects}`],
    ['local safe behaviour', `entered ${safe.entered} times, left ${safe.left} times`],
    ['token revoked', result.revoked ? 'yes' : 'no'],
    ['secrets in any output', `${result.secretsSeen}`],
  ]
  const verdict =
    faults.length === 0
      ? colours.green(
          'The ledger agrees: nothing lost, nothing executed twice, no secret told, and the cloud knows the house as it is.',
        )
      : colours.red(`The ledger disagrees: ${faults.join('; ')}.`)
  return [
    '',
    colours.bold(`What the ledger found (${result.broker} broker)`),
    ...rows.map(([name, value]) => `  ${name.padEnd(24)} ${value}`),
    '',
    verdict,
  ]
}
