export type { Platform } from '@realer-device/host'
export { type Clause, ContractBreach, type ContractCase } from './contract.ts'
