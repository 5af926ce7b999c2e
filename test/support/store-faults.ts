import { type FileFault, type StoreKind, startStoreProcess } from './store-process.ts'

/** What became of one broken file. */
export interface FaultOutcome {
  readonly fault: FileFault
  /** The entries that were found, a StoreError's code, or how the process died. */
  readonly found: unknown
  /** How many entries the same process found when the file was as before; or as above. */
  readonly mended?: unknown
}

/**
 * Faults spread over a file: `count` flipped bits and half as many cuts, every bit of the first bytes among them, and both
 * ends. The same ones for the same length.
 */
export function faultsOver(length: number, count: number): FileFault[] {
  const faults: FileFault[] = [{ cutAt: 0 }, { cutAt: length - 1 }]
  for (let at = 0; at < Math.min(32, length); at++) faults.push({ flipAt: at, bit: at % 8 })
  for (let n = 0; n < count; n++)
    faults.push({ flipAt: Math.floor(((n + 0.37) * length) / count), bit: n % 8 })
  for (let n = 1; n < count / 2; n++) faults.push({ cutAt: Math.floor((n * 2 * length) / count) })
  return faults
}

/** Lets another process open the store at the path with each fault; where it dies, the next one goes on behind that. */
export async function tryFaults(
  kind: StoreKind,
  path: string,
  faults: readonly FileFault[],
): Promise<FaultOutcome[]> {
  const outcomes: FaultOutcome[] = []
  while (outcomes.length < faults.length) {
    const child = startStoreProcess({ kind, path, do: 'try faults', faults, from: outcomes.length })
    for (let told = await child.next(); told !== null; told = await child.next()) {
      const { index, ...outcome } = told as { index: number } & Partial<FaultOutcome>
      const fault = faults[index]
      if (outcome.found !== undefined && fault !== undefined)
        outcomes.push({ found: outcome.found, mended: outcome.mended, fault })
    }
    const end = await child.ended
    const fault = faults[outcomes.length]
    if (fault !== undefined) outcomes.push({ fault, found: `the process died: ${end}` })
  }
  return outcomes
}
