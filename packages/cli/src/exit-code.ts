/** What the process's exit code says; the same for every command. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  certificate: 4,
  refused: 5,
  malformed: 6,
  broker: 7,
  sandbox: 8,
  store: 9,
} as const

/** The name of one exit code. */
export type ExitName = keyof typeof exitCodes

const meanings: { readonly [name in ExitName]: string } = {
  done: 'done',
  failed: 'something else failed, or the ledger found a fault',
  usage: 'a wrong option, argument or file',
  unreachable: 'the API cannot be reached, does not answer in time, or is out of order',
  certificate: "the server's certificate does not verify",
  refused: 'the cloud refused the device (client id, secret, policy)',
  malformed: "the cloud's answer lacks a field or is not JSON",
  broker: 'the MQTT broker cannot be reached or refused the device',
  sandbox: 'the sandbox cannot start (port taken, Mosquitto missing)',
  store: 'the store is in use, damaged, or cannot be read or written',
}

/** The exit codes as a text for `--help`. */
export const exitCodeHelp = [
  '',
  'Exit codes:',
  ...(Object.keys(exitCodes) as ExitName[]).map((name) => `  ${exitCodes[name]}  ${meanings[name]}`),
].join('\n')

/** A failure with one clear line for a person and an exit code for a machine. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exit: ExitName

  constructor(exit: ExitName, message: string) {
    super(message)
    this.exit = exit
  }
}
