export { type Store, StoreError, type StoreErrorCode } from '@realer-device/host'
export { openSqliteStore } from './store.ts'
export { openSqliteStores, type SqliteStores } from './stores.ts'
