import type { Sandbox } from '@realer-device/sandbox'
import type { Death, Life, Lives } from './lives.ts'

/** What the cloud does during the lives of a device, by chance alone: the same seed, the same cloud. */
export interface Drive {
  /** One life, with a command or two, and things going wrong. */
  live(death: Death): Promise<Life>
  /** Lives without an end of their own, until every command was answered or was sent again in vain. */
  calmDown(): Promise<void>
}

export function drive(lives: Lives, sandbox: Sandbox, random: () => number): Drive {
  const ordered: string[] = []
  let values = 0

  function desire(route: string): string {
    // A value of its own, so that the actuator stands there only if this command ran.
    const { desiredId } = sandbox.desire(route, `${route} ${++values}`)
    ordered.push(desiredId)
    return desiredId
  }

  function goWrong(): void {
    if (random() < 0.3) sandbox.faults.order({ at: 'acknowledgement', do: 'swallow' })
    if (random() < 0.1) sandbox.dropConnections()
    if (random() < 0.2) sandbox.faults.order({ at: 'desired', do: 'duplicate' })
    // The cloud sends an old one again: it is known, answered or outdated.
    const old = ordered[Math.floor(random() * ordered.length)]
    if (old !== undefined && random() < 0.5) sandbox.resend(old)
  }

  /** The broker keeps no session here: what was on its way when the connection was lost is sent once more. */
  function resendUnanswered(asked: readonly string[]): void {
    for (const id of asked) if (sandbox.outcomeOf(id) === 'none') sandbox.resend(id)
  }

  async function liveWith(death: Death, isRough: boolean): Promise<Life> {
    const asked: string[] = []
    let isOnline = false
    return lives.live(death, (line, end) => {
      if (line.line === 'online' && isOnline) resendUnanswered(asked)
      if (line.line === 'online' && !isOnline) {
        isOnline = true
        if (isRough) goWrong()
        asked.push(desire('door'))
        if (isRough && random() < 0.4) asked.push(desire('heater'))
      }
      const isAnswered = asked.length > 0 && asked.every((id) => sandbox.outcomeOf(id) !== 'none')
      if (line.line === 'idle' && isAnswered) end()
    })
  }

  return {
    live: (death) => liveWith(death, true),
    async calmDown() {
      sandbox.faults.clear()
      await liveWith({ by: 'nobody' }, false)
    },
  }
}
