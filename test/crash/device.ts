import { writeSync } from 'node:fs'
import { createDevice, nodePlatform, type Store } from '@realer-device/node'
import type { LifeLine, LifeOrder } from './life.ts'
import { openStore } from './open-store.ts'

// One life of a device process: it reports its readings, obeys commands, and tells of it on standard output.

const order = JSON.parse(process.env.REALER_LIFE ?? '') as LifeOrder
const house: Record<string, string> = { ...order.house }

function say(line: LifeLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // Whatever the signal takes to arrive, nothing more happens here.
  for (;;);
}

/** A store that ends the process at one of its writes. */
function mortal(store: Store, { dieAt }: LifeOrder): Store {
  let writes = 0
  const dieIf = (when: 'before' | 'after', write: number): void => {
    if (dieAt?.write === write && dieAt.when === when) die()
  }
  return {
    entries: () => store.entries(),
    close: () => store.close(),
    write(changes) {
      const write = ++writes
      dieIf('before', write)
      const written = store.write(changes)
      if (written === undefined) return dieIf('after', write)
      return written.then(() => dieIf('after', write))
    },
  }
}

const store = mortal(openStore(order.store), order)
const { apiUrl, ca, deviceId, clientId, clientSecret, routes, readings } = order
const device = createDevice(
  {
    apiUrl,
    deviceId,
    clientId,
    clientSecret,
    routes,
    timing: {
      backoffFloorMs: 10,
      backoffCapMs: 50,
      slowRetryMs: 50,
      acknowledgementTimeoutMs: 200,
      stableOnlineMs: 10,
    },
  },
  { ...nodePlatform({ ca }), store },
)
for (const route of ['door', 'heater'])
  device.onCommand(route, {
    async execute({ desiredId, value, sequenceNumber }) {
      house[route] = String(value)
      say({ line: 'moves', desiredId, route, value: String(value), sequenceNumber })
      // A handler that takes its time: the process may end in the middle of it.
      if (sequenceNumber % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    currentValue: () => house[route] ?? '',
  })

let read = 0
function readNext(): void {
  const value = readings[read]
  if (value === undefined) return
  read += 1
  const { messageId, kept } = device.report('temperature', value)
  void kept.then(() => say({ line: 'kept', messageId, route: 'temperature' }))
}

function tellIfIdle(): void {
  if (read === readings.length && device.pending().length === 0) say({ line: 'idle' })
}

device.on('step', ({ event, effects }) => {
  for (const effect of effects)
    if (effect.type === 'acceptReport' && event?.type !== 'reportOffered')
      say({ line: 'taken', messageId: effect.messageId, route: effect.route })
})
device.on('report', ({ messageId, result, status }) => {
  say({ line: 'settled', messageId, result, status })
  readNext()
  tellIfIdle()
})
device.on('online', () => {
  say({ line: 'online' })
  readNext()
})
device.on('stopped', () => say({ line: 'stopped' }))
device.start()
// What an earlier life has kept, though it may not have lived to tell.
for (const { messageId, route } of device.snapshot()?.reports ?? []) say({ line: 'taken', messageId, route })
readNext()
readNext()
// The end of the input is the order to stop.
process.stdin.on('end', () => void device.stop().then(() => process.exit(0)))
process.stdin.resume()
