import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const packages = fileURLToPath(new URL('../packages', import.meta.url))

/** What each package may import besides its own files, as ARCHITECTURE.md draws it. */
const allowed: { readonly [name: string]: { ours: readonly string[]; node: boolean } } = {
  core: { ours: [], node: false },
  mqtt: { ours: [], node: false },
  host: { ours: ['core', 'mqtt'], node: false },
  node: { ours: ['host'], node: true },
  contract: { ours: ['host'], node: false },
  memory: { ours: ['host'], node: false },
  web: { ours: ['host'], node: false },
  sqlite: { ours: ['host'], node: true },
  mqttjs: { ours: ['host'], node: true },
  sandbox: { ours: [], node: true },
  cli: { ours: ['node', 'sandbox'], node: true },
  transcript: { ours: ['core'], node: true },
  documents: { ours: ['core', 'transcript'], node: true },
  engines: { ours: ['core', 'mqtt', 'transcript'], node: true },
  'reference-model': { ours: ['core'], node: false },
}

/** The modules that a text imports, for types too. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].flatMap(([, name]) =>
    name === undefined ? [] : [name],
  )
}

/** What is wrong with an import of a package; null where nothing is. */
function faultOf(name: string, imported: string, declared: ReadonlySet<string>): string | null {
  const rule = allowed[name]
  if (imported.startsWith('./') || imported.startsWith('../')) return null
  if (imported.startsWith('node:')) return rule?.node === true ? null : 'imports Node'
  if (builtinModules.includes(imported)) return "imports Node without 'node:'"
  const [scope, ours] = imported.split('/')
  if (scope === '@realer-device' && !rule?.ours.includes(ours ?? '')) return 'imports against the layers'
  const root = imported.startsWith('@') ? imported.split('/', 2).join('/') : (scope ?? '')
  return declared.has(root) ? null : 'imports what its package.json does not declare'
}

/** Where a text mentions the core's package in anything but an `import type`. */
function codeOfCore(text: string): string[] {
  const withoutTypes = text.replace(/import type \{[^}]*\} from '@realer-device\/core'/g, '')
  return withoutTypes.match(/.*@realer-device\/core.*/g) ?? []
}

function declaredBy(name: string): Set<string> {
  const manifest = JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')) as {
    dependencies: { readonly [name: string]: string }
  }
  return new Set(Object.keys(manifest.dependencies))
}

describe('the layers point one way', () => {
  it('every package has its place', () => {
    expect(readdirSync(packages).sort()).toEqual(Object.keys(allowed).sort())
  })

  it.each(Object.keys(allowed))('%s imports what its place allows, and declares it', (name) => {
    const declared = declaredBy(name)
    const source = join(packages, name, 'src')
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    )
    expect(files.length).toBeGreaterThan(0)
    const faults = files.flatMap((file) =>
      importsOf(readFileSync(join(source, file), 'utf8')).flatMap((imported) => {
        const fault = faultOf(name, imported, declared)
        return fault === null ? [] : [`${name}/src/${file} ${fault}: ${imported}`]
      }),
    )
    expect(faults).toEqual([])
    const imported = files.flatMap((file) => importsOf(readFileSync(join(source, file), 'utf8')))
    const unused = [...declared].filter(
      (dependency) => !imported.some((one) => `${one}/`.startsWith(`${dependency}/`)),
    )
    expect(unused, 'declared and never imported').toEqual([])
  })

  it('the reference model is written apart from the machine: it takes its types and no code of it', () => {
    const source = join(packages, 'reference-model', 'src')
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    )
    expect(files.length).toBeGreaterThan(10)
    expect(files.flatMap((file) => codeOfCore(readFileSync(join(source, file), 'utf8')))).toEqual([])
  })

  it.each([
    "import { step } from '@realer-device/core'",
    "import { type Effect, step } from '@realer-device/core'",
    "export { step } from '@realer-device/core'",
    "const core = await import('@realer-device/core')",
    "import '@realer-device/core'",
  ])('and that check fails at %s', (text) => {
    expect(codeOfCore(text)).toHaveLength(1)
    expect(codeOfCore(`import type { Effect } from '@realer-device/core'`)).toEqual([])
  })

  it.each([
    ['core', "import { x } from 'node:fs'", 'imports Node'],
    ['core', "export * from '@realer-device/mqtt'", 'imports against the layers'],
    ['mqtt', "import type { X } from '@realer-device/core'", 'imports against the layers'],
    ['host', "const x = await import('node:net')", 'imports Node'],
    ['sandbox', "import { step } from '@realer-device/core'", 'imports against the layers'],
    ['node', "import fs from 'fs'", "imports Node without 'node:'"],
    ['cli', "import x from 'left-pad'", 'imports what its package.json does not declare'],
  ])('the check itself fails where %s has %s', (name, text, fault) => {
    const [imported = ''] = importsOf(text)
    expect(faultOf(name, imported, declaredBy(name))).toBe(fault)
  })
})
