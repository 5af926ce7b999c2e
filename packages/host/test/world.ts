import type { Diagnostic } from '@realer-device/core'
import {
  type CreateDeviceOptions,
  createDevice,
  type Device,
  type DeviceEvents,
  type StepTrace,
} from '../src/index.ts'
import { canaries, createFakeCloud, type FakeCloud } from './fake-cloud.ts'
import { createFakePlatform, type FakePlatform } from './fake-platform.ts'

/** A device with a fake platform and a cloud by hand, and all that it has told. */
export interface World {
  readonly platform: FakePlatform
  readonly cloud: FakeCloud
  readonly device: Device
  readonly told: {
    readonly steps: StepTrace[]
    readonly diagnostics: Diagnostic[]
    readonly reports: DeviceEvents['report'][]
    readonly commands: DeviceEvents['command'][]
    /** Online, offline, safe and stopped, in order. */
    readonly life: string[]
  }
}

export const options: CreateDeviceOptions = {
  deviceId: 7,
  clientId: 'client-1',
  clientSecret: canaries.clientSecret,
  apiUrl: 'https://api.example',
}

export function createWorld(
  given: Partial<CreateDeviceOptions> = {},
  platform = createFakePlatform(),
): World {
  const device = createDevice({ ...options, ...given }, platform)
  const told: World['told'] = { steps: [], diagnostics: [], reports: [], commands: [], life: [] }
  device.on('step', (step) => told.steps.push(step))
  device.on('diagnostic', (diagnostic) => told.diagnostics.push(diagnostic))
  device.on('report', (report) => told.reports.push(report))
  device.on('command', (command) => told.commands.push(command))
  device.on('online', ({ after }) => told.life.push(`online after ${after}`))
  device.on('offline', ({ because }) => told.life.push(`offline: ${because}`))
  device.on('safe', ({ entered, reason }) => told.life.push(entered ? `safe: ${reason}` : 'not safe'))
  device.on('stopped', ({ reason, revoked }) => told.life.push(`stopped: ${reason}, revoked ${revoked}`))
  return { platform, cloud: createFakeCloud(platform), device, told }
}

/** Lets what waits on promises go on: commands run in async functions. */
export async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
