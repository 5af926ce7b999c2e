const LARGEST_PACKET_ID = 65_535

/** The packet identifiers of one connection (MQTT 5 section 2.2.1): 1 to 65535, none in use twice. */
export interface PacketIds {
  /** A free identifier, now in use; undefined when all are. */
  allocate(): number | undefined
  /** The identifier's acknowledgement came: it may be used again. */
  release(packetId: number): void
}

/** Identifiers are given in rising order and wrap around, so that a freed one is not used again at once. */
export function createPacketIds(): PacketIds {
  const inUse = new Set<number>()
  let last = 0
  return {
    allocate() {
      if (inUse.size === LARGEST_PACKET_ID) return undefined
      do {
        last = last === LARGEST_PACKET_ID ? 1 : last + 1
      } while (inUse.has(last))
      inUse.add(last)
      return last
    },
    release(packetId) {
      inUse.delete(packetId)
    },
  }
}
