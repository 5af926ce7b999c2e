import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from '@realer-device/sandbox'
import { describeEntry } from '../demo/tell-cloud.ts'
import { CommandError } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'
import { orderHelp, takeOrder } from './orders.ts'

/** What `sandbox` takes from its command line. */
export interface SandboxCommandOptions {
  readonly broker: 'embedded' | 'mosquitto'
  readonly sensor: string[]
  readonly command: string[]
  readonly apiPort: number
  readonly brokerPort: number
  readonly credentialLifetime: number
  readonly webSocket: boolean
  readonly corsOrigin?: string
  readonly dir?: string
  readonly json: boolean
}

/** Runs a cloud on loopback until it is interrupted. */
export async function sandboxCommand(
  options: SandboxCommandOptions,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const routes = options.sensor.length + options.command.length > 0
  const sandbox = await startSandbox({
    broker: options.broker,
    apiPort: options.apiPort,
    brokerPort: options.brokerPort,
    webSocket: options.webSocket,
    ...(options.corsOrigin !== undefined && { corsOrigin: options.corsOrigin }),
    lifetimes: { credentialExpiresInSeconds: options.credentialLifetime },
    ...(routes ? { routes: { sensors: options.sensor, commands: options.command } } : {}),
  })
  // A folder of our own goes with us: it holds the client secret.
  const ownFolder = options.dir === undefined ? await mkdtemp(join(tmpdir(), 'realer-sandbox-')) : null
  try {
    const files = await writeFiles(sandbox, ownFolder ?? options.dir ?? '.')
    introduce(sandbox, files, options, terminal, environment)
    sandbox.ledger.on((entry) => {
      if (options.json) return terminal.out(JSON.stringify(entry))
      const text = describeEntry(entry)
      if (text !== null)
        terminal.out(`${terminal.colours.dim(`${(entry.atMs / 1000).toFixed(2)} s`.padStart(9))}  ${text}`)
    })
    const orders = (async () => {
      for await (const line of terminal.lines()) takeOrder(line, sandbox, terminal)
      // Without a keyboard the sandbox goes on until it is interrupted.
      await terminal.interrupted
    })()
    const death = sandbox.brokerDeath.then((error) => {
      throw error
    })
    await Promise.race([terminal.interrupted, orders, death])
    terminal.err('The sandbox stops.')
  } finally {
    await sandbox.stop()
    if (ownFolder !== null) await rm(ownFolder, { recursive: true, force: true })
  }
}

interface Files {
  readonly ca: string
  readonly secret: string
}

/** The CA and the client secret as files: a secret on the screen or in an argument would be a secret told. */
async function writeFiles(sandbox: Sandbox, folder: string): Promise<Files> {
  const files = { ca: join(folder, 'ca.pem'), secret: join(folder, 'client-secret') }
  try {
    await writeFile(files.ca, sandbox.caPem)
    await writeFile(files.secret, `${sandbox.clientSecret}\n`, { mode: 0o600 })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unwritable'
    throw new CommandError('usage', `--dir: ${folder} cannot be written to (${code}).`)
  }
  return files
}

function introduce(
  sandbox: Sandbox,
  files: Files,
  options: SandboxCommandOptions,
  { out, colours }: Terminal,
  environment: NodeJS.ProcessEnv,
): void {
  const routes = Object.fromEntries(
    Object.entries(sandbox.routes).map(([name, { routeId }]) => [name, routeId]),
  )
  if (options.json) {
    const { apiUrl, brokerUrl, brokerWebSocketUrl, deviceId, clientId } = sandbox
    out(
      JSON.stringify({
        kind: 'started',
        apiUrl,
        brokerUrl,
        ...(brokerWebSocketUrl !== null && { brokerWebSocketUrl }),
        deviceId,
        clientId,
        caFile: files.ca,
        secretFile: files.secret,
        routes,
      }),
    )
    return
  }
  out(colours.bold(`A Realer cloud on loopback (${options.broker} broker)`))
  out(`  API     ${sandbox.apiUrl}`)
  out(`  broker  ${sandbox.brokerUrl}`)
  if (sandbox.brokerWebSocketUrl !== null) out(`          ${sandbox.brokerWebSocketUrl}`)
  out(`  CA      ${files.ca}`)
  out(`  secret  ${files.secret}`)
  out('')
  out('A device of it, in another terminal:')
  const named = Object.entries(routes).map(([name, routeId]) => `--route ${name}=${routeId}`)
  const commands = Object.entries(sandbox.routes).flatMap(([name, { sourceType }]) =>
    sourceType === 'command' ? [`--command ${name}`] : [],
  )
  const flags = [
    `--api-url ${sandbox.apiUrl}`,
    `--ca ${files.ca}`,
    `--device-id ${sandbox.deviceId}`,
    `--client-id ${sandbox.clientId}`,
    `--secret-file ${files.secret}`,
    ...named,
    ...commands,
  ]
  // Started by this repository's own script, the program is not installed: its script runs the device too.
  const program =
    environment.npm_lifecycle_event === 'sandbox' ? 'npx -y pnpm@12 device' : 'realer-device run'
  out(`  ${program} ${flags.join(' \\\n    ')}`)
  out('')
  out(orderHelp)
  out('')
}
