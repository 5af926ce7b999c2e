import type { SafeReason } from '../effect.ts'

/** What one region of the session tells the others, within the same step. */
export type SessionSignal =
  /** A new CONNECT tuple is there (CRED-2). */
  | { readonly type: 'tupleReady' }
  /** The tuple is spent, or cannot connect any more (REC-1). */
  | { readonly type: 'tupleNeeded' }
  /** The broker does not accept what the catalog says: it is to be read again (CAT-8). */
  | { readonly type: 'catalogDoubted' }
  /** Every needed SUBACK is there (SUB-2). */
  | { readonly type: 'wentOnline'; readonly after: 'start' | 'renewal' | 'reconnect' }
  /** Cloud authorization cannot be kept (SAFE-1). */
  | { readonly type: 'authorityLost'; readonly reason: SafeReason }
