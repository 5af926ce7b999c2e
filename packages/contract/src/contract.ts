/** One MUST of a contract. Its id is permanent: a clause that is given up leaves a gap. */
export interface Clause {
  /** Such as `LINK-7`. */
  readonly id: string
  /** The sentence itself, for the page of contracts. */
  readonly must: string
}

/** One test of a kit: what it shows, which clauses it proves, and how. */
export interface ContractCase {
  /** Begins with the ids of its clauses: the name of a test in any runner. */
  readonly name: string
  readonly clauses: readonly string[]
  /** Rejects with a {@link ContractBreach} where a clause does not hold. */
  run(): Promise<void>
}

/** A part does not keep a clause of its contract. */
export class ContractBreach extends Error {
  override readonly name = 'ContractBreach'
  /** The id of the clause. */
  readonly clause: string

  constructor(clause: string, message: string) {
    super(`${clause}: ${message}`)
    this.clause = clause
  }
}

/** A case that a kit leaves out, because the setup does not give what it needs. */
export interface LeftOutCase {
  readonly name: string
  readonly clauses: readonly string[]
  /** What the setup would have to give. */
  readonly why: string
}
