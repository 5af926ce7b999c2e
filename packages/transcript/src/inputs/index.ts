import { brokerInputs } from './broker.ts'
import { deviceInputs } from './device.ts'
import { hostInputs } from './host.ts'
import { httpsInputs } from './https.ts'
import type { InputKind } from './input.ts'

/** Every input that a transcript may hold, by its word. */
export const inputs: ReadonlyMap<string, InputKind> = new Map(
  Object.entries({ ...deviceInputs, ...hostInputs, ...httpsInputs, ...brokerInputs }),
)
