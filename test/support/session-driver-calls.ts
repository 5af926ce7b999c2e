import type { CallEvent, CallPurpose } from '@realer-device/core'
import { SCOPES } from '@realer-device/sandbox'
import type { Causes } from './session-cause.ts'
import type { WaitingDevice } from './waiting-device.ts'

/** What the cloud answers to the device's HTTPS call. */
export const causesOfCalls: Causes<CallEvent['type'] | 'timer.callTimeout'> = {
  tokenIssued: ({ calls }) => calls.pass(),

  catalogRead({ sandbox, calls }, { catalog }) {
    sandbox.setCredentialsAvailable(catalog.credentialEndpoint !== null)
    calls.pass()
  },

  tupleIssued({ sandbox, calls }, { scopes, ...lives }) {
    sandbox.setGrantedScopes(SCOPES.filter((scope) => scopes.includes(scope)))
    // Told, and not enforced: the cloud's clock is a real one, and it is the device that is tried.
    const set = {
      'mqtt.expires_in': lives.expiresInMs / 1000,
      'mqtt.renew_after': inSeconds(lives.renewAfterMs),
      'mqtt.session_hard_expires_in': inSeconds(lives.sessionHardExpiresInMs),
    }
    sandbox.faults.order({ at: 'credential', patch: { set } })
    calls.pass()
  },

  tokenRevoked: ({ calls }) => calls.pass(),

  callRefused(world, { status }) {
    world.sandbox.faults.order({ at: purposeOf(world), answer: { status } })
    world.calls.pass()
  },

  callFailed(world) {
    world.sandbox.faults.order({ at: purposeOf(world), do: 'reset' })
    world.calls.pass()
  },

  async 'timer.callTimeout'(world) {
    const { ledger, faults } = world.sandbox
    const after = ledger.lastNumber
    faults.order({ at: purposeOf(world), do: 'hang' })
    world.calls.pass()
    await ledger.untilKind('fault', undefined, { after })
  },
}

function purposeOf({ context }: WaitingDevice): CallPurpose {
  const { call } = context()
  if (call === null) throw new Error('no call is outstanding')
  return call.purpose
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}
