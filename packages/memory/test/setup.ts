import type { LinkSetup } from '@realer-device/contract'
import {
  createMemoryNetwork,
  createVirtualClock,
  type MemoryFault,
  type MemoryNetworkOptions,
  seededRandom,
  type VirtualClock,
} from '../src/index.ts'

/** A network in memory as the kit of the link needs it, and its clock. */
export function memoryLinkSetup({
  seed,
  ...given
}: { readonly seed: number } & Partial<MemoryNetworkOptions>): {
  readonly clock: VirtualClock
  readonly setup: LinkSetup & { readonly closedAddress: () => string }
} {
  const clock = createVirtualClock()
  const network = createMemoryNetwork({
    clock,
    random: seededRandom(seed),
    latencyMs: 3,
    jitterMs: 10,
    ...given,
  })
  const listen =
    (fault: MemoryFault | null): LinkSetup['listen'] =>
    async (accept) =>
      network.listen(accept, { fault })
  return {
    clock,
    setup: {
      openLink: network.openLink,
      listen: listen(null),
      listenUntrusted: listen({ kind: 'untrusted' }),
      listenAsAnother: listen({ kind: 'wrongName' }),
      listenWithoutTls: listen({ kind: 'noTls' }),
      listenSilently: listen({ kind: 'silent' }),
      closedAddress: () => 'mqtts://nowhere',
      clock,
    },
  }
}
