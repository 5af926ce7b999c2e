import type { Command } from '@realer-device/node'
import type { Ledger } from '@realer-device/sandbox'

/** The demo's house: a heater that takes its time, and a valve that can be jammed. */
export interface Plant {
  readonly values: { heater: string; valve: string }
  /** While true the valve refuses to move. */
  valveIsJammed: boolean
  /** Holds the heater's next movement until `releaseHeater` is called. */
  holdHeater(): void
  releaseHeater(): void
  moveHeater(command: Command): Promise<'applied'>
  moveValve(command: Command): 'applied' | 'rejected'
  /** Somebody turns the valve, whatever the cloud wishes. */
  turnValveByHand(position: string): void
}

/** A house whose every movement is told to the ledger: it counts what was executed, whatever the device says. */
export function buildPlant(ledger: Ledger): Plant {
  let release: (() => void) | undefined
  let held: Promise<void> | undefined
  const values = { heater: 'off', valve: 'closed' }
  const move = (actuator: 'heater' | 'valve', command: Command): void => {
    values[actuator] = String(command.value)
    ledger.executed({ desiredId: command.desiredId, route: actuator, value: values[actuator] })
  }
  const plant: Plant = {
    values,
    valveIsJammed: false,
    holdHeater() {
      held = new Promise((resolve) => {
        release = resolve
      })
    },
    releaseHeater() {
      release?.()
      held = undefined
    },
    async moveHeater(command) {
      await held
      move('heater', command)
      return 'applied'
    },
    moveValve(command) {
      if (plant.valveIsJammed) return 'rejected'
      move('valve', command)
      return 'applied'
    },
    turnValveByHand(position) {
      values.valve = position
    },
  }
  return plant
}
