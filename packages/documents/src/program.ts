import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { DocumentError } from './document-error.ts'
import { generate, type Outcome } from './generate.ts'
import { readTestReport, type TestReport } from './matrix/test-report.ts'
import { producers } from './producers/all.ts'
import { runTests } from './run-tests.ts'

/** Where the program's lines go. */
export interface Output {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
}

interface Options {
  readonly check: boolean
  readonly json: boolean
  readonly only: readonly string[]
  readonly report?: string
}

const exitCodeHelp = `
Exit codes:
  0  written, or with --check: all is up to date and covered
  1  with --check: a file differs, or a rule is not covered; always: a test failed, or a document cannot be made
  2  a wrong option or file`

/**
 * Runs the program with its arguments and gives its exit code; every failure is one clear line.
 *
 * @param root the repository's root
 */
export async function runProgram(args: readonly string[], root: string, output: Output): Promise<number> {
  try {
    const options = parse(args, output)
    const outcome = await generate({
      root,
      producers: producers.filter(({ name }) => options.only.length === 0 || options.only.includes(name)),
      write: !options.check,
      progress: output.err,
      testReport: once(() => testReport(root, options.report)),
    })
    if (options.json) output.out(JSON.stringify(outcome))
    else tell(outcome, options.check, output)
    return exitCodeOf(outcome, options.check)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    output.err(`docs: ${error instanceof Error ? error.message : String(error)}`)
    return error instanceof DocumentError && error.code === 'report-unreadable' ? 2 : 1
  }
}

function parse(args: readonly string[], { out, err }: Output): Options {
  const names = producers.map(({ name }) => name)
  const known = (name: string, before: readonly string[]): string[] => {
    if (!names.includes(name)) throw new InvalidArgumentError(`It must be one of ${names.join(', ')}.`)
    return [...before, name]
  }
  const program = new Command('docs')
    .description('Writes the documents that are generated from the machine, its sources and its tests.')
    .option('--check', 'write nothing; fail where a file would differ or a rule is not covered', false)
    .option('--report <file>', "vitest's JSON report to read, instead of running all tests")
    .option('--only <name>', `only what one producer makes (repeatable): ${names.join(', ')}`, known, [])
    .option('--json', 'the outcome as one line of JSON', false)
    .addHelpText(
      'after',
      `\nMakes:\n${producers.map(({ name, makes }) => `  ${name.padEnd(8)}${makes}`).join('\n')}\n${exitCodeHelp}`,
    )
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => out(text.trimEnd()), writeErr: (text) => err(text.trimEnd()) })
    .showHelpAfterError('(--help shows the options)')
  return program.parse([...args], { from: 'user' }).opts<Options>()
}

async function testReport(root: string, file: string | undefined): Promise<TestReport> {
  if (file === undefined) return readTestReport(await runTests(root), root, 'vitest')
  const text = await readFile(resolve(file), 'utf8').catch((error: unknown) => {
    throw new DocumentError('report-unreadable', file, String(error))
  })
  return readTestReport(text, root, file)
}

function tell({ files, problems, failures }: Outcome, check: boolean, { out, err }: Output): void {
  const changed = files.filter(({ state }) => state !== 'same')
  for (const { path, state } of changed)
    out(check ? `${state}: ${path}` : `${state === 'left over' ? 'removed' : 'written'}: ${path}`)
  for (const failure of failures) out(`failed: ${failure}`)
  for (const problem of problems) (check ? out : err)(`not covered: ${problem}`)
  out(
    `${files.length} generated files, ${changed.length} ${check ? 'not up to date' : 'changed'}; ${problems.length} rules not covered`,
  )
}

function exitCodeOf({ files, problems, failures }: Outcome, check: boolean): number {
  const isStale = files.some(({ state }) => state !== 'same')
  return failures.length > 0 || (check && (isStale || problems.length > 0)) ? 1 : 0
}

/** The same promise for every caller: the tests run once. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null
  return () => {
    made ??= make()
    return made
  }
}
