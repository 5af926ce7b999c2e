import type { DeviceEvents } from '@realer-device/node'
import type { ExitName } from '../exit-code.ts'

const exits: { readonly [code: string]: ExitName } = {
  'call-network': 'unreachable',
  'call-timeout': 'unreachable',
  'call-server': 'unreachable',
  'call-busy': 'unreachable',
  'call-tls': 'certificate',
  'call-refused': 'refused',
  'mqtt-unavailable': 'refused',
  'call-malformed': 'malformed',
  'connect-refused': 'broker',
  'connect-timeout': 'broker',
  'connection-lost': 'broker',
  'subscription-refused': 'broker',
}

/** The exit code that a diagnostic means while the device was never online; null where it means none. */
export function startFailure({ code, level }: DeviceEvents['diagnostic']): ExitName | null {
  return level === 'info' ? null : (exits[code] ?? null)
}

const advice: { readonly [exit in ExitName]?: string } = {
  unreachable: 'Check the address and the network; --keep-trying goes on anyway.',
  certificate: 'Give the authority that signed it with --ca FILE; verification is never switched off.',
  malformed: 'The cloud or a proxy before it does not speak as Realer does.',
  broker: 'Check that the broker is reachable from here; --keep-trying goes on anyway.',
}

/** What a person can do about it; the diagnostics of a refusal say it themselves. */
export function adviceFor(exit: ExitName): string {
  return advice[exit] ?? ''
}
