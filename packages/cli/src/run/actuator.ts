import { spawn } from 'node:child_process'
import type { Command, CommandHandler } from '@realer-device/node'

/** An actuator without hardware: it takes every value, and its physical value is the last one taken. */
export function memoryActuator(): CommandHandler {
  let value = 'unknown'
  return {
    execute: (command) => {
      value = textOf(command)
    },
    currentValue: () => value,
  }
}

/**
 * An actuator behind a program: it is run with the route and the value as arguments. Exit code 0 means applied, any
 * other rejected; the first line that it prints, if any, is the physical value.
 */
export function programActuator(program: string): CommandHandler {
  let value = 'unknown'
  return {
    async execute(command) {
      const { code, firstLine } = await runProgram(program, command)
      if (code === 0) value = textOf(command)
      if (firstLine !== '') value = firstLine
      return code === 0 ? 'applied' : 'rejected'
    },
    currentValue: () => value,
  }
}

function textOf({ value }: Command): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function runProgram(program: string, command: Command): Promise<{ code: number; firstLine: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [command.route, textOf(command)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // The program needs no secret of the device.
      env: Object.fromEntries(
        Object.entries(process.env).filter(([name]) => name !== 'REALER_CLIENT_SECRET'),
      ),
    })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => {
      if (printed.length < 4096) printed += chunk.toString('utf8')
    })
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`--exec: ${program} cannot be run (${error.code ?? 'no code'}).`)),
    )
    child.on('close', (code) =>
      resolve({ code: code ?? -1, firstLine: printed.split('\n', 1)[0]?.trim() ?? '' }),
    )
  })
}
