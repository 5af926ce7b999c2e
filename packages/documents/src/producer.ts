import type { TestReport } from './matrix/test-report.ts'

/** One file that is generated. */
export interface Document {
  /** From the repository's root, with `/`. */
  readonly path: string
  readonly text: string
}

/** What a producer came to. */
export interface Produced {
  readonly documents: readonly Document[]
  /** What a check fails for beside files that differ; one line each. */
  readonly problems: readonly string[]
  /** What failed on the way, so that the documents say less than they should; one line each. */
  readonly failures: readonly string[]
}

/** What a producer may use. */
export interface ProducerContext {
  /** The repository's root. */
  readonly root: string
  /** The run of all tests; asked for only by producers with `needsTests`. */
  readonly testReport: () => Promise<TestReport>
}

/** A maker of generated files. A new one is a file in `producers/` and a line in their list. */
export interface Producer {
  /** What `--only` names it by. */
  readonly name: string
  /** One sentence for `--help`. */
  readonly makes: string
  readonly needsTests: boolean
  /** Folders that hold nothing but what it makes: anything else in them is left over. */
  readonly owns: readonly string[]
  readonly produce: (context: ProducerContext) => Promise<Produced>
}
