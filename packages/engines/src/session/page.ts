import { webPlatform, webSocketLink } from '@realer-device/web'
import { runSession, type SandboxFacts } from './session.ts'

/** The part of a browser that the page uses beside the session. */
declare const fetch: (
  path: string,
  init?: { method: string; body: string },
) => Promise<{ json(): Promise<unknown> }>

/** A session in a page of a browser: over WebSocket, and with the `fetch` of the page. */
async function live(): Promise<unknown> {
  const facts = (await (await fetch('/facts')).json()) as SandboxFacts
  const platform = webPlatform({ openLink: webSocketLink({ address: () => facts.brokerWebSocketUrl ?? '' }) })
  return runSession(platform, facts)
}

const result = await live().catch((error: unknown) => ({ failed: String(error) }))
await fetch('/result', { method: 'POST', body: JSON.stringify(result) })
