import type { ContractCase, LeftOutCase } from '../contract.ts'
import { type SortedCases, sortCases } from '../kit.ts'
import { onClientBench } from './bench.ts'
import type { ClientCase } from './case.ts'
import { connectCases } from './cases/connect.ts'
import { endCases } from './cases/ends.ts'
import { messageCases } from './cases/messages.ts'
import { publishCases } from './cases/publish.ts'
import type { ClientSetup } from './setup.ts'

const all: readonly ClientCase[] = [...connectCases, ...publishCases, ...messageCases, ...endCases]

const sort = (setup: ClientSetup): SortedCases => sortCases(all, setup, (run) => onClientBench(setup, run))

/**
 * The kit of the MQTT client: cases for any test runner, `for (const { name, run } of clientContract(setup)) test(name, run)`.
 * Each opens connections and brokers of its own and ends them. Some take seconds: a keep alive is counted in them. A case
 * whose need the setup does not give is not among them; see {@link clientCasesLeftOut}.
 */
export const clientContract = (setup: ClientSetup): ContractCase[] => sort(setup).cases

/** The cases that {@link clientContract} leaves out for this setup, and what it would have to give for each. */
export const clientCasesLeftOut = (setup: ClientSetup): LeftOutCase[] => sort(setup).leftOut
