import type { DeviceState, Effect } from '@realer-device/core'
import { createDevice, type Device, type StepTrace } from '@realer-device/host'
import { nodePlatform } from '@realer-device/node'
import { type Sandbox, SCOPES } from '@realer-device/sandbox'
import { walkOptions } from '../../packages/core/test/support/session-model.ts'
import { type GatedCaller, gateCaller } from './gated-caller.ts'
import { type GatedLinks, gateLinks } from './gated-link.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { createPromisedHandler, type PromisedHandler } from './promised-handler.ts'
import { createWatch, type Watch } from './watch.ts'

/** A step that the device has made, with the states before and after it. */
export interface MadeStep {
  readonly trace: StepTrace
  readonly before: DeviceState | null
  readonly after: DeviceState
}

/** A real device before a real cloud, whose world does nothing by itself. */
export interface WaitingDevice {
  readonly device: Device
  readonly sandbox: Sandbox
  readonly clock: ManualClock
  readonly calls: GatedCaller
  readonly links: GatedLinks
  readonly valve: PromisedHandler
  readonly watch: Watch
  /** Every step so far. */
  readonly steps: readonly MadeStep[]
  /** The machine's state now. */
  context(): DeviceState['context']
  /** Calls `act` in the next step with this effect: the machine has decided, and nothing of it is carried out yet. */
  amid(effect: Effect['type'], act: () => void): void
  /** Cuts the device off, and gives the cloud back as it was. */
  end(): void
}

/** The routes that the sandbox must have for the device's names. */
export const waitingRoutes = { sensors: ['temperature'], commands: ['valve'] } as const

/** Makes a device with the options of the model's walk: everything of it is real but the time. */
export function createWaitingDevice(sandbox: Sandbox): WaitingDevice {
  const watch = createWatch()
  const real = nodePlatform({ ca: sandbox.caPem })
  const clock = createManualClock()
  const calls = gateCaller(real.caller)
  const links = gateLinks(real.openLink, watch)
  const valve = createPromisedHandler(watch)
  const { commandRoutes: _byHandlers, ...options } = walkOptions
  const device = createDevice(
    {
      ...options,
      apiUrl: sandbox.apiUrl,
      deviceId: sandbox.deviceId,
      clientId: sandbox.clientId,
      clientSecret: sandbox.clientSecret,
      routes: { rte_temperature: routeId(sandbox, 'temperature'), rte_valve: routeId(sandbox, 'valve') },
    },
    { ...real, clock, random: () => 0.5, caller: calls.caller, openLink: links.openLink },
  )
  device.onCommand('rte_valve', valve.handler)

  const steps: MadeStep[] = []
  let amidst: { effect: Effect['type']; act: () => void } | null = null
  device.on('step', (trace) => {
    steps.push({ trace, before: steps.at(-1)?.after ?? null, after: stateOf(device) })
    const awaited = amidst
    if (awaited !== null && trace.effects.some(({ type }) => type === awaited.effect)) {
      amidst = null
      awaited.act()
    }
    watch.changed()
  })
  const stopListening = sandbox.ledger.on(watch.changed)

  return {
    device,
    sandbox,
    clock,
    calls,
    links,
    valve,
    watch,
    steps,
    context: () => stateOf(device).context,
    amid(effect, act) {
      amidst = { effect, act }
    },
    end() {
      stopListening()
      calls.end()
      links.end()
      sandbox.faults.clear()
      sandbox.setCredentialsAvailable(true)
      sandbox.setGrantedScopes(SCOPES)
    },
  }
}

function stateOf(device: Device): DeviceState {
  const state = device.state()
  if (state === null) throw new Error('the device has not started')
  return state
}

function routeId(sandbox: Sandbox, name: string): string {
  const route = sandbox.routes[name]
  if (route === undefined) throw new Error(`the sandbox has no route ${name}`)
  return route.routeId
}
