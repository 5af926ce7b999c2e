import { ContractBreach, type ContractCase } from '@realer-device/contract'

/** A part that breaks a clause, in the way that one of its kind in the field might. */
export interface BrokenPart<Part> {
  readonly clause: string
  readonly does: string
  readonly part: Part
}

/** Runs the cases that name a clause; the clauses whose breach they found. Anything else that goes wrong is thrown. */
export async function breachesFound(
  cases: readonly ContractCase[],
  clause: string,
  run: (one: ContractCase) => Promise<void>,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const one of cases.filter(({ clauses }) => clauses.includes(clause))) {
    try {
      await run(one)
    } catch (error) {
      if (!(error instanceof ContractBreach)) throw error
      found.add(error.clause)
    }
  }
  return found
}
