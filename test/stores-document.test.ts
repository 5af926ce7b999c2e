import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { storeClauses } from '@realer-device/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ExampleFolder, makeExampleFolder } from './support/example-folder.ts'
import { codeFiles } from './support/readme.ts'

const page = fileURLToPath(new URL('../docs/stores.md', import.meta.url))
let folder: ExampleFolder
let files: ReadonlyMap<string, string>

beforeAll(async () => {
  folder = await makeExampleFolder()
  files = await codeFiles(page)
  await folder.write(files)
})

afterAll(() => folder.remove())

/** What an example prints, and how it ends. */
async function run(
  file: string,
  store = 'device.store',
): Promise<[lines: readonly string[], end: number | string]> {
  const program = folder.run(file, {
    // Nothing listens there: what is kept is kept without a cloud.
    REALER_API_URL: 'https://127.0.0.1:1',
    REALER_CLIENT_ID: 'client',
    REALER_CLIENT_SECRET: 'secret-of-the-client',
    REALER_STORE: store,
  })
  const end = await program.ended
  return [program.lines, end]
}

describe("the code of the stores' page", () => {
  it('type-checks under the options of this repository', async () => {
    expect([...files.keys()].sort()).toEqual([
      'device.ts',
      'flash-store-kit.ts',
      'flash-store.ts',
      'gateway.ts',
    ])
    expect(await folder.typeCheck([...files.keys()])).toBe('')
  }, 120_000)

  it('PUB-9: the device keeps its reports from one run to the next, and no secret', async () => {
    expect(await run('device.ts')).toEqual([['kept: 1'], 0])
    expect(await run('device.ts')).toEqual([['kept: 2'], 0])
    const kept = await readFile(`${folder.path}/device.store`, 'utf8')
    expect(kept).toContain('21.5')
    expect(kept).not.toContain('secret-of-the-client')
  })

  it('the device says why it has no store', async () => {
    expect(await run('device.ts', 'nowhere/device.store')).toEqual([[], 1])
  })

  it('PUB-9: the gateway keeps the reports of all of its devices', async () => {
    expect(await run('gateway.ts')).toEqual([['kept: 3'], 0])
  })

  it("the store of one's own passes the kit", async () => {
    expect(await run('flash-store-kit.ts')).toEqual([['left out: the setup does not give newTightPlace'], 0])
  }, 120_000)
})

describe("the page's table of clauses", () => {
  it('is the list of the kit', async () => {
    const text = await readFile(page, 'utf8')
    const rows = [...text.matchAll(/^\| (STORE-\d+) +\| (.*?) +\|$/gm)].map(([, id, must]) => ({ id, must }))
    expect(rows).toEqual(storeClauses)
  })
})
