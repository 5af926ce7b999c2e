import { nodePlatform } from '@realer-device/node'
import { runSession, type SandboxFacts } from './session.ts'

/** A session on Node, and on Bun, whose `node:tls` and `node:https` do all that the platform of Node asks of them. */
const facts = JSON.parse(process.env.REALER_SANDBOX ?? '{}') as SandboxFacts
const result = await runSession(nodePlatform({ ca: facts.caPem }), facts)
process.stdout.write(`${JSON.stringify(result)}\n`)
process.exit(0)
