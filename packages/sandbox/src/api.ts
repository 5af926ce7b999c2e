import type { Server } from 'node:http'
import { createServer } from 'node:https'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { type Answer, refusalFor } from './answers.ts'
import type { CertificateAuthority } from './ca.ts'
import type { HttpEntry, HttpPurpose } from './entries.ts'
import type { FaultBook } from './faults.ts'
import { type HttpCallFault, orderedAnswer, patchBody } from './http-faults.ts'
import type { Iot } from './iot.ts'
import type { WritableLedger } from './ledger.ts'
import type { OAuth } from './oauth.ts'
import { type Connections, closeServer, listenOnLoopback, watchConnections } from './tcp.ts'

/** The HTTPS API, listening. */
export interface Api {
  /** `https://127.0.0.1:<port>` */
  readonly url: string
  close(): Promise<void>
}

type ApiContext = Context<{ Bindings: HttpBindings; Variables: { purpose: HttpPurpose } }>

const BODY_LIMIT_BYTES = 16_384

/** Starts the HTTPS API on 127.0.0.1. Rejects with `SandboxError` `port-unavailable`. */
export async function startApi(parts: {
  authority: CertificateAuthority
  port: number
  /** Which page may read the answers: an origin, or `*`. */
  corsOrigin: string | undefined
  oauth: OAuth
  iot: Iot
  ledger: WritableLedger
  faults: FaultBook
}): Promise<Api> {
  const { authority, ledger, faults, oauth, iot } = parts
  const app = new Hono<{ Bindings: HttpBindings; Variables: { purpose: HttpPurpose } }>()
  let calls = 0
  let connections: Connections | undefined
  const delays = new Set<NodeJS.Timeout>()

  const limit = (purpose: HttpPurpose) =>
    bodyLimit({
      maxSize: BODY_LIMIT_BYTES,
      onError: (context) => {
        const { status, body } = refusalFor(purpose, 413, { message: 'The body is too large.' })
        return context.json(body, status as 413)
      },
    })

  /** Makes one answer, with the fault ordered for it, and enters the call in the ledger. */
  async function serve(
    context: ApiContext,
    purpose: HttpPurpose,
    work: () => Promise<Answer>,
  ): Promise<Response> {
    const call = ++calls
    const { incoming, outgoing } = context.env
    ledger.write({ kind: 'http-request', call, purpose })
    const enter = (status: number | null, outcome: HttpEntry['outcome']): void =>
      ledger.write({ kind: 'http', call, purpose, status, outcome })
    const cutOff = (): Response => {
      enter(null, 'reset')
      connections?.reset({ remotePort })
      return RESPONSE_ALREADY_SENT
    }

    const { remotePort } = incoming.socket
    const fault: HttpCallFault | undefined = purpose === 'unknown' ? undefined : faults.take(purpose)
    if (fault !== undefined && 'do' in fault && fault.do === 'hang') {
      await new Promise<void>((resolve) => {
        const forget = faults.onClear(resolve)
        outgoing.once('close', () => {
          forget()
          resolve()
        })
      })
      return cutOff()
    }
    if (fault !== undefined && 'delayMs' in fault) await pause(fault.delayMs)
    let answer = await answerTo(purpose, fault, work)
    if (fault !== undefined && 'patch' in fault)
      answer = { ...answer, body: patchBody(answer.body, fault.patch) }
    if (fault !== undefined && 'do' in fault && fault.do === 'reset') return cutOff()
    if (outgoing.destroyed) {
      enter(null, 'abandoned')
      return RESPONSE_ALREADY_SENT
    }
    const malformed = fault !== undefined && 'do' in fault && fault.do === 'malformed'
    const text = JSON.stringify(answer.body)
    enter(answer.status, 'answered')
    return new Response(malformed ? text.slice(0, -2) : text, {
      status: answer.status,
      headers: { 'content-type': 'application/json', ...answer.headers },
    })
  }

  async function answerTo(
    purpose: HttpPurpose,
    fault: HttpCallFault | undefined,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    if (fault !== undefined && 'answer' in fault) return orderedAnswer(fault.at, fault.answer)
    try {
      return await work()
    } catch {
      return refusalFor(purpose, 500, { oauthError: 'server_error', message: 'The sandbox failed.' })
    }
  }

  function pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        delays.delete(timer)
        resolve()
      }, delayMs)
      delays.add(timer)
    })
  }

  if (parts.corsOrigin !== undefined) {
    const allowHeaders = ['accept', 'authorization', 'content-type']
    const allowMethods = ['GET', 'POST']
    // Without the last, a page would be told to back off and not see for how long.
    const exposeHeaders = ['retry-after']
    app.use(cors({ origin: parts.corsOrigin, allowHeaders, allowMethods, exposeHeaders }))
  }

  const form = async (context: ApiContext) => ({
    authorization: context.req.header('authorization'),
    contentType: context.req.header('content-type'),
    text: await context.req.text(),
  })
  app.post('/oauth/token', limit('token'), (context) =>
    serve(context, 'token', async () => oauth.token(await form(context))),
  )
  app.post('/oauth/revoke', limit('revoke'), (context) =>
    serve(context, 'revoke', async () => oauth.revoke(await form(context))),
  )
  app.get('/iot/v1/devices/:deviceId/mqtt', (context) =>
    serve(context, 'catalog', async () =>
      iot.catalog({
        authorization: context.req.header('authorization'),
        deviceId: context.req.param('deviceId'),
      }),
    ),
  )
  app.post('/iot/v1/mqtt-credentials', limit('credential'), (context) =>
    serve(context, 'credential', async () => iot.credential(await form(context))),
  )
  app.notFound((context) =>
    serve(context as ApiContext, 'unknown', async () =>
      refusalFor('unknown', 404, { message: 'No such resource.' }),
    ),
  )
  app.onError((_error, context) => context.json({ code: 5000, message: 'The sandbox failed.' }, 500))

  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: { key: authority.privateKeyPem, cert: authority.certificatePem, minVersion: 'TLSv1.2' },
  }) as Server
  connections = watchConnections(server)
  const port = await listenOnLoopback(server, parts.port, 'apiPort')
  return {
    url: `https://127.0.0.1:${port}`,
    close() {
      for (const timer of delays) clearTimeout(timer)
      const closed = closeServer(server)
      connections?.resetAll()
      return closed
    },
  }
}
