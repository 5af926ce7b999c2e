import type { ContractCase, LeftOutCase } from '../contract.ts'
import { onStoreBench } from './bench.ts'
import type { StoreCase } from './case.ts'
import { changeCases } from './cases/changes.ts'
import { lifetimeCases } from './cases/lifetime.ts'
import { valueCases } from './cases/values.ts'
import type { StoreSetup } from './setup.ts'

const all: readonly StoreCase[] = [...valueCases, ...changeCases, ...lifetimeCases]

const nameOf = ({ clauses, shows }: StoreCase): string => `${clauses.join(' ')}: ${shows}`

/** What a case needs and the setup does not give. What the contract demands holds where nothing is said. */
function lacks(setup: StoreSetup, { needs = [] }: StoreCase): string[] {
  const given = { refusesSecond: true, ...setup }
  return needs.filter((need) => given[need] === undefined || given[need] === false)
}

/**
 * The kit of the store: cases for any test runner, `for (const { name, run } of storeContract(setup)) test(name, run)`.
 * Each has places of its own. A case whose need the setup does not give is not among them; see
 * {@link storeCasesLeftOut}.
 */
export function storeContract(setup: StoreSetup): ContractCase[] {
  return all
    .filter((one) => lacks(setup, one).length === 0)
    .map((one) => ({ name: nameOf(one), clauses: one.clauses, run: () => onStoreBench(setup, one.run) }))
}

/** The cases that {@link storeContract} leaves out for this setup, and what it would have to give for each. */
export function storeCasesLeftOut(setup: StoreSetup): LeftOutCase[] {
  return all.flatMap((one) => {
    const missing = lacks(setup, one)
    if (missing.length === 0) return []
    return [
      { name: nameOf(one), clauses: one.clauses, why: `the setup does not give ${missing.join(' and ')}` },
    ]
  })
}
