import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const root = fileURLToPath(new URL('../../../..', import.meta.url))

/** A context for producers that need no test run. */
export const context = {
  root,
  testReport: () => Promise.reject(new Error('no test run is needed')),
}
