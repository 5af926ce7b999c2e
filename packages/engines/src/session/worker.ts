import { connect } from 'cloudflare:sockets'
import { webPlatform, webStreamLink } from '@realer-device/web'
import { runSession, type SandboxFacts } from './session.ts'

/** The part of a worker's request and response that is used. */
interface WorkerRequest {
  json(): Promise<unknown>
}
declare const Response: { json(value: unknown): unknown }

/** A session in a worker of Cloudflare's runtime, for the time of one request, which brings the facts. */
export default {
  async fetch(request: WorkerRequest): Promise<unknown> {
    const facts = (await request.json()) as SandboxFacts
    const platform = webPlatform({
      openLink: webStreamLink({
        connect: (address) => connect(address, { secureTransport: 'on', allowHalfOpen: false }),
      }),
    })
    const result = await runSession(platform, facts).catch((error: unknown) => ({ failed: String(error) }))
    return Response.json(result)
  },
}
