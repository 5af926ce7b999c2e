export { judge } from './judge.ts'
export { createReferenceModel, type ReferenceModel } from './model.ts'
export { stateBreaches } from './state.ts'
export type { Breach, TraceLine } from './trace.ts'
