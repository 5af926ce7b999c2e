import { createDevice, type Platform } from '@realer-device/host'

/** What a device must know of a sandbox. */
export interface SandboxFacts {
  readonly apiUrl: string
  /** Where the broker is for a WebSocket; the catalog does not say it. */
  readonly brokerWebSocketUrl: string | null
  /** The authority to trust, where the engine's script says whom. */
  readonly caPem: string
  readonly deviceId: string | number
  readonly clientId: string
  readonly clientSecret: string
  /** The device's names of the routes `temperature` and `door`. */
  readonly routes: { readonly [name: string]: string }
  /** How long the session may take. */
  readonly limitMs: number
}

/** What came of a session. */
export interface SessionResult {
  readonly online: boolean
  /** How the reading was settled: `done`, where the application has it (PUB-2). */
  readonly reported: string
  /** The value that the door was ordered to (DES-7). */
  readonly commanded: string
  /** How the report of the command was settled. */
  readonly acknowledged: string
  /** Whether the token was revoked at the end (AUTH-7). */
  readonly revoked: boolean
}

/**
 * Lives one session against a sandbox, which is to order the door: online, a reading, a command, its report, a stop. Rejects
 * with all that the device said where it takes too long.
 */
export async function runSession(platform: Platform, facts: SandboxFacts): Promise<SessionResult> {
  const { apiUrl, deviceId, clientId, clientSecret, routes, limitMs } = facts
  const device = createDevice({ apiUrl, deviceId, clientId, clientSecret, routes }, platform)
  const said: string[] = []
  let door = 'closed'
  device.on('diagnostic', ({ code, message }) => said.push(`${code}: ${message}`))
  device.onCommand('door', {
    execute({ value }) {
      door = String(value)
      return 'applied'
    },
    currentValue: () => door,
  })
  const online = new Promise<boolean>((resolve) => device.on('online', () => resolve(true)))
  const answered = new Promise<string>((resolve) =>
    device.on('report', ({ desiredId, result }) => desiredId !== null && resolve(result)),
  )

  async function live(): Promise<SessionResult> {
    device.start()
    const isOnline = await online
    const { result } = await device.report('temperature', '21.5').settled
    const acknowledged = await answered
    const { revoked } = await device.stop()
    return { online: isOnline, reported: result, commanded: door, acknowledged, revoked }
  }

  const tooLong = new Promise<never>((_resolve, reject) =>
    platform.clock.setTimer(limitMs, () =>
      reject(new Error(`no session within ${limitMs} ms:\n${said.join('\n')}`)),
    ),
  )
  return Promise.race([live(), tooLong])
}
