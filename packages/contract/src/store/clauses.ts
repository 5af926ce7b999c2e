import type { Clause } from '../contract.ts'

/** Every MUST of a store, in one sentence each. `docs/stores.md` shows them. */
export const storeClauses: readonly Clause[] = [
  { id: 'STORE-1', must: 'At a place where no store was before, a store is empty.' },
  {
    id: 'STORE-2',
    must: 'What was written is read again as the same JSON text: at once, and by the next store at the place.',
  },
  { id: 'STORE-3', must: 'A value that is put over another one replaces it.' },
  { id: 'STORE-4', must: '`null` takes an entry away; to take away what is not there is no fault.' },
  { id: 'STORE-5', must: 'The changes of one write count in their order.' },
  {
    id: 'STORE-6',
    must: 'A key that is not 1 to 64 characters of `a-z`, `0-9` and `/`, and a value that is not JSON, are refused.',
  },
  { id: 'STORE-7', must: 'A write that is refused changes nothing, and the store goes on.' },
  {
    id: 'STORE-8',
    must: 'Whatever is thrown or rejected is a `StoreError` with a code of the list and a field.',
  },
  { id: 'STORE-9', must: '`write` gives nothing, or a promise.' },
  { id: 'STORE-10', must: 'After `close`, reading and writing are refused as `closed`.' },
  { id: 'STORE-11', must: '`close` may be called twice.' },
  { id: 'STORE-12', must: 'While a store is open, a second one at its place is refused as `in-use`.' },
  { id: 'STORE-13', must: 'After `close`, the place can be opened again.' },
  {
    id: 'STORE-14',
    must: '`entries` gives each entry once, as the last write left it, whatever is written while it is read.',
  },
  {
    id: 'STORE-15',
    must: 'Who changes a value after it was written, or after it was read, changes nothing that is kept.',
  },
  { id: 'STORE-16', must: 'What was replaced or taken away takes no room in the end.' },
  {
    id: 'STORE-17',
    must: 'A write without room is refused as `full`; with room again, the store or the next one goes on.',
  },
]
