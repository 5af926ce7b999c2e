/**
 * What went wrong, for a program to switch on.
 * - `invalid-option`: an option of `startSandbox` is wrong; `field` names it.
 * - `invalid-argument`: an argument of a sandbox method is wrong; `field` names it.
 * - `unknown-route`, `unknown-command`: no such route name, no such desired id.
 * - `fault-unsupported`: the broker in use cannot make this fault; `field` names the fault.
 * - `port-unavailable`: the port asked for cannot be listened on.
 * - `mosquitto-missing`, `mosquitto-failed`: the real broker is not installed, or did not start or obey.
 * - `timeout`: an awaited ledger entry did not come.
 * - `stopped`: the sandbox has been stopped.
 */
export type SandboxErrorCode =
  | 'invalid-option'
  | 'invalid-argument'
  | 'unknown-route'
  | 'unknown-command'
  | 'fault-unsupported'
  | 'port-unavailable'
  | 'mosquitto-missing'
  | 'mosquitto-failed'
  | 'timeout'
  | 'stopped'

/** Every error that the sandbox throws or rejects with. Its message never holds a secret. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  /** What went wrong. */
  readonly code: SandboxErrorCode
  /** The option, argument or fault concerned, where there is one (`lifetimes.tokenExpiresInSeconds`). */
  readonly field: string | undefined

  constructor(code: SandboxErrorCode, message: string, field?: string) {
    super(message)
    this.code = code
    this.field = field
  }
}
