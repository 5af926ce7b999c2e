import { basename } from 'node:path'
import { Command } from 'commander'
import { createTwoFilesPatch } from 'diff'
import { readStory, storyFiles, writeStory } from './files.ts'
import { regenerate, traceOf } from './regenerate.ts'
import { TranscriptError } from './transcript.ts'

/** Lines of a difference that are shown; the rest is a regeneration away. */
const shownLines = 24

interface Options {
  readonly check: boolean
  readonly json: boolean
}

const program = new Command('transcripts')
  .description('Plays the stories of docs/transcripts against the machine and records their output in place.')
  .argument('[files...]', 'stories to take; all of them where none is named')
  .option(
    '--check',
    'change nothing; exit code 1 and a short difference where a recorded output is not the machine’s',
    false,
  )
  .option('--json', 'change nothing; print the stories’ steps as NDJSON', false)
  .action((files: readonly string[], options: Options) =>
    run(files.length === 0 ? storyFiles() : files, options),
  )

function run(files: readonly string[], { check, json }: Options): void {
  const differing = files.filter((file) => {
    try {
      return json ? printTrace(file) : take(file, check)
    } catch (error) {
      if (!isPlain(error)) throw error
      process.stderr.write(`transcripts: ${error.message}\n`)
      process.exitCode = 2
      return false
    }
  }).length
  if (json) return
  process.stdout.write(`${files.length} stories, ${differing} ${check ? 'differ' : 'recorded anew'}\n`)
  if (check && differing > 0) process.exitCode ??= 1
}

function printTrace(file: string): false {
  for (const line of traceOf(readStory(file), file)) process.stdout.write(`${JSON.stringify(line)}\n`)
  return false
}

/** Plays one story; true where its recorded output is not the machine's. */
function take(file: string, check: boolean): boolean {
  const recorded = readStory(file)
  const played = regenerate(recorded, file)
  if (played === recorded) return false
  if (check) process.stdout.write(difference(file, recorded, played))
  else writeStory(file, played)
  return true
}

/** What differs between the file and the machine, in few lines. */
function difference(file: string, recorded: string, played: string): string {
  const patch = createTwoFilesPatch(
    `${basename(file)} as recorded`,
    `${basename(file)} as played`,
    recorded,
    played,
    '',
    '',
    {
      context: 2,
    },
  )
  const lines = patch.split('\n').filter((line) => !line.startsWith('==='))
  const more = lines.length - shownLines
  return `${[...lines.slice(0, shownLines), ...(more > 0 ? [`… ${more} more lines`] : []), ''].join('\n')}\n`
}

/** A failure that is told in one line: a fault of a story, or a file that cannot be read. */
function isPlain(error: unknown): error is Error {
  return error instanceof TranscriptError || (error instanceof Error && 'syscall' in error)
}

program.parse()
