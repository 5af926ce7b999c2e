import type { SandboxOptions } from '@realer-device/sandbox'
import { mosquittoIsWanted } from '../../../test/support/mosquitto.ts'

/** The brokers to run a suite with. */
export const brokers: NonNullable<SandboxOptions['broker']>[] = mosquittoIsWanted('the suite of the sandbox')
  ? ['embedded', 'mosquitto']
  : ['embedded']
