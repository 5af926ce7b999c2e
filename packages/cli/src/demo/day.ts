import type { Device } from '@realer-device/node'
import type { Sandbox } from '@realer-device/sandbox'
import type { Plant } from './plant.ts'
import type { Timeline } from './timeline.ts'
import type { Witness } from './witness.ts'

/** Everybody who takes part in the day. */
export interface Cast {
  readonly sandbox: Sandbox
  readonly device: Device
  readonly plant: Plant
  readonly witness: Witness
  readonly timeline: Timeline
}

/** The chapters of the day, in their order; each waits for what it announces. */
export const chapters: readonly { hour: string; title: string; live: (cast: Cast) => Promise<void> }[] = [
  { hour: '06:00', title: 'The device wakes: token, catalog, credential, CONNECT, SUBSCRIBE', live: wake },
  { hour: '07:00', title: 'Readings, and acknowledgements of every status', live: read },
  { hour: '09:00', title: 'Commands: applied, rejected, stale', live: obey },
  { hour: '12:00', title: 'Renewal by controlled reconnect', live: renew },
  { hour: '15:00', title: 'The connection is dropped, and the valve is moved by hand', live: reconnect },
  {
    hour: '18:00',
    title: 'The credential is refused: local safe behaviour, and recovery',
    live: loseAuthority,
  },
  { hour: '22:00', title: 'The device stops and revokes its token', live: sleep },
]

async function wake({ device, plant, witness }: Cast): Promise<void> {
  const online = witness.sees('online')
  // A fresh device does not know what the cloud knows of its actuators, and tells it of each.
  const told = Object.keys(plant.values).map((actuator) =>
    witness.sees('report', ({ route }) => route === actuator),
  )
  device.start()
  await online
  await Promise.all(told)
}

async function read(cast: Cast): Promise<void> {
  const { sandbox, timeline } = cast
  await observe(cast, 'temperature', '21.5')
  timeline.tell('demo', 'the next acknowledgement is lost: the device asks again with the same message_id')
  sandbox.faults.order({ at: 'acknowledgement', do: 'swallow' })
  await observe(cast, 'humidity', '48')
  timeline.tell('demo', 'the next answer is an error that may be retried')
  sandbox.faults.order({
    at: 'acknowledgement',
    nack: { status: 'error', retryable: true, errorType: 'busy' },
  })
  await observe(cast, 'window', 'closed')
  timeline.tell('demo', 'the next two are refused for good')
  sandbox.faults.order({
    at: 'acknowledgement',
    nack: { status: 'rejected', retryable: false, errorType: 'range' },
  })
  await observe(cast, 'temperature', '999')
  sandbox.faults.order({
    at: 'acknowledgement',
    nack: { status: 'conflict', retryable: false, errorType: 'id' },
  })
  await observe(cast, 'humidity', '49')
}

async function obey(cast: Cast): Promise<void> {
  const { sandbox, plant, timeline } = cast
  timeline.tell('demo', 'the broker delivers the next command twice: it is executed once')
  sandbox.faults.order({ at: 'desired', do: 'duplicate' })
  const opening = desire(cast, 'valve', 'open')
  await opening.answered

  timeline.tell('demo', 'the valve is jammed')
  plant.valveIsJammed = true
  await desire(cast, 'valve', 'closed').answered
  plant.valveIsJammed = false

  timeline.tell('demo', 'the heater is slow; a second command waits longer than its window')
  plant.holdHeater()
  const slow = desire(cast, 'heater', 'on')
  await desire(cast, 'heater', 'boost', 0.5).answered
  plant.releaseHeater()
  await slow.answered

  timeline.tell('demo', 'an old command comes again: nothing moves, and its report is sent again')
  const toldAgain = cast.witness.sees('report', ({ desiredId }) => desiredId === opening.desiredId)
  sandbox.resend(opening.desiredId)
  await toldAgain
}

/** A command from the cloud; `answered` resolves when the device's report of its outcome is settled. */
function desire(
  { sandbox, witness }: Cast,
  route: string,
  value: string,
  validForSeconds = 60,
): { desiredId: string; answered: Promise<unknown> } {
  const { desiredId } = sandbox.desire(route, value, { validForSeconds })
  return { desiredId, answered: witness.sees('report', (report) => report.desiredId === desiredId) }
}

async function renew(cast: Cast): Promise<void> {
  const { witness, timeline } = cast
  if (witness.counts.renewals === 0) {
    const online = witness.sees('online', ({ after }) => after === 'renewal')
    timeline.tell('demo', 'waiting for renew_after')
    await Promise.race([witness.sees('offline', ({ because }) => because === 'renewal'), online])
    const crossing = observe(cast, 'temperature', '22.1')
    await online
    await crossing
  }
}

async function reconnect(cast: Cast): Promise<void> {
  const { sandbox, device, plant, witness, timeline } = cast
  const stopLooking = device.on('offline', ({ because }) => {
    if (because === 'renewal') return
    plant.turnValveByHand('half open')
    timeline.tell('house', 'somebody turns the valve by hand to half open, while the device is offline')
  })
  const valveTold = witness.sees(
    'report',
    ({ route, desiredId }) =>
      route === 'valve' && desiredId === null && sandbox.valueOf('valve') === 'half open',
  )
  // A drop can fall into a renewal, which then is no reconnect: it is dropped again.
  while (witness.counts.reconnects === 0) {
    const online = witness.sees('online')
    const readings = ['22.2', '22.3', '22.4'].map((value) => observe(cast, 'temperature', value))
    timeline.tell('demo', 'the TCP connection is reset with three reports on their way', 'bad')
    sandbox.dropConnections()
    await online
    await Promise.all(readings)
  }
  stopLooking()
  await valveTold
}

async function loseAuthority(cast: Cast): Promise<void> {
  const { sandbox, witness } = cast
  const entered = witness.sees('safe', (safe) => safe.entered)
  const left = witness.sees('safe', (safe) => !safe.entered)
  sandbox.faults.order({ at: 'credential', answer: { status: 403, code: 4003 } })
  sandbox.expireCredentials()
  await entered
  const kept = observe(cast, 'window', 'open')
  await left
  await kept
  // The cloud's authority is whole again: a command is obeyed.
  await desire(cast, 'heater', 'off').answered
}

async function sleep({ device }: Cast): Promise<void> {
  await device.stop({ reason: 'shutdown' })
}

/** A physical event: the ledger is told that it happened, the device reports it, and its fate is awaited. */
async function observe({ device, sandbox, timeline }: Cast, route: string, value: string): Promise<void> {
  const report = device.report(route, value)
  sandbox.ledger.observed({ messageId: report.messageId, route })
  timeline.tell('house', `${route} is ${value}`)
  await report.settled
}
