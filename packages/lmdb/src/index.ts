export type { Platform } from '@realer-device/host'
