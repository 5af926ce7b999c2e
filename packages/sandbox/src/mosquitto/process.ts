import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { CertificateAuthority } from '../ca.ts'
import { SandboxError } from '../errors.ts'
import type { Settings } from '../options.ts'
import { closeServer, listenOnLoopback } from '../tcp.ts'

/** A Mosquitto of our own, running. */
export interface MosquittoProcess {
  /** Its TLS port on 127.0.0.1. */
  readonly port: number
  /** The port of its WebSocket listener, over TLS too; null where none was asked for. */
  readonly webSocketPort: number | null
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

const PLUGIN = 'mosquitto_dynamic_security.so'
const START_TIMEOUT_MS = 10_000
const ATTEMPTS = 5
const CONFIGURATION = 'mosquitto.conf'

// Our end of the guard's standard input closes when we end, in whatever way; then the guard ends Mosquitto, by its
// process id, and removes its files. So nothing stays behind even where we are killed.
const GUARD = `
exec 3<&0
"$0" -c "$1" 3<&- &
broker=$!
{ cat <&3; kill "$broker"; rm -rf -- "$2"; } >/dev/null 2>&1 &
exec 3<&-
wait "$broker"
`

type Launched = ChildProcessByStdio<Writable, null, Readable>

/** Starts Mosquitto with a TLS listener on 127.0.0.1. Rejects with `mosquitto-missing` or `mosquitto-failed`. */
export async function startMosquitto(parts: {
  settings: Settings
  authority: CertificateAuthority
  /** The dynamic-security plugin's first configuration. */
  dynamicSecurity: object
  onLine: (line: string) => void
  /** It has ended although nobody stopped it. */
  onDeath: (error: SandboxError) => void
}): Promise<MosquittoProcess> {
  const program = findProgram(parts.settings.mosquittoPath)
  const plugin = findPlugin()
  // Mosquitto cannot choose a free port by itself; between our choice and its start another may take it.
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const webSocketPort = parts.settings.webSocket ? await freePort() : null
    const directory = await mkdtemp(join(tmpdir(), 'realer-sandbox-'))
    try {
      await writeFile(join(directory, 'server.pem'), parts.authority.certificatePem)
      await writeFile(join(directory, 'server.key'), parts.authority.privateKeyPem, { mode: 0o600 })
      await writeFile(join(directory, 'dynsec.json'), JSON.stringify(parts.dynamicSecurity), { mode: 0o600 })
      await writeFile(
        join(directory, CONFIGURATION),
        configuration({ directory, port, webSocketPort, plugin, settings: parts.settings }),
      )
      const child = await launch(program, directory, parts.onLine)
      child.once('close', () => {
        if (!child.stdin.writableEnded)
          parts.onDeath(new SandboxError('mosquitto-failed', 'Mosquitto has ended by itself, or was killed.'))
      })
      return { port, webSocketPort, stop: () => stop(child, directory) }
    } catch (error) {
      await rm(directory, { recursive: true, force: true })
      const portTaken = error instanceof SandboxError && error.message.includes('Address already in use')
      if (!portTaken || attempt === ATTEMPTS) throw error
    }
  }
}

function configuration(parts: {
  directory: string
  port: number
  webSocketPort: number | null
  plugin: string
  settings: Settings
}): string {
  const { directory, port, webSocketPort, plugin } = parts
  const { limits } = parts.settings
  const identity = [`certfile ${join(directory, 'server.pem')}`, `keyfile ${join(directory, 'server.key')}`]
  return [
    `listener ${port} 127.0.0.1`,
    ...identity,
    ...(webSocketPort === null
      ? []
      : [`listener ${webSocketPort} 127.0.0.1`, 'protocol websockets', ...identity]),
    'allow_anonymous false',
    `plugin ${plugin}`,
    `plugin_opt_config_file ${join(directory, 'dynsec.json')}`,
    'log_dest stderr',
    'log_type all',
    'log_timestamp false',
    'connection_messages true',
    // Started as root it would become another user, who cannot read these files.
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'persistence false',
    'set_tcp_nodelay true',
    'retain_available false',
    'max_qos 1',
    `max_inflight_messages ${limits.receiveMaximum}`,
    `max_packet_size ${limits.maximumPacketSize}`,
    `max_keepalive ${limits.keepAliveSeconds}`,
    '',
  ].join('\n')
}

function launch(program: string, directory: string, onLine: (line: string) => void): Promise<Launched> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', GUARD, program, join(directory, CONFIGURATION), directory], {
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    const early: string[] = []
    let started = false
    const fail = (why: string): void => {
      clearTimeout(timer)
      child.stdin.end()
      const said = early.join('\n')
      // Some builds of it leave WebSocket out.
      const field = /websockets support not available/i.test(said) ? 'webSocket' : undefined
      reject(new SandboxError('mosquitto-failed', `mosquitto ${why}. It said:\n${said}`, field))
    }
    const timer = setTimeout(() => fail(`did not start within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS)
    child.stdin.on('error', () => {})
    child.once('error', (error) => fail(`did not start: ${error.message}`))
    // 'close' comes when the last line was read; 'exit' can come before.
    child.once('close', () => {
      if (!started) fail(`ended with ${child.exitCode ?? child.signalCode}`)
    })
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (started) {
        onLine(line)
        return
      }
      early.push(line)
      if (/^mosquitto version \S+ running$/.test(line)) {
        started = true
        clearTimeout(timer)
        resolve(child)
      }
    })
  })
}

async function stop(child: Launched, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.stdin.end()
    await ended
  }
  await rm(directory, { recursive: true, force: true })
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listenOnLoopback(server, 0, 'brokerPort')
  await closeServer(server)
  return port
}

function findProgram(given: string | undefined): string {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
    '/opt/homebrew/sbin',
  ]
  const places = given === undefined ? folders.map((folder) => join(folder, 'mosquitto')) : [given]
  return places.find((path) => existsSync(path)) ?? missing(`mosquitto is not in ${places.join(', ')}`)
}

function findPlugin(): string {
  const roots = ['/usr/lib', '/usr/local/lib', '/opt/homebrew/lib'].filter((root) => existsSync(root))
  const folders = roots.flatMap((root) => [root, ...readdirSync(root).map((name) => join(root, name))])
  const found = folders.map((folder) => join(folder, PLUGIN)).find((path) => existsSync(path))
  return found ?? missing(`${PLUGIN} is not under ${roots.join(', ')}`)
}

function missing(what: string): never {
  const message = `${what}. Install it with: apt-get install mosquitto`
  throw new SandboxError('mosquitto-missing', message, 'mosquittoPath')
}
