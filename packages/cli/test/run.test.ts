import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodes, runProgram } from '@realer-device/cli'
import { type Sandbox, startSandbox } from '@realer-device/sandbox'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createScreen } from './terminal.ts'

let sandbox: Sandbox
let folder: string

beforeEach(async () => {
  sandbox = await startSandbox({ routes: { sensors: ['temperature'], commands: ['door'] } })
  folder = await mkdtemp(join(tmpdir(), 'realer-cli-'))
  await writeFile(join(folder, 'ca.pem'), sandbox.caPem)
  await writeFile(join(folder, 'secret'), `${sandbox.clientSecret}\n`)
})

afterEach(async () => {
  await sandbox.stop()
  await rm(folder, { recursive: true, force: true })
})

/** The arguments of a device of the sandbox; later ones take the place of earlier ones. */
function device(...more: string[]): string[] {
  return [
    'run',
    ...['--api-url', sandbox.apiUrl, '--ca', join(folder, 'ca.pem')],
    ...['--device-id', String(sandbox.deviceId), '--client-id', sandbox.clientId],
    ...['--secret-file', join(folder, 'secret')],
    ...Object.entries(sandbox.routes).flatMap(([name, { routeId }]) => ['--route', `${name}=${routeId}`]),
    ...more,
  ]
}

describe('a device from the command line', () => {
  it('reports a reading, waits for its acknowledgement, stops and revokes', async () => {
    const screen = createScreen()
    expect(await runProgram(device('--report', 'temperature=21.5'), screen, {})).toBe(exitCodes.done)
    expect(sandbox.ledger.summary()).toMatchObject({
      settled: { accepted: 1 },
      revoked: true,
      violations: [],
    })
    expect(screen.text()).toContain('done (accepted)')
    expect(sandbox.secretsIn(screen.text())).toBe(0)
  })

  it('PUB-9 PUB-4: keeps a reading in --store where it cannot be sent, and the next run sends it', async () => {
    const store = ['--store', join(folder, 'device.store')]
    sandbox.faults.order({ at: 'token', do: 'hang' })
    const screen = createScreen()
    const ended = runProgram(device('--report', 'temperature=21', ...store), screen, {})
    await screen.shows('local safe behaviour begins')
    const busy = createScreen()
    expect(await runProgram(device('--report', 'temperature=22', ...store), busy, {})).toBe(exitCodes.store)
    expect(busy.errLines.join()).toContain('has it open')
    screen.interrupt()
    expect(await ended).toBe(exitCodes.failed)
    const next = createScreen()
    expect(await runProgram(device('--report', 'temperature=23', ...store), next, {})).toBe(exitCodes.done)
    await sandbox.ledger.until(() => sandbox.ledger.summary().settled.accepted === 2)
    expect(sandbox.secretsIn(await readFile(join(folder, 'device.store'), 'utf8'))).toBe(0)
  })

  it('PUB-9: says that a store is damaged, and does not run without it', async () => {
    await writeFile(join(folder, 'device.store'), 'something else')
    const screen = createScreen()
    const args = device('--report', 'temperature=21', '--store', join(folder, 'device.store'))
    expect(await runProgram(args, screen, {})).toBe(exitCodes.store)
    expect(screen.errLines.join()).toContain('changed by something else, or cut short')
    expect(sandbox.ledger.summary().settled.accepted).toBe(0)
  })

  it('PUB-6: reports the same route twice, for each reading is an event of its own', async () => {
    const args = device('--report', 'temperature=21', '--report', 'temperature=22')
    expect(await runProgram(args, createScreen(), {})).toBe(exitCodes.done)
    expect(sandbox.ledger.summary().settled.accepted).toBe(2)
  })

  it('ends with 1 where it is interrupted before a reading is settled', async () => {
    sandbox.faults.order({ at: 'token', do: 'hang' })
    const screen = createScreen()
    const ended = runProgram(device('--report', 'temperature=21'), screen, {})
    await screen.shows('local safe behaviour begins')
    screen.interrupt()
    expect(await ended).toBe(exitCodes.failed)
    expect(screen.errLines.at(-1)).toContain('interrupted before every reading was settled')
  })

  it('ends with 1 where the reading is refused for good', async () => {
    sandbox.faults.order({ at: 'acknowledgement', nack: { status: 'rejected', retryable: false } })
    expect(await runProgram(device('--report', 'temperature=999'), createScreen(), {})).toBe(exitCodes.failed)
  })

  it('takes readings from standard input; a bad line is named and ignored', async () => {
    const screen = createScreen([
      'temperature 21.5',
      '{"route":"temperature"',
      '{"route":"temperature"}',
      '{"route":"temperature","value":"22"}',
      'cellar 9',
    ])
    const ended = runProgram(device('--json'), screen, {})
    await sandbox.ledger.until(() => sandbox.ledger.summary().settled.accepted === 2)
    expect(await screen.shows('the line is not JSON')).toContain('Line ignored')
    expect(await screen.shows('value is missing')).toContain('Line ignored')
    expect(await screen.shows('cellar')).toBeTruthy()
    screen.interrupt()
    expect(await ended).toBe(exitCodes.done)
    const kinds = screen.outLines.map((line) => (JSON.parse(line) as { kind: string }).kind)
    expect(kinds).toContain('online')
    expect(kinds.at(-1)).toBe('stopped')
  })

  it('DES-7: obeys a command, and reports the value that --exec prints', async () => {
    const program = join(folder, 'door.sh')
    await writeFile(program, '#!/bin/sh\necho "$1 is $2"\n', { mode: 0o755 })
    const screen = createScreen()
    const ended = runProgram(device('--command', 'door', '--exec', program), screen, {})
    await screen.shows('online (after start)')
    const { desiredId } = sandbox.desire('door', 'open')
    await sandbox.ledger.untilKind(
      'report',
      (entry) => entry.desiredId === desiredId && entry.outcome === 'applied',
    )
    screen.interrupt()
    expect(await ended).toBe(exitCodes.done)
  })

  it('DES-6: a program that fails refuses the command', async () => {
    const screen = createScreen()
    const ended = runProgram(device('--command', 'door', '--exec', '/bin/false'), screen, {})
    await screen.shows('online (after start)')
    const { desiredId } = sandbox.desire('door', 'open')
    await sandbox.ledger.untilKind(
      'report',
      (entry) => entry.desiredId === desiredId && entry.outcome === 'rejected',
    )
    screen.interrupt()
    expect(await ended).toBe(exitCodes.done)
  })

  it('DES-6: a program that is not there is named, and refuses the command', async () => {
    const screen = createScreen()
    const ended = runProgram(device('--command', 'door', '--exec', '/no/such/program'), screen, {})
    await screen.shows('online (after start)')
    sandbox.desire('door', 'open')
    expect(await screen.shows('/no/such/program')).toContain('cannot be run (ENOENT)')
    await sandbox.ledger.untilKind('report', (entry) => entry.outcome === 'rejected')
    screen.interrupt()
    expect(await ended).toBe(exitCodes.done)
  })

  it('a reading that is refused gets one line, without control characters', async () => {
    const screen = createScreen([`cell\u001bar ${'x'.repeat(70_000)}`])
    const ended = runProgram(device(), screen, {})
    await screen.shows('was refused')
    screen.interrupt()
    await ended
    expect(screen.errLines).toHaveLength(1)
    expect(screen.text()).not.toContain('\u001b')
  })

  it('CRED-3: --trace prints every step as NDJSON, without a secret', async () => {
    const screen = createScreen()
    await runProgram(device('--trace', '--json', '--report', 'temperature=21.5'), screen, {})
    const steps = screen.outLines.map((line) => JSON.parse(line) as { kind: string; verdict?: string })
    expect(steps.filter(({ verdict }) => verdict === 'taken').length).toBeGreaterThan(8)
    expect(sandbox.secretsIn(screen.text())).toBe(0)
  })
})

