import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

// RFC 1918, RFC 3927, RFC 4193 and RFC 4291 section 2.5.6: no router of the Internet leads there.
const notRouted = new BlockList()
notRouted.addSubnet('10.0.0.0', 8, 'ipv4')
notRouted.addSubnet('172.16.0.0', 12, 'ipv4')
notRouted.addSubnet('192.168.0.0', 16, 'ipv4')
notRouted.addSubnet('169.254.0.0', 16, 'ipv4')
notRouted.addSubnet('fc00::', 7, 'ipv6')
notRouted.addSubnet('fe80::', 10, 'ipv6')

const isIn = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Whether it is an address of this machine alone. */
export const isLoopback = (address: string): boolean => isIn(loopback, address)

/** Whether it is an address that the Internet does not lead to: of this machine, or of a network of one's own. */
export const isOwn = (address: string): boolean => isLoopback(address) || isIn(notRouted, address)

/** A name stands for an address that anyone can reach. */
export class PublicAddressError extends Error {
  override readonly name = 'PublicAddressError'
}

/** Looks a name up, and gives nothing where one of its addresses is not `isOwn`. */
export const lookupOwn: LookupFunction = (name, options, tell) => {
  lookup(name, { ...options, all: true }, (error, addresses = []) => {
    const [first] = addresses
    if (error !== null) return tell(error, [])
    if (first === undefined || !addresses.every(({ address }) => isOwn(address)))
      return tell(new PublicAddressError(`${name} stands for an address that anyone can reach`), [])
    if (options.all === true) tell(null, addresses)
    else tell(null, first.address, first.family)
  })
}

/** `localhost` is this machine whatever a name server says (RFC 6761 section 6.3). */
export const lookupLocalhost: LookupFunction = (_name, options, tell) => {
  const addresses = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  // Told later, as an answer of a name server is.
  process.nextTick(() => (options.all === true ? tell(null, addresses) : tell(null, '127.0.0.1', 4)))
}
