import type { ContractCase } from '../contract.ts'
import { onClientBench } from './bench.ts'
import type { ClientCase } from './case.ts'
import { connectCases } from './cases/connect.ts'
import { endCases } from './cases/ends.ts'
import { messageCases } from './cases/messages.ts'
import { publishCases } from './cases/publish.ts'
import type { ClientSetup } from './setup.ts'

const cases: readonly ClientCase[] = [...connectCases, ...publishCases, ...messageCases, ...endCases]

/**
 * The kit of the MQTT client: cases for any test runner, `for (const { name, run } of clientContract(setup)) test(name, run)`.
 * Each opens connections and brokers of its own and ends them. Some take seconds: a keep alive is counted in them.
 */
export function clientContract(setup: ClientSetup): ContractCase[] {
  return cases.map((one) => ({
    name: `${one.clauses.join(' ')}: ${one.shows}`,
    clauses: one.clauses,
    run: () => onClientBench(setup, (bench) => one.run(bench)),
  }))
}