describe('a start that fails gets one clear line and its own exit code', () => {
  it('3: the API cannot be reached', async () => {
    const port = await closedPort()
    const screen = createScreen()
    expect(await runProgram(device('--api-url', `https://127.0.0.1:${port}`), screen, {})).toBe(
      exitCodes.unreachable,
    )
    expect(screen.errLines).toHaveLength(1)
    expect(screen.errLines[0]).toMatch(/token call failed.*ECONNREFUSED.*\. Check.*--keep-trying/)
  })

  it('4: a certificate that does not verify', async () => {
    const other = await startSandbox()
    await writeFile(join(folder, 'ca.pem'), other.caPem)
    await other.stop()
    const screen = createScreen()
    expect(await runProgram(device(), screen, {})).toBe(exitCodes.certificate)
    expect(screen.errLines.at(-1)).toContain('--ca FILE')
  })

  it('5: a wrong client secret', async () => {
    await writeFile(join(folder, 'secret'), 'wrong-secret-canary')
    const screen = createScreen()
    expect(await runProgram(device(), screen, {})).toBe(exitCodes.refused)
    expect(screen.errLines.at(-1)).toContain('HTTP 401')
    expect(screen.text()).not.toContain('wrong-secret-canary')
  })

  it('6: a catalog that lacks a field (CAT-7)', async () => {
    sandbox.faults.order({ at: 'catalog', patch: { delete: ['mqtt.broker_url'] } })
    const screen = createScreen()
    expect(await runProgram(device(), screen, {})).toBe(exitCodes.malformed)
    expect(screen.errLines.at(-1)).toContain('mqtt.broker_url is missing')
  })

  it('6: an answer that is not JSON', async () => {
    sandbox.faults.order({ at: 'token', do: 'malformed' })
    const screen = createScreen()
    expect(await runProgram(device(), screen, {})).toBe(exitCodes.malformed)
    expect(screen.errLines.at(-1)).toContain('is not JSON')
  })

  it('7: a broker that refuses the device', async () => {
    sandbox.faults.order({ at: 'connect', refuse: 0x8a })
    const screen = createScreen()
    expect(await runProgram(device(), screen, {})).toBe(exitCodes.broker)
    expect(screen.errLines.at(-1)).toContain('0x8a')
  })

  it('with --keep-trying it goes on, and comes online', async () => {
    sandbox.faults.order({ at: 'token', answer: { status: 503 } })
    const screen = createScreen()
    const ended = runProgram(device('--keep-trying', '--report', 'temperature=21.5'), screen, {})
    expect(await ended).toBe(exitCodes.done)
  })
})

/** A port on which nobody listens: it was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 1
}
