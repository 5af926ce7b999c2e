import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SandboxOptions } from '@realer-device/sandbox'
import { type BundleFor, bundleSession } from './bundle.ts'
import type { SandboxFacts, SessionResult } from './session.ts'

const execute = promisify(execFile)

/** How a session on real sockets is lived in an engine. */
export interface SessionLauncher {
  /** What its link to the broker is made of. */
  readonly over: 'TLS' | 'WebSocket'
  /** What the sandbox must have for it. */
  readonly needs: SandboxOptions
  /** The cause that a link has where the server is not vouched for: not every platform says that it was TLS. */
  readonly tells: 'tls' | 'network'
  /** Lives the session in it; the result, or what the script rejected with. */
  run(program: string, facts: EngineFacts): Promise<SessionResult | Failed>
}

/** What the launcher must know beside what the script must. */
export interface EngineFacts extends SandboxFacts {
  /** SHA-256 of the server's key, Base64: what a browser is told to accept beside its own authorities. */
  readonly serverKeyHash: string
}

/** A session that did not come to its end. */
export interface Failed {
  readonly failed: string
}

/** An engine that runs a script, which takes the facts from its environment and prints the result. */
export function sessionInScript(
  entry: string,
  target: BundleFor,
  flags: readonly string[] = [],
): SessionLauncher {
  return {
    over: 'TLS',
    needs: {},
    tells: 'tls',
    run: (found, facts) =>
      inFolder(async (folder) => {
        const file = join(folder, 'session.mjs')
        await bundleSession(entry, target, file)
        const env = { PATH: process.env.PATH, HOME: folder, REALER_SANDBOX: JSON.stringify(facts) }
        const ran = execute(found, [...flags, file], { cwd: folder, env })
        return ran.then(
          ({ stdout }) => JSON.parse(stdout) as SessionResult,
          (error: { stderr: string }) => ({ failed: error.stderr }),
        )
      }),
  }
}

/** A session in Cloudflare's runtime. */
export const sessionInWorker: SessionLauncher = { over: 'TLS', needs: {}, tells: 'network', run: runInWorker }

/** A session in a page of a browser. */
export const sessionInPage: SessionLauncher = {
  over: 'WebSocket',
  needs: { webSocket: true, corsOrigin: '*' },
  tells: 'network',
  run: runInPage,
}

/** Cloudflare's runtime: its network trusts the sandbox's authority, and a request brings the facts. */
function runInWorker(program: string, facts: EngineFacts): Promise<SessionResult | Failed> {
  return inFolder(async (folder) => {
    await bundleSession('worker.ts', 'web', join(folder, 'session.mjs'))
    await writeFile(join(folder, 'ca.pem'), facts.caPem)
    await writeFile(join(folder, 'worker.capnp'), workerConfiguration)
    const worker = spawn(program, ['serve', 'worker.capnp', '--control-fd=3'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    })
    try {
      const [line] = await once(worker.stdio[3] as NodeJS.ReadableStream, 'data')
      const { port } = JSON.parse(String(line)) as { port: number }
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: JSON.stringify(facts) })
      return (await answer.json()) as SessionResult | Failed
    } finally {
      worker.kill()
      await once(worker, 'close')
    }
  })
}

const workerConfiguration = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "session", worker = .session),
    (name = "internet", network = (allow = ["local"], tlsOptions = (trustedCertificates = [embed "ca.pem"]))),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "session")],
);
const session :Workerd.Worker = (
  modules = [(name = "session", esModule = embed "session.mjs")],
  compatibilityDate = "2025-09-01",
);
`

/** A page in a browser that accepts one key beside those of its own authorities: that of the sandbox's certificate. */
function runInPage(program: string, facts: EngineFacts): Promise<SessionResult | Failed> {
  return inFolder(async (folder) => {
    const file = join(folder, 'session.mjs')
    await bundleSession('page.ts', 'web', file)
    const page = await servePage(await readFile(file, 'utf8'), facts)
    const flags = [
      '--headless',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--user-data-dir=${join(folder, 'profile')}`,
      `--ignore-certificate-errors-spki-list=${facts.serverKeyHash}`,
      // As root it starts without its own sandbox only.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ]
    const browser = spawn(program, [...flags, page.url], { stdio: 'ignore', detached: true })
    const ended = once(browser, 'close')
    try {
      return await page.result
    } finally {
      page.close()
      // Its children with it: the group is its own.
      if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL')
      await ended
    }
  })
}

interface Page {
  readonly url: string
  readonly result: Promise<SessionResult | Failed>
  close(): void
}

/** Serves the page, the facts to its script, and takes the result. */
async function servePage(text: string, facts: EngineFacts): Promise<Page> {
  let told = (_result: SessionResult | Failed): void => {}
  const result = new Promise<SessionResult | Failed>((resolve) => {
    told = resolve
  })
  const server = createServer(async (request, response) => {
    if (request.url === '/')
      response.setHeader('content-type', 'text/html').end('<script type=module src=/session.mjs></script>')
    else if (request.url === '/session.mjs') response.setHeader('content-type', 'text/javascript').end(text)
    else if (request.url === '/facts') response.end(JSON.stringify(facts))
    else if (request.url === '/result') {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      response.end()
      told(JSON.parse(body))
    } else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    result,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'realer-device-session-'))
  try {
    return await act(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
