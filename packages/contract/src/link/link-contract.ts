import type { ContractCase, LeftOutCase } from '../contract.ts'
import { onLinkBench } from './bench.ts'
import { gives, type LinkCase } from './case.ts'
import { backPressureCases } from './cases/back-pressure.ts'
import { byteCases } from './cases/bytes.ts'
import { closingCases } from './cases/closing.ts'
import { endCases } from './cases/ends.ts'
import { handlerCases } from './cases/handlers.ts'
import { openingCases } from './cases/opening.ts'
import type { LinkSetup } from './setup.ts'

const cases: readonly LinkCase[] = [
  ...openingCases,
  ...byteCases,
  ...closingCases,
  ...endCases,
  ...handlerCases,
  ...backPressureCases,
]

const nameOf = ({ clauses, shows }: LinkCase): string => `${clauses.join(' ')}: ${shows}`

/**
 * The kit of the link: cases for any test runner, `for (const { name, run } of linkContract(setup)) test(name, run)`.
 * Each opens links and peers of its own and ends them. A case whose need the setup does not give is not among them; see
 * {@link linkCasesLeftOut}.
 */
export function linkContract(setup: LinkSetup): ContractCase[] {
  return cases
    .filter(({ needs = [] }) => needs.every((need) => gives(setup, need)))
    .map((one) => ({
      name: nameOf(one),
      clauses: one.clauses,
      run: () => onLinkBench(setup, (bench) => one.run(bench)),
    }))
}

/** The cases that {@link linkContract} leaves out for this setup, and what it would have to give for each. */
export function linkCasesLeftOut(setup: LinkSetup): LeftOutCase[] {
  return cases.flatMap((one) => {
    const lacks = (one.needs ?? []).filter((need) => !gives(setup, need))
    if (lacks.length === 0) return []
    return [
      { name: nameOf(one), clauses: one.clauses, why: `the setup does not give ${lacks.join(' and ')}` },
    ]
  })
}
