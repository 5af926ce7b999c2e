import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

function tsc(...args: string[]): Promise<string> {
  return promisify(execFile)(process.execPath, [TSC, ...args], { cwd: PACKAGE }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )
}

describe('The published types', () => {
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mqtt-types-'))
    await tsc(
      '-p',
      PACKAGE,
      '--emitDeclarationOnly',
      '--outDir',
      directory,
      '--tsBuildInfoFile',
      join(directory, 'info'),
    )
  })

  afterAll(() => rm(directory, { recursive: true, force: true }))

  async function checkAsUser(source: string): Promise<string> {
    const user = join(directory, 'user.ts')
    await writeFile(user, source)
    // As strict as a user can be: no Node types, and no library skipped.
    return tsc(
      user,
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--lib',
      'ES2022',
      '--types',
      '',
      '--module',
      'NodeNext',
    )
  }

  it('need neither Node nor mqtt-packet', async () => {
    const source = `import { createMqttSession, type MqttOutput } from './index.js'
      export const outputs: MqttOutput[] = createMqttSession({ clientId: 'c' }).open()`
    expect(await checkAsUser(source)).toBe('')
  })

  it('are really checked: the same with a mistake is refused', async () => {
    const source = `import { createMqttSession } from './index.js'
      export const outputs: string = createMqttSession({ clientId: 1 }).open()`
    expect(await checkAsUser(source)).toContain('error TS2322')
  })

  it('do not mention mqtt-packet, Buffer or NodeJS outside of comments', async () => {
    const files = (await readdir(directory)).filter((name) => name.endsWith('.d.ts'))
    expect(files).toContain('packets.d.ts')
    for (const file of files) {
      const code = (await readFile(join(directory, file), 'utf8')).replaceAll(
        /\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
        '',
      )
      expect(code, file).not.toMatch(/mqtt-packet|\bBuffer\b|\bNodeJS\b/)
    }
  })
})
