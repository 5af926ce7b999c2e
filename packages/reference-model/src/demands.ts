import type { CallPurpose, RuleId } from '@realer-device/core'

/** What the end of a connection demands, by its reason code. */
export interface Demand {
  /** `new`: the tuple is spent. `same`: no new one is asked for on its account. `any`: the rules leave it open. */
  readonly tuple: 'new' | 'same' | 'any'
  /** The catalog is read again (CAT-8). */
  readonly catalog: boolean
  /** The next CONNECT waits for a backoff, or for the long wait after a refusal. */
  readonly wait: 'backoff' | 'slow' | 'either'
  /** Whether it is a refusal that local safe behaviour follows (SAFE-3). */
  readonly safe: 'must' | 'may' | 'no'
  readonly rule: RuleId
}

type Row = Omit<Demand, 'rule'>

const backOff: Row = { tuple: 'same', catalog: false, wait: 'backoff', safe: 'no' }
const readCatalog: Row = { ...backOff, tuple: 'any', catalog: true }
const spent: Row = { tuple: 'new', catalog: false, wait: 'backoff', safe: 'must' }
const refused: Row = { tuple: 'any', catalog: false, wait: 'slow', safe: 'must' }
/** Lost without a reason, or with one that speaks of neither authority nor catalog. */
const lost: Row = { ...backOff, tuple: 'any' }
/** The rules do not name it. */
const open: Row = { tuple: 'any', catalog: false, wait: 'either', safe: 'may' }

/** CONN-4: a CONNACK that says no. */
const connack: { readonly [code: number]: Row } = {
  129: refused,
  130: refused,
  132: refused,
  133: refused,
  134: spent,
  135: spent,
  136: backOff,
  137: backOff,
  138: refused,
  140: refused,
  144: refused,
  149: refused,
  151: backOff,
  153: refused,
  154: refused,
  155: refused,
  156: readCatalog,
  157: readCatalog,
  159: backOff,
}

/** REC-3: a DISCONNECT of the broker's. */
const disconnect: { readonly [code: number]: Row } = {
  135: spent,
  137: backOff,
  139: backOff,
  142: { ...backOff, wait: 'slow' },
  150: backOff,
  151: backOff,
  152: { ...spent, safe: 'may' },
  156: readCatalog,
  157: readCatalog,
  160: { ...spent, safe: 'may' },
}

/** What a CONNACK with a reason of 0x80 or more demands. */
export function connackDemand(reasonCode: number): Demand {
  return { ...(connack[reasonCode] ?? open), rule: 'CONN-4' }
}

/** What the end of a connection demands that nobody on our side ended. */
export function closeDemand(reasonCode: number | null): Demand {
  if (reasonCode === null) return { ...lost, rule: 'REC-1' }
  return { ...(disconnect[reasonCode] ?? lost), rule: 'REC-3' }
}

/** PUB-7: what a PUBACK demands. */
export function pubackDemand(reasonCode: number): 'accepted' | 'final' | 'catalog' | 'retry' {
  if (reasonCode < 0x80) return 'accepted'
  if (reasonCode === 0x95 || reasonCode === 0x99) return 'final'
  return reasonCode === 0x87 || reasonCode === 0x90 ? 'catalog' : 'retry'
}

/** AUTH-5, AUTH-6, CAT-6, CAT-8: what a refused HTTPS call demands. */
export function refusalDemand(
  purpose: CallPurpose,
  answer: { readonly status: number; readonly code: number | string | null },
): 'newToken' | 'catalog' | 'slow' {
  const says = (status: number, code: number) => answer.status === status || answer.code === code
  if (purpose === 'token') return 'slow'
  if (says(401, 4001)) return 'newToken'
  return purpose === 'credential' && says(404, 4004) ? 'catalog' : 'slow'
}
