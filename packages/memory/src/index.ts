export type { MemoryFault } from './fault.ts'
export { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from './memory-store.ts'
export {
  createMemoryNetwork,
  type MemoryListener,
  type MemoryListenOptions,
  type MemoryNetwork,
  type MemoryNetworkOptions,
} from './network.ts'
export type { MemoryPeer, MemoryPeerEvents } from './peer.ts'
export { seededRandom } from './random.ts'
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts'
