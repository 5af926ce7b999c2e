import { relative } from 'node:path'
import { DocumentError } from '../document-error.ts'

/** One test of a run. */
export interface TestResult {
  /** The test's file, from the repository's root, with `/`. */
  readonly file: string
  /** The titles of its groups and its own, joined by spaces. */
  readonly name: string
  readonly status: 'passed' | 'failed' | 'skipped'
}

/** A run of all tests. */
export interface TestReport {
  readonly tests: readonly TestResult[]
}

/** The part of vitest's JSON report that is read. */
interface VitestJson {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/**
 * Reads what `vitest run --reporter=json` wrote.
 *
 * @param root the repository's root, which file names are cut to
 * @throws {DocumentError} `report-unreadable` where the text is not such a report
 */
export function readTestReport(text: string, root: string, path: string): TestReport {
  const { testResults } = parse(text, path)
  return {
    tests: testResults.flatMap(({ name, status, assertionResults }) => {
      const file = relative(root, name).replaceAll('\\', '/')
      const tests = assertionResults.map(
        (test): TestResult => ({ file, name: test.fullName.trim(), status: statusOf(test.status) }),
      )
      // A file that cannot be loaded fails without a test in it.
      const isBroken = status === 'failed' && tests.every((test) => test.status !== 'failed')
      return isBroken ? [...tests, { file, name: '(the file itself)', status: 'failed' as const }] : tests
    }),
  }
}

function parse(text: string, path: string): VitestJson {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new DocumentError('report-unreadable', path, String(error))
  }
  const { testResults } = (json ?? {}) as Partial<VitestJson>
  const isReport =
    Array.isArray(testResults) &&
    testResults.every(
      ({ name, assertionResults }) => typeof name === 'string' && Array.isArray(assertionResults),
    )
  if (!isReport) throw new DocumentError('report-unreadable', path, 'it is not a JSON report of vitest')
  return json as VitestJson
}

function statusOf(status: string): TestResult['status'] {
  return status === 'passed' || status === 'failed' ? status : 'skipped'
}
