import { createRequire } from 'node:module'
import { Command, CommanderError, Option } from 'commander'
import { demo } from './demo/demo.ts'
import { CommandError, type ExitName, exitCodeHelp, exitCodes } from './exit-code.ts'
import { oneOf, pair, pairs, repeated, seconds, wholeNumber } from './options.ts'
import { run } from './run/run.ts'
import type { RunOptions } from './run/settings.ts'
import { secretVariable } from './run/settings.ts'
import { type SandboxCommandOptions, sandboxCommand } from './sandbox/sandbox.ts'
import type { Terminal } from './terminal.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** Runs the program with its arguments and gives its exit code; every failure is one clear line, never a stack trace. */
export async function runProgram(
  args: readonly string[],
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  try {
    await buildProgram(terminal, environment).parseAsync([...args], { from: 'user' })
    return exitCodes.done
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    const { exit, message } = explain(error)
    terminal.err(`${terminal.colours.red('realer-device:')} ${message}`)
    return exitCodes[exit]
  }
}

/** The exit and the one line of any error; the typed errors of our packages name the field themselves. */
function explain(error: unknown): { exit: ExitName; message: string } {
  if (error instanceof CommandError) return { exit: error.exit, message: error.message }
  const { name, code, field, message } = error as Partial<
    Record<'name' | 'code' | 'field' | 'message', string>
  >
  if (name === 'SandboxError')
    return { exit: code === 'invalid-option' ? 'usage' : 'sandbox', message: message ?? '' }
  if (code === 'config-invalid' || field !== undefined) return { exit: 'usage', message: message ?? '' }
  return { exit: 'failed', message: `unexpected: ${message ?? String(error)}` }
}

function buildProgram(terminal: Terminal, environment: NodeJS.ProcessEnv): Command {
  const program = new Command('realer-device')
    .description(
      'The device side of Realer over MQTT: run a device, a cloud on this machine, and a demo day.',
    )
    .addHelpText('after', exitCodeHelp)
    .version(version, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help shows the options)')
  const json = () => new Option('--json', 'machine-readable output, one JSON object a line').default(false)
  const broker = () =>
    new Option('--broker <name>', 'embedded, or the mosquitto of this machine')
      .default('embedded')
      .argParser(oneOf('embedded', 'mosquitto'))

  program
    .command('demo')
    .description(
      'live one compressed day of a device against a cloud on loopback, and let the ledger judge it',
    )
    .addOption(broker())
    .addOption(json())
    .addHelpText('after', exitCodeHelp)
    .action((options: { broker: 'embedded' | 'mosquitto'; json: boolean }) => demo(options, terminal))

  program
    .command('sandbox')
    .description('run a Realer cloud on loopback: HTTPS API, MQTT 5 broker over TLS, ledger')
    .addOption(broker())
    .option('--sensor <name>', 'a sensor route (repeatable)', repeated, [])
    .option('--command <name>', 'a command route (repeatable)', repeated, [])
    .option('--api-port <port>', 'port of the API; 0 takes a free one', wholeNumber(0, 65_535), 0)
    .option('--broker-port <port>', 'port of the broker; 0 takes a free one', wholeNumber(0, 65_535), 0)
    .option('--web-socket', 'a WebSocket to the broker beside TLS, for browsers', false)
    .option('--cors-origin <origin>', 'the web page that may read the answers of the API, or * for any')
    .option('--credential-lifetime <seconds>', 'lifetime of the CONNECT tuples', seconds, 3600)
    .option('--dir <folder>', 'where ca.pem and client-secret are written (default: a new temporary folder)')
    .addOption(json())
    .addHelpText('after', exitCodeHelp)
    .action((options: SandboxCommandOptions) => sandboxCommand(options, terminal, environment))

  program
    .command('run')
    .description(
      'run a device against an API; readings come from standard input, a line each: ROUTE VALUE, or JSON',
    )
    .requiredOption('--device-id <id>', 'the control device')
    .requiredOption('--client-id <id>', "the OAuth client's id")
    .option('--secret-file <file>', `file with the client secret (default: the variable ${secretVariable})`)
    .option('--api-url <url>', 'base address of the API (default: https://api.therealer.com)')
    .option('--ca <file>', 'PEM file of the certificate authority to trust instead of the system’s')
    .option(
      '--route <name=selector>',
      'a name for a catalog route: its topic, or one level of it (repeatable)',
      pair,
      {},
    )
    .option('--command <route>', 'a command route to obey (repeatable)', repeated, [])
    .option('--store <path>', 'keep reports and commands in this file, and go on from it')
    .option('--exec <program>', 'run for every command with ROUTE and VALUE; exit code 0 means applied')
    .option(
      '--report <route=value>',
      'report this, wait until it is settled, and stop (repeatable)',
      pairs,
      [],
    )
    .option('--keep-trying', 'do not end when the start fails', false)
    .option('--trace', 'print every step of the machine as NDJSON', false)
    .addOption(json())
    .addHelpText('after', `\nThe client secret never stands in an argument.\n${exitCodeHelp}`)
    .action((options: RunOptions) => run(options, terminal, environment))
  return program
}
