import { connectDevice, type Device, type DeviceEvents, SnapshotError, StoreError } from '@realer-device/node'
import { CommandError, type ExitName } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { memoryActuator, programActuator } from './actuator.ts'
import { readReading, reportReading } from './readings.ts'
import { type RunOptions, readCa, readDeviceId, readSecret, readStore } from './settings.ts'
import { adviceFor, startFailure } from './start-failure.ts'
import { tellEvents } from './tell-events.ts'

/** Runs a device until it is interrupted, or until its `--report` readings are settled. */
export async function run(
  options: RunOptions,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const [clientSecret, ca] = [await readSecret(options, environment), await readCa(options)]
  const store = readStore(options)
  const device = connectDevice({
    ...(options.apiUrl === undefined ? {} : { apiUrl: options.apiUrl }),
    ...(ca === undefined ? {} : { ca }),
    ...(store === undefined ? {} : { store }),
    deviceId: readDeviceId(options.deviceId),
    clientId: options.clientId,
    clientSecret,
    routes: options.route,
  })
  for (const route of options.command)
    device.onCommand(route, options.exec === undefined ? memoryActuator() : programActuator(options.exec))
  let isStarting = !options.keepTrying
  device.on('online', () => {
    isStarting = false
  })
  const endsTheStart = (diagnostic: DeviceEvents['diagnostic']) =>
    isStarting && startFailure(diagnostic) !== null
  tellEvents(device, terminal, options, endsTheStart)
  const failed = firstFailure(device, endsTheStart)
  try {
    start(device)
    const work =
      options.report.length > 0 ? reportOnce(device, options, terminal) : readLines(device, terminal)
    const interrupted = terminal.interrupted.then(() => {
      if (options.report.length > 0)
        throw new CommandError('failed', 'interrupted before every reading was settled.')
    })
    await Promise.race([work, failed, interrupted])
  } finally {
    await device.stop({ reason: 'shutdown' })
  }
}

function start(device: Device): void {
  try {
    device.start()
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof SnapshotError)) throw error
    throw new CommandError('store', `--store: ${error.message}`)
  }
}

const neverFails = new Promise<never>(() => {})

/**
 * A device never gives up, but a person who has just typed an address wants to know: the first failure ends the start. A
 * store that fails ends the device itself.
 */
function firstFailure(
  device: Device,
  endsTheStart: (diagnostic: DeviceEvents['diagnostic']) => boolean,
): Promise<never> {
  return new Promise((_, reject) => {
    device.on('diagnostic', (diagnostic) => {
      const exit = startFailure(diagnostic)
      if (exit !== null && endsTheStart(diagnostic)) reject(failure(exit, diagnostic.message))
      if (diagnostic.code === 'store-failed') reject(failure('store', diagnostic.message))
    })
  })
}

function failure(exit: ExitName, message: string): CommandError {
  return new CommandError(
    exit,
    [message.replace(/ It is tried again\.$/, '').replace(/[^.]$/, '$&.'), adviceFor(exit)].join(' ').trim(),
  )
}

async function reportOnce(device: Device, options: RunOptions, terminal: Terminal): Promise<void> {
  const readings = options.report.map(([route, value]) => reportReading(device, { route, value }, terminal))
  const settled = await Promise.all(readings)
  if (settled.includes(false)) throw new CommandError('failed', 'a reading was not settled as done.')
}

async function readLines(device: Device, terminal: Terminal): Promise<void> {
  for await (const line of terminal.lines()) {
    if (line.trim() === '') continue
    const read = readReading(line)
    if (read.ok)
      void reportReading(device, read.reading, terminal).catch((error: unknown) =>
        terminal.err(String(error)),
      )
    else terminal.err(`Line ignored: ${read.message}.`)
  }
  // Standard input is at its end; the device lives on.
  await neverFails
}
