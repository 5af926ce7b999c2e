import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { coloursFor, exitCodes, runProgram } from '@realer-device/cli'
import { describe, expect, it } from 'vitest'
import { createScreen } from './terminal.ts'

const device = ['run', '--device-id', '12345', '--client-id', 'cdv_x']

describe('wrong usage gets one clear line and exit code 2', () => {
  const cases: [what: string, args: string[], says: string][] = [
    ['an unknown option', ['demo', '--fast'], "unknown option '--fast'"],
    ['an unknown command', ['dance'], "unknown command 'dance'"],
    ['a broker that does not exist', ['demo', '--broker', 'hivemq'], 'embedded, mosquitto'],
    ['a port that is no port', ['sandbox', '--api-port', '70000'], '--api-port'],
    ['a missing device id', ['run', '--client-id', 'cdv_x'], '--device-id'],
    ['a missing secret', device, 'REALER_CLIENT_SECRET'],
    [
      'a secret file that is not there',
      [...device, '--secret-file', '/no/such/file'],
      '/no/such/file cannot be read (ENOENT)',
    ],
    ['a route without a selector', [...device, '--route', 'temperature'], 'NAME=VALUE'],
    ['an origin that is none', ['sandbox', '--cors-origin', 'example.com'], 'corsOrigin'],
    ['a route name that the sandbox cannot use', ['sandbox', '--sensor', '9 lives'], 'routes.sensors.0'],
  ]
  it.each(cases)('%s', async (_what, args, says) => {
    const screen = createScreen()
    expect(await runProgram(args, screen, {})).toBe(exitCodes.usage)
    expect(screen.text()).toContain(says)
    expect(screen.text()).not.toMatch(/^\s+at /m)
  })

  it('AUTH-1: a plain http: address, before any byte is sent', async () => {
    const screen = createScreen()
    const args = [...device, '--api-url', 'http://127.0.0.1:1']
    expect(await runProgram(args, screen, { REALER_CLIENT_SECRET: 's' })).toBe(exitCodes.usage)
    expect(screen.text()).toContain('apiUrl is not an https: address')
  })

  it('a CA file that holds no certificate', async () => {
    const screen = createScreen()
    const args = [...device, '--ca', fileURLToPath(import.meta.url)]
    expect(await runProgram(args, screen, { REALER_CLIENT_SECRET: 's' })).toBe(exitCodes.usage)
    expect(screen.text()).toContain('holds no PEM certificate')
  })
})

describe('--help', () => {
  it.each([[['--help']], [['demo', '--help']], [['sandbox', '--help']], [['run', '--help']]])(
    '%j explains itself and lists the exit codes',
    async (args) => {
      const screen = createScreen()
      expect(await runProgram(args, screen, {})).toBe(exitCodes.done)
      expect(screen.text()).toContain('Usage: realer-device')
      for (const code of Object.values(exitCodes)) expect(screen.text()).toContain(`\n  ${code}  `)
    },
  )

  it('--version prints the version', async () => {
    const screen = createScreen()
    expect(await runProgram(['--version'], screen, {})).toBe(exitCodes.done)
    expect(screen.outLines).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)])
  })

  it('says that the secret never stands in an argument', async () => {
    const screen = createScreen()
    await runProgram(['run', '--help'], screen, {})
    expect(screen.text()).toContain('never stands in an argument')
    expect(screen.text()).not.toContain('--client-secret')
  })
})

describe('colours', () => {
  it('only on a terminal, and not with NO_COLOR', () => {
    expect(coloursFor({ isTTY: true }, {}).red('x')).not.toBe('x')
    expect(coloursFor({ isTTY: false }, {}).red('x')).toBe('x')
    expect(coloursFor({ isTTY: true }, { NO_COLOR: '1' }).red('x')).toBe('x')
  })
})

it('the program itself gives its exit code to the shell', async () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const code = await new Promise((resolve) => {
    const args = ['--conditions=source', '--import', 'tsx', main, 'demo', '--broker', 'none']
    execFile(process.execPath, args, (error) => resolve(error?.code ?? 0))
  })
  expect(code).toBe(exitCodes.usage)
})

it('a folder for the sandbox that is not there is named, with exit code 2', async () => {
  const screen = createScreen()
  expect(await runProgram(['sandbox', '--dir', '/no/such/folder'], screen, {})).toBe(exitCodes.usage)
  expect(screen.text()).toContain('--dir: /no/such/folder cannot be written to (ENOENT)')
})

it('CRED-3: a sandbox that ends takes its folder with the client secret along', async () => {
  const screen = createScreen()
  const ended = runProgram(['sandbox', '--json'], screen, {})
  const { secretFile } = JSON.parse(await screen.shows('"kind":"started"')) as { secretFile: string }
  expect(existsSync(secretFile)).toBe(true)
  screen.interrupt()
  expect(await ended).toBe(exitCodes.done)
  expect(existsSync(dirname(secretFile))).toBe(false)
})

it.each([[['--json']], [[]]])('sandbox --web-socket %j prints the address of the WebSocket', async (more) => {
  const screen = createScreen()
  const ended = runProgram(['sandbox', '--web-socket', '--cors-origin', '*', ...more], screen, {})
  expect(await screen.shows('wss://')).toMatch(/wss:\/\/127\.0\.0\.1:\d+\/mqtt/)
  screen.interrupt()
  expect(await ended).toBe(exitCodes.done)
})

it('Ctrl-C ends the demo day', async () => {
  const screen = createScreen()
  const ended = runProgram(['demo'], screen, {})
  await screen.shows('07:00')
  screen.interrupt()
  expect(await ended).toBe(exitCodes.failed)
  expect(screen.errLines.at(-1)).toContain('the day was interrupted')
  expect(screen.text()).not.toContain('22:00')
})

it('a reader that goes away ends the program without a stack trace', async () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', main, 'demo'])
  const complaints: string[] = []
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString('utf8')))
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(complaints.join('')).not.toMatch(/^\s+at /m)
  expect(code).toBe(exitCodes.failed)
}, 30_000)
