import type { DeviceConfig } from '@realer-device/core'
import { createReferenceModel } from './model.ts'
import type { Breach, TraceLine } from './trace.ts'

/**
 * Judges a recorded trace, of this machine or of any firmware that writes the same lines.
 *
 * @param config the configuration that the device ran with
 * @param lines its steps from the first one on
 * @returns what was against the rules, in the order of the steps; nothing where all is well. It never throws.
 */
export function judge(config: DeviceConfig, lines: Iterable<TraceLine>): Breach[] {
  const model = createReferenceModel(config)
  return [...lines].flatMap((line) => model.step(line))
}
