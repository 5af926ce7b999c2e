import type { Effect } from '@realer-device/core'
import { holdBreaches } from './support/breach.ts'
import { type Doctored, type Story, story } from './support/story.ts'

const online = () => story().online()
const started = () => online().desires('des_1', 1)
const start = (
  trace: Doctored,
  line: number,
  desiredId: string,
  sequenceNumber: number,
  changes: object = {},
) =>
  trace.with(line, {
    type: 'startCommand',
    route: 'rte_valve',
    desiredId,
    value: 'open',
    sequenceNumber,
    windowMs: 60_000,
    ...changes,
  } as Effect)
const restarted = (told: Story) => {
  told.restarts('continued', 1_000)
  return told
}

holdBreaches('desired states', [
  [
    'DES-1',
    'another value is executed',
    started,
    (trace) => trace.changed('startCommand', { value: 'shut' }),
  ],
  [
    'DES-2',
    'the window is counted from another moment',
    started,
    (trace) => trace.changed('startCommand', { windowMs: 90_000 }),
  ],
  [
    'DES-2',
    'a command starts after its window',
    () => online().desires('des_1', 1, { valid_for_seconds: 0 }),
    (trace) => start(trace.without('readValue'), -1, 'des_1', 1, { windowMs: 0 }),
  ],
  [
    'DES-3',
    'a lower sequence number is executed',
    () => started().finishes('des_1').desires('des_0', 0),
    (trace) => start(trace, -1, 'des_0', 0),
  ],
  [
    'DES-4',
    'the same desired_id is executed again',
    () => started().finishes('des_1').desires('des_1', 1),
    (trace) => start(trace, -1, 'des_1', 1),
  ],
  [
    'DES-5',
    'a command whose window is over is not answered',
    () => started().desires('des_2', 2).fires('commands'),
    (trace) => trace.without('readValue'),
  ],
  [
    'DES-6',
    'a refused command counts as applied',
    () => started().finishes('des_1', 'rejected'),
    (trace) => trace.changed('settleCommand', { outcome: 'applied' }),
  ],
  [
    'DES-7',
    'an executed command is not reported',
    () => started().finishes('des_1'),
    (trace) => trace.without('settleCommand').without('mqttPublish'),
  ],
  [
    'DES-8',
    'two commands run at a time',
    () => started().desires('des_2', 2),
    (trace) => start(trace, -1, 'des_2', 2),
  ],
  [
    'DES-8',
    'an older one that waits is not told',
    () => started().desires('des_2', 2).desires('des_3', 3),
    (trace) => trace.without('readValue'),
  ],
  ['DES-9', 'without a store, and nobody is told', () => story(), (trace) => trace.without('diagnose')],
  [
    'DES-10',
    'a malformed command is executed',
    () => online().desires('des_1', 1, { version: 7 }),
    (trace) => start(trace.without('readValue'), -1, 'des_1', 1),
  ],
  [
    'DES-10',
    'a malformed command is not answered',
    () => online().desires('des_1', 1, { version: 7 }),
    (trace) => trace.without('readValue'),
  ],
  [
    'DES-11',
    'a command starts under local safe behaviour',
    () => story().well(3).connects().desires('des_1', 1),
    (trace) => start(trace, -1, 'des_1', 1),
  ],
  [
    'DES-12',
    'a command that was interrupted is started again',
    () => restarted(started()),
    (trace) => start(trace.without('readValue'), -1, 'des_1', 1, { windowMs: 59_000 }),
  ],
  [
    'DES-12',
    'the physical value decides nothing',
    () => restarted(started()).readsValue('des_1', 'closed'),
    (trace) => trace.changed('settleCommand', { outcome: 'applied' }),
  ],
])
