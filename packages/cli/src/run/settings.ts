import { readFile } from 'node:fs/promises'
import { openFileStore, type Store, StoreError } from '@realer-device/node'
import { CommandError } from '../exit-code.ts'

/** What `run` takes from its command line. */
export interface RunOptions {
  readonly apiUrl?: string
  readonly deviceId: string
  readonly clientId: string
  readonly secretFile?: string
  readonly ca?: string
  readonly route: { readonly [name: string]: string }
  readonly command: string[]
  readonly exec?: string
  /** The file in which reports and commands outlive the process. */
  readonly store?: string
  /** Route and value, in the order given; a route may come again. */
  readonly report: readonly (readonly [route: string, value: string])[]
  readonly keepTrying: boolean
  readonly trace: boolean
  readonly json: boolean
}

/** The environment variable that holds the client secret; arguments never do, for every process can read them. */
export const secretVariable = 'REALER_CLIENT_SECRET'

/** The client secret from its file, or from the environment. */
export async function readSecret(options: RunOptions, environment: NodeJS.ProcessEnv): Promise<string> {
  if (options.secretFile !== undefined) {
    const secret = (await readText('--secret-file', options.secretFile)).trim()
    if (secret === '') throw new CommandError('usage', `--secret-file: ${options.secretFile} is empty.`)
    return secret
  }
  const secret = environment[secretVariable] ?? ''
  if (secret === '')
    throw new CommandError(
      'usage',
      `The client secret is missing: set ${secretVariable}, or give --secret-file FILE.`,
    )
  return secret
}

/** The certificate authority's PEM, where one was named. */
export async function readCa(options: RunOptions): Promise<string | undefined> {
  if (options.ca === undefined) return undefined
  const pem = await readText('--ca', options.ca)
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new CommandError('usage', `--ca: ${options.ca} holds no PEM certificate.`)
  return pem
}

/** The store, where one was named. */
export function readStore({ store }: RunOptions): Store | undefined {
  if (store === undefined) return undefined
  try {
    return openFileStore(store)
  } catch (error) {
    if (error instanceof StoreError) throw new CommandError('store', `--store: ${error.message}`)
    throw error
  }
}

async function readText(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new CommandError('usage', `${option}: ${path} cannot be read (${code}).`)
  }
}

/** The device's id as the API spells it: a number where it looks like one. */
export function readDeviceId(text: string): string | number {
  return /^(0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text
}
