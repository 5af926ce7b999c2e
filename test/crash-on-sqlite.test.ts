import { test } from 'vitest'
import { CAMPAIGN_TIMEOUT_MS, killEverywhere, kills } from './crash/campaign.ts'
import { mosquittoIsWanted } from './support/mosquitto.ts'

const broker = mosquittoIsWanted('the crash campaign against Mosquitto') ? 'mosquitto' : 'embedded'

test(
  `PUB-4, PUB-9, DES-3, DES-4, DES-9, DES-12, F-8: a device on SQLite is killed ${kills} times, at every write and at any moment, and loses and doubles nothing`,
  () => killEverywhere('sqlite', broker),
  CAMPAIGN_TIMEOUT_MS,
)
