export { type Clause, ContractBreach, type ContractCase, type LeftOutCase } from './contract.ts'
export { linkClauses } from './link/clauses.ts'
export { linkCasesLeftOut, linkContract } from './link/link-contract.ts'
export type {
  LinkListener,
  LinkPeer,
  LinkPeerEvents,
  LinkSetup,
  ListenForLinks,
} from './link/setup.ts'
