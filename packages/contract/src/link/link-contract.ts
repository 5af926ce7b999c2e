import type { ContractCase, LeftOutCase } from '../contract.ts'
import { type SortedCases, sortCases } from '../kit.ts'
import { onLinkBench } from './bench.ts'
import type { LinkCase } from './case.ts'
import { backPressureCases } from './cases/back-pressure.ts'
import { byteCases } from './cases/bytes.ts'
import { closingCases } from './cases/closing.ts'
import { endCases } from './cases/ends.ts'
import { handlerCases } from './cases/handlers.ts'
import { openingCases } from './cases/opening.ts'
import type { LinkSetup } from './setup.ts'

const all: readonly LinkCase[] = [
  ...openingCases,
  ...byteCases,
  ...closingCases,
  ...endCases,
  ...handlerCases,
  ...backPressureCases,
]

/** Sorts the cases; what a platform can do holds where nothing is said. */
function sort(setup: LinkSetup): SortedCases {
  const given = { tellsTls: true, ...setup }
  return sortCases(all, given, (run) => onLinkBench(setup, run))
}

/**
 * The kit of the link: cases for any test runner, `for (const { name, run } of linkContract(setup)) test(name, run)`.
 * Each opens links and peers of its own and ends them. A case whose need the setup does not give is not among them; see
 * {@link linkCasesLeftOut}.
 */
export const linkContract = (setup: LinkSetup): ContractCase[] => sort(setup).cases

/** The cases that {@link linkContract} leaves out for this setup, and what it would have to give for each. */
export const linkCasesLeftOut = (setup: LinkSetup): LeftOutCase[] => sort(setup).leftOut
