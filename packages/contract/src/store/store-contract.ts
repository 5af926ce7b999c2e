import type { ContractCase, LeftOutCase } from '../contract.ts'
import { type SortedCases, sortCases } from '../kit.ts'
import { onStoreBench } from './bench.ts'
import type { StoreCase } from './case.ts'
import { changeCases } from './cases/changes.ts'
import { lifetimeCases } from './cases/lifetime.ts'
import { valueCases } from './cases/values.ts'
import type { StoreSetup } from './setup.ts'

const all: readonly StoreCase[] = [...valueCases, ...changeCases, ...lifetimeCases]

/** Sorts the cases; what the contract demands holds where nothing is said. */
const sort = (setup: StoreSetup): SortedCases =>
  sortCases(all, { refusesSecond: true, ...setup }, (run) => onStoreBench(setup, run))

/**
 * The kit of the store: cases for any test runner, `for (const { name, run } of storeContract(setup)) test(name, run)`.
 * Each has places of its own; one writes ten thousand times, so give it some minutes on a slow disk. A case whose need the
 * setup does not give is not among them; see {@link storeCasesLeftOut}.
 */
export const storeContract = (setup: StoreSetup): ContractCase[] => sort(setup).cases

/** The cases that {@link storeContract} leaves out for this setup, and what it would have to give for each. */
export const storeCasesLeftOut = (setup: StoreSetup): LeftOutCase[] => sort(setup).leftOut
