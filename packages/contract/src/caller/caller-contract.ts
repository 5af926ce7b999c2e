import type { ContractCase, LeftOutCase } from '../contract.ts'
import { type SortedCases, sortCases } from '../kit.ts'
import { onCallerBench } from './bench.ts'
import type { CallerCase } from './case.ts'
import { endCases } from './cases/ends.ts'
import { exchangeCases } from './cases/exchange.ts'
import { refusalCases } from './cases/refusals.ts'
import type { CallerSetup } from './setup.ts'

const all: readonly CallerCase[] = [...exchangeCases, ...refusalCases, ...endCases]

/** Sorts the cases; what a platform can do holds where nothing is said. */
function sort(setup: CallerSetup): SortedCases {
  const given = { tellsTls: true, showsRedirects: true, ...setup }
  return sortCases(all, given, (run) => onCallerBench(setup, run))
}

/**
 * The kit of the HTTPS caller: cases for any test runner,
 * `for (const { name, run } of callerContract(setup)) test(name, run)`. A case whose need the setup does not give is not
 * among them; see {@link callerCasesLeftOut}.
 */
export const callerContract = (setup: CallerSetup): ContractCase[] => sort(setup).cases

/** The cases that {@link callerContract} leaves out for this setup, and what it would have to give for each. */
export const callerCasesLeftOut = (setup: CallerSetup): LeftOutCase[] => sort(setup).leftOut
