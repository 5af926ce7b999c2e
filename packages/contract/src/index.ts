export { callerCasesLeftOut, callerContract } from './caller/caller-contract.ts'
export { callerClauses } from './caller/clauses.ts'
export type {
  CallerSetup,
  ExchangeEvents,
  HttpsListener,
  ListenForRequests,
  Responder,
  SeenRequest,
} from './caller/setup.ts'
export { clientClauses } from './client/clauses.ts'
export { clientCasesLeftOut, clientContract } from './client/client-contract.ts'
export type {
  BrokerListener,
  BrokerPacket,
  BrokerPeer,
  BrokerPeerEvents,
  ClientPacket,
  ClientSetup,
  ListenForClients,
} from './client/setup.ts'
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
export { storeClauses } from './store/clauses.ts'
export type { StorePlace, StoreSetup, TightPlace } from './store/setup.ts'
export { storeCasesLeftOut, storeContract } from './store/store-contract.ts'
