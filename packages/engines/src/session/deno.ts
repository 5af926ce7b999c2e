import {
  type ByteStreams,
  type FetchInit,
  type FetchLike,
  fetchCaller,
  webPlatform,
  webStreamLink,
} from '@realer-device/web'
import { runSession, type SandboxFacts } from './session.ts'

/** The part of Deno that a session uses. */
declare const Deno: {
  connectTls(options: {
    hostname: string
    port: number
    caCerts: string[]
  }): Promise<ByteStreams & { handshake(): Promise<unknown> }>
  createHttpClient(options: { caCerts: string[] }): object
  readonly env: { get(name: string): string | undefined }
  exit(code: number): never
}
declare const fetch: (url: string, init: FetchInit & { client: object }) => ReturnType<FetchLike>
declare const console: { log(line: string): void }

const facts = JSON.parse(Deno.env.get('REALER_SANDBOX') ?? '{}') as SandboxFacts
const caCerts = [facts.caPem]
const client = Deno.createHttpClient({ caCerts })
const platform = webPlatform({
  openLink: webStreamLink({
    async connect(address) {
      const connection = await Deno.connectTls({ ...address, caCerts })
      // The streams would be there before the server is verified (CONN-1).
      await connection.handshake()
      return connection
    },
  }),
  caller: fetchCaller({ fetch: (url, init) => fetch(url, { ...init, client }) }),
})
console.log(JSON.stringify(await runSession(platform, facts)))
Deno.exit(0)
