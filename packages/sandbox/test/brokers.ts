import { SandboxError, type SandboxOptions, startSandbox } from '@realer-device/sandbox'

async function mosquittoIsMissing(): Promise<boolean> {
  try {
    await (await startSandbox({ broker: 'mosquitto' })).stop()
    return false
  } catch (error) {
    return error instanceof SandboxError && error.code === 'mosquitto-missing'
  }
}

const skipped = process.env.REALER_REQUIRE_MOSQUITTO !== '1' && (await mosquittoIsMissing())
if (skipped)
  process.stdout.write('Mosquitto is not installed, and its half of the broker suite is skipped.\n')

/** The brokers to run the common suite with. With REALER_REQUIRE_MOSQUITTO=1 a missing Mosquitto fails the suite. */
export const brokers: NonNullable<SandboxOptions['broker']>[] = skipped
  ? ['embedded']
  : ['embedded', 'mosquitto']
