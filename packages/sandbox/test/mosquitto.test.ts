import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Fault, type Sandbox, startSandbox } from '@realer-device/sandbox'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createLogReader, type LogEvents } from '#src/mosquitto/log.ts'
import { brokers } from './brokers.ts'
import { bootstrap, connectDevice, onlineDevice } from './test-device.ts'

describe.runIf(brokers.includes('mosquitto'))('Mosquitto', () => {
  let sandbox: Sandbox
  afterEach(() => sandbox.stop())

  it('refuses the faults that it cannot do, by their name', async () => {
    sandbox = await startSandbox({ broker: 'mosquitto' })
    const cannot: [Fault, string][] = [
      [{ at: 'publish', refuse: 0x97 }, 'publish'],
      [{ at: 'publish', do: 'execute-then-drop' }, 'publish'],
      [{ at: 'subscribe', refuse: 0x87 }, 'subscribe'],
      [{ at: 'connect', refuse: 0x88 }, 'connect'],
    ]
    for (const [fault, field] of cannot) {
      expect(() => sandbox.faults.order(fault)).toThrow(
        expect.objectContaining({ code: 'fault-unsupported', field }),
      )
    }
    expect(sandbox.faults.outstanding).toBe(0)
    expect(() => sandbox.disconnectClients(0x8b)).toThrow(
      expect.objectContaining({ code: 'fault-unsupported' }),
    )
  })

  it('announces the limits of the options in CONNACK', async () => {
    const limits = { receiveMaximum: 3, maximumPacketSize: 2048, keepAliveSeconds: 20 }
    sandbox = await startSandbox({ broker: 'mosquitto', limits })
    const { tuple } = await onlineDevice(sandbox)
    const device = await connectDevice(sandbox, tuple)
    expect(device.connack.properties).toMatchObject({
      receiveMaximum: 3,
      maximumPacketSize: 2048,
      serverKeepAlive: 20,
      maximumQoS: 1,
      retainAvailable: false,
    })
    await device.disconnect()
  })

  /** A folder with a mosquitto that writes its process id there. */
  async function writeWrapper(): Promise<{ folder: string; wrapper: string; pid: () => Promise<number> }> {
    const folder = await mkdtemp(join(tmpdir(), 'realer-killed-'))
    const wrapper = join(folder, 'mosquitto')
    const script = `#!/bin/sh\necho $$ > ${folder}/pid\nPATH="$PATH:/usr/sbin" exec mosquitto "$@"\n`
    await writeFile(wrapper, script, { mode: 0o755 })
    return { folder, wrapper, pid: async () => Number(await readFile(join(folder, 'pid'), 'utf8')) }
  }

  it('tells where it is killed, and can still be stopped', async () => {
    const { folder, wrapper, pid } = await writeWrapper()
    sandbox = await startSandbox({ broker: 'mosquitto', mosquittoPath: wrapper })
    process.kill(await pid(), 'SIGKILL')
    expect(await sandbox.brokerDeath).toMatchObject({ code: 'mosquitto-failed' })
    await rm(folder, { recursive: true })
  })

  it('ends with the process that started it, even where that is killed', async () => {
    sandbox = await startSandbox()
    const { folder, wrapper, pid: pidOf } = await writeWrapper()
    const program = `
      const { startSandbox } = await import('@realer-device/sandbox')
      await startSandbox({ broker: 'mosquitto', mosquittoPath: ${JSON.stringify(wrapper)} })
      console.log('running')`
    const args = ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', program]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    })
    await once(child.stdout, 'data')
    const pid = await pidOf()
    expect(process.kill(pid, 0)).toBe(true)
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 20_000 })
    await rm(folder, { recursive: true })
  })

  it('a connect refusal by order ends with clear', async () => {
    sandbox = await startSandbox({ broker: 'mosquitto' })
    const device = await onlineDevice(sandbox)
    sandbox.faults.order({ at: 'connect', refuse: 0x87, times: 100 })
    await device.closed
    expect((await connectDevice(sandbox, device.tuple)).connack.reasonCode).toBe(0x87)
    await sandbox.ledger.untilKind('connect', ({ refusal }) => refusal === 'fault')
    const { tuple } = await bootstrap(sandbox)
    expect((await connectDevice(sandbox, tuple)).connack.reasonCode).toBe(0x87)
    sandbox.faults.clear()
    // A tuple is issued only after the broker has obeyed everything before it.
    await bootstrap(sandbox)
    const again = await connectDevice(sandbox, device.tuple)
    expect(again.connack.reasonCode).toBe(0)
    await again.disconnect()
  })
})

