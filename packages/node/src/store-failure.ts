import { StoreError, type StoreErrorCode } from '@realer-device/host'

const codes: { readonly [code: string]: StoreErrorCode } = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  // The bound of the file system, or of the process, on one file.
  EFBIG: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
}

/** A system's error as a store tells it. `path` is what the store was about to read or write. */
export function storeFailure(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const { code = '', message = String(error) } = Object(error) as { code?: string; message?: string }
  return new StoreError(codes[code] ?? 'failed', path, `${path}: ${message}`)
}
