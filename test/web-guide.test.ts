import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ExampleFolder, makeExampleFolder, type PlatformTypes } from './support/example-folder.ts'
import { codeFiles } from './support/readme.ts'

const guide = fileURLToPath(new URL('../docs/web.md', import.meta.url))
let folder: ExampleFolder

beforeAll(async () => {
  folder = await makeExampleFolder()
  await folder.write(await codeFiles(guide))
})

afterAll(() => folder.remove())

interface Case {
  readonly what: string
  readonly platform: PlatformTypes
  /** The page's files for it. */
  readonly files: readonly string[]
  /** What the platform has of its own, given to us: where its types did not fit, it could not be. */
  readonly own: readonly string[]
}

const streams = 'webStreamLink({ connect: () => new TransformStream<Uint8Array, Uint8Array>() })'
const socket = "webSocketLink({ address: () => 'wss://broker.example/mqtt', WebSocket })"
const cases: readonly Case[] = [
  {
    what: 'a browser',
    platform: { types: [], lib: ['ES2022', 'DOM'] },
    files: ['page.ts'],
    own: ['fetchCaller({ fetch })', socket, streams],
  },
  {
    what: 'Deno',
    // Its package of types leaves what a browser has as well to the library of that.
    platform: { types: ['deno'], lib: ['ESNext', 'DOM'] },
    files: ['deno.ts', 'deno-authority.ts'],
    own: ['fetchCaller({ fetch })', socket, streams],
  },
  {
    what: 'Cloudflare',
    platform: { types: ['@cloudflare/workers-types'], lib: ['ES2022'] },
    files: ['worker.ts'],
    own: ['fetchCaller({ fetch })', socket, streams],
  },
  { what: 'Node', platform: { types: ['node'] }, files: ['web-socket.ts'], own: ['fetchCaller({ fetch })'] },
]

describe("the code of docs/web.md, with each platform's own types", () => {
  it('is all of it', async () => {
    const files = cases.flatMap((one) => one.files)
    expect([...(await codeFiles(guide)).keys()].sort()).toEqual(files.sort())
  })

  it.each(cases)(
    '$what: its code type-checks, and its own parts fit',
    async ({ platform, files, own }) => {
      await folder.write(new Map([['own.ts', ownParts(own, 'readonly unknown[]')]]))
      expect(await folder.typeCheck([...files, 'own.ts'], platform)).toBe('')
    },
    120_000,
  )

  it('and that check fails where a part does not fit', async () => {
    await folder.write(
      new Map([['own.ts', ownParts(["fetchCaller({ fetch: 'no' })"], 'readonly unknown[]')]]),
    )
    expect(await folder.typeCheck(['own.ts'])).toContain('own.ts')
  }, 120_000)
})

function ownParts(parts: readonly string[], type: string): string {
  return `import * as web from '@realer-device/web'
export const { fetchCaller, webSocketLink, webStreamLink } = web
export const own: ${type} = [${parts.join(', ')}]
`
}