describe('the reader of the log of Mosquitto', () => {
  function read(...lines: string[]): unknown[] {
    const events: unknown[] = []
    const enter =
      (name: string) =>
      (...values: unknown[]) => {
        events.push([name, ...values])
      }
    const listener: LogEvents = {
      connected: enter('connected'),
      refused: enter('refused'),
      subscribed: enter('subscribed'),
      denied: enter('denied'),
      disconnected: enter('disconnected'),
      violated: enter('violated'),
    }
    const reader = createLogReader('cdv_x', listener)
    for (const line of lines) reader(line)
    return events
  }

  it('reads a connect with its user name and protocol', () => {
    expect(
      read(
        "New client connected from 127.0.0.1:1 as svc (p5, c1, k60, u'admin').",
        "New client connected from 127.0.0.1:2 as cdv_x (p2, c1, k30, u'u1').",
      ),
    ).toEqual([['connected', { username: 'u1', protocol: 2 }]])
  })

  it('reads a refused CONNACK only', () => {
    expect(read('Sending CONNACK to cdv_x (0, 0)', 'Sending CONNACK to 127.0.0.1 (0, 135)')).toEqual([
      ['refused', 135],
    ])
  })

  it('tells who ended a session by the DISCONNECT before it: over WebSocket the last line is the same', () => {
    const left = ['Received DISCONNECT from cdv_x', 'Client cdv_x disconnected.']
    expect(read(...left, 'Client cdv_x disconnected.')).toEqual([
      ['disconnected', 'clean', null],
      ['disconnected', 'by-broker', 0x98],
    ])
  })

  it('tells the granted filters of a SUBSCRIBE from the refused ones', () => {
    const lines = [
      'Received SUBSCRIBE from cdv_x',
      '\ta (QoS 1)',
      'cdv_x 1 a',
      '\tb (QoS 0)',
      '\tc (QoS 1)',
      'cdv_x 1 c',
    ]
    expect(read(...lines, 'Sending SUBACK to cdv_x')).toEqual([
      ['subscribed', { topic: 'a', requestedQos: 1, granted: true }],
      ['subscribed', { topic: 'b', requestedQos: 0, granted: false }],
      ['subscribed', { topic: 'c', requestedQos: 1, granted: true }],
    ])
  })

  it('reads a denied PUBLISH', () => {
    expect(read("Denied PUBLISH from cdv_x (d1, q1, r0, m2, 'a/b', ... (5 bytes))")).toEqual([
      ['denied', { topic: 'a/b', payloadBytes: 5, dup: true }],
    ])
  })

  it.each([
    ['Client cdv_x closed its connection.', [['disconnected', 'lost', null]]],
    ['Client cdv_x disconnected: Connection reset by peer.', [['disconnected', 'lost', null]]],
    ['Client cdv_x disconnected: Protocol error.', [['disconnected', 'lost', null]]],
    ['Client cdv_x has exceeded timeout, disconnecting.', [['disconnected', 'by-broker', 0x8d]]],
    ['Client cdv_x already connected, closing old connection.', [['disconnected', 'by-broker', 0x8e]]],
    ['Client cdv_x been disconnected by administrative action.', [['disconnected', 'by-broker', 0x98]]],
    [
      'Client cdv_x disconnected due to protocol error.',
      [
        ['violated', 'Mosquitto: disconnected due to protocol error.'],
        ['disconnected', 'by-broker', null],
      ],
    ],
    ['Client other disconnected.', []],
    ['Something of a later version', []],
  ])('reads "%s"', (line, events) => {
    expect(read(line)).toEqual(events)
  })
})
