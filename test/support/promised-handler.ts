import type { CommandHandler, CommandResult, CommandSignal } from '@realer-device/node'
import type { Watch } from './watch.ts'

/** An answer that the device waits for. */
interface Asked<Answer> {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/** A command handler that answers nothing by itself. */
export interface PromisedHandler {
  readonly handler: CommandHandler
  /** Answers the latest command. */
  finish(result: CommandResult): void
  /** Whether the latest command was told to end. */
  readonly isAborted: boolean
  /** How often the physical value was asked for so far. */
  readonly valuesAsked: number
  /** Answers the latest question for the physical value, which comes after `asked` others; null: it is not known. */
  tell(value: string | null, asked?: number): Promise<void>
}

/** A handler whose promises are settled by hand. */
export function createPromisedHandler(watch: Watch): PromisedHandler {
  const commands: Asked<CommandResult>[] = []
  const values: Asked<string>[] = []
  let latestSignal: CommandSignal | null = null

  function ask<Answer>(asked: Asked<Answer>[]): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => asked.push({ resolve, reject }))
    watch.changed()
    return answer
  }

  return {
    handler: {
      execute({ signal }) {
        latestSignal = signal
        return ask(commands)
      },
      currentValue: () => ask(values),
    },
    finish(result) {
      const command = commands.at(-1)
      if (command === undefined) throw new Error('no command runs')
      command.resolve(result)
    },
    get isAborted() {
      return latestSignal?.aborted === true
    },
    get valuesAsked() {
      return values.length
    },
    async tell(value, asked = 0) {
      const latest = await watch.until(
        () => (values.length > asked ? (values.at(-1) ?? null) : null),
        'a question for the physical value',
      )
      if (value === null) latest.reject(new Error('the sensor is broken'))
      else latest.resolve(value)
    },
  }
}
