import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findMosquitto } from '../../../test/support/mosquitto.ts'

const MOSQUITTO_PASSWD = '/usr/bin/mosquitto_passwd'

export interface Broker {
  readonly port: number
  stop(): Promise<void>
}

export interface BrokerUser {
  readonly username: string
  readonly password: string
}

/** Starts Mosquitto on a free loopback port, and resolves when its log says that it runs. */
export async function startMosquitto(user: BrokerUser, settings: readonly string[]): Promise<Broker> {
  const directory = await mkdtemp(join(tmpdir(), 'mosquitto-'))
  const passwords = join(directory, 'passwords')
  await promisify(execFile)(MOSQUITTO_PASSWD, ['-c', '-b', passwords, user.username, user.password])
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const config = join(directory, 'mosquitto.conf')
    const lines = [
      `listener ${port} 127.0.0.1`,
      'user root',
      'allow_anonymous false',
      `password_file ${passwords}`,
      'persistence false',
      'log_dest stderr',
      ...settings,
    ]
    await writeFile(config, `${lines.join('\n')}\n`)
    const broker = spawn(findMosquitto() ?? 'mosquitto', ['-c', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      await running(broker)
    } catch (error) {
      // Another process may have taken the port in between.
      if (attempt < 3) continue
      await rm(directory, { recursive: true })
      throw error
    }
    return {
      port,
      async stop() {
        await ended(broker)
        await rm(directory, { recursive: true })
      },
    }
  }
}

function running(broker: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    broker.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log += text
      if (log.includes(' running\n')) resolve()
    })
    broker.once('error', reject)
    broker.once('exit', () => reject(new Error(`Mosquitto did not start:\n${log}`)))
  })
}

async function ended(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null) return
  const exit = new Promise((resolve) => broker.once('exit', resolve))
  broker.kill()
  await exit
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'))
        else resolve(address.port)
      })
    })
  })
}
