import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSandbox } from '@realer-device/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeBlock } from './support/readme.ts'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string) => join(root, 'node_modules', '.bin', name)

/** The environment of a stranger's shell: nothing of this run's own package manager. */
const strangersEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|NODE_OPTIONS|VITEST|NODE_ENV)/i.test(name)),
)

let folder: string
let tarballs: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'realer-device-packed-'))
  const names = await publishedPackages()
  await execute(bin('tsc'), ['-b', ...names.map((name) => join('packages', name))], { cwd: root })
  for (const name of names) await pnpm(['pack', '--pack-destination', folder], join(root, 'packages', name))
  tarballs = (await readdir(folder)).filter((file) => file.endsWith('.tgz')).map((file) => join(folder, file))
}, 600_000)

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** The packages that are not private: those that strangers get. */
async function publishedPackages(): Promise<string[]> {
  const names = await readdir(join(root, 'packages'))
  const manifests = await Promise.all(
    names.map((name) => readFile(join(root, 'packages', name, 'package.json'), 'utf8')),
  )
  return names.filter((_, index) => !JSON.parse(manifests[index] ?? '{}').private)
}

/** The package manager that runs this test, or the one of the README. */
async function pnpm(args: readonly string[], cwd: string): Promise<void> {
  const running = process.env.npm_execpath ?? ''
  if (!running.includes('pnpm')) await execute('npx', ['-y', 'pnpm@12', ...args], { cwd })
  else if (/\.[cm]?js$/.test(running)) await execute(process.execPath, [running, ...args], { cwd })
  else await execute(running, args, { cwd })
}

describe('the packages as they are published', () => {
  it('are all eleven there', () => {
    expect(tarballs).toHaveLength(11)
  })

  it('have nothing that publint complains about', async () => {
    for (const tarball of tarballs) {
      const { stdout } = await execute(bin('publint'), ['--strict', tarball])
      expect(stdout).toContain('All good!')
    }
  }, 600_000)

  it('have types that every module resolution finds', async () => {
    // It exits with 1 where it finds a problem, and then its report is in the error.
    const look = async (tarball: string) =>
      (await execute(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji'])).stdout
    for (const report of await Promise.all(tarballs.map(look))) expect(report).toContain('(ESM)')
  }, 600_000)

  it('hold a README, a licence and no test', async () => {
    for (const tarball of tarballs) {
      const { stdout } = await execute('tar', ['-tzf', tarball])
      const files = stdout.split('\n')
      expect(files, tarball).toContain('package/README.md')
      expect(files, tarball).toContain('package/LICENSE')
      expect(files, tarball).toContain('package/dist/index.d.ts')
      expect(
        files.filter((file) => file.includes('test')),
        tarball,
      ).toEqual([])
    }
  })
})

describe("the README's example, in an empty folder outside the workspace", () => {
  let home: string

  beforeAll(async () => {
    home = join(folder, 'home')
    await mkdir(home)
    await writeFile(
      join(home, 'package.json'),
      JSON.stringify({ name: 'home', private: true, type: 'module' }),
    )
    const typescript = await versionOf('typescript')
    const types = await versionOf('@types/node')
    await execute(
      'npm',
      ['install', '--no-audit', '--no-fund', ...tarballs, `typescript@${typescript}`, `@types/node@${types}`],
      { cwd: home, env: strangersEnvironment },
    )
    await writeFile(join(home, 'device.ts'), await codeBlock(join(root, 'README.md'), 'five-lines'))
  }, 600_000)

  it('type-checks, the libraries included', async () => {
    await typeCheck({ skipLibCheck: false })
  }, 600_000)

  // XState's own declarations do not pass with this flag, so that its libraries are not looked at.
  it('type-checks under exactOptionalPropertyTypes', async () => {
    await typeCheck({ skipLibCheck: true, exactOptionalPropertyTypes: true })
  }, 600_000)

  async function typeCheck(flags: object): Promise<void> {
    const compilerOptions = { strict: true, module: 'NodeNext', target: 'ES2022', types: ['node'], ...flags }
    await writeFile(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['device.ts'] }))
    const compiler = join(home, 'node_modules', '.bin', 'tsc')
    const { stdout } = await execute(compiler, ['-p', home], { cwd: home }).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toBe('')
  }

  it('reports its reading to a cloud', async () => {
    const sandbox = await startSandbox()
    try {
      await writeFile(join(home, 'ca.pem'), sandbox.caPem)
      const { stdout } = await execute(process.execPath, ['device.js'], {
        cwd: home,
        env: {
          ...strangersEnvironment,
          NODE_EXTRA_CA_CERTS: join(home, 'ca.pem'),
          REALER_API_URL: sandbox.apiUrl,
          REALER_CLIENT_ID: sandbox.clientId,
          REALER_CLIENT_SECRET: sandbox.clientSecret,
        },
      })
      expect(stdout).toBe('temperature: done\n')
      const summary = sandbox.ledger.summary()
      expect(summary.settled).toMatchObject({ accepted: 1, rejected: 0 })
      expect(summary.revoked).toBe(true)
      expect(summary.violations).toEqual([])
    } finally {
      await sandbox.stop()
    }
  }, 600_000)

  it('brings the program realer-device', async () => {
    const { stdout } = await execute(join(home, 'node_modules', '.bin', 'realer-device'), ['--help'], {
      cwd: home,
    })
    expect(stdout).toContain('Exit codes:')
  })
})

async function versionOf(name: string): Promise<string> {
  const manifest = await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
