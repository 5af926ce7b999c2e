import { readAddress } from '@realer-device/host'

/** Host and port as one key; null for what is no address of a broker (AUTH-1). */
export function addressOf(url: string): string | null {
  const address = readAddress(url, 'mqtts', 8883)
  return address === null ? null : `${address.host.toLowerCase()} ${address.port}`
}
