import { setup } from 'xstate'
import * as arrival from '../command/arrival.ts'
import * as commands from '../command/decisions.ts'
import * as reconciliation from '../command/reconcile.ts'
import { resumeCommands } from '../command/resume.ts'
import type { Effect } from '../effect.ts'
import * as reports from '../report/decisions.ts'
import type { RuleId } from '../rule.ts'
import * as callFailures from './call-failures.ts'
import * as calls from './calls.ts'
import * as connecting from './connecting.ts'
import type { SessionContext } from './context.ts'
import { appliedRules, decide, effectTypes } from './decide.ts'
import * as disconnecting from './disconnecting.ts'
import type { SessionEvent, SessionInput } from './event.ts'
import { guards } from './guards.ts'
import * as knownCatalog from './known-catalog.ts'
import * as loss from './loss.ts'
import * as safety from './safety.ts'
import * as stop from './stop.ts'
import * as token from './token.ts'
import * as tuple from './tuple.ts'

const noop = () => {}

/** What an action carries: an effect, or the rules of report and command transitions. */
type Params<Type> = Type extends typeof appliedRules
  ? { readonly rules: readonly RuleId[] }
  : Extract<Effect, { type: Type }>

/** The effects and the rules' carrier: actions by name only, which an actor's host provides. */
const named: object = Object.fromEntries([...effectTypes, appliedRules].map((type) => [type, noop]))
const effects = named as {
  [type in (typeof effectTypes)[number] | typeof appliedRules]: (args: unknown, params: Params<type>) => void
}

/** What the session's states are written with: every guard and every action by its name. */
export const sessionSetup = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
  },
  guards,
  actions: {
    ...effects,
    callToken: decide(calls.callToken),
    callCatalog: decide(calls.callCatalog),
    callCredential: decide(calls.callCredential),
    keepToken: decide(token.keepToken),
    keepCatalog: decide(knownCatalog.keepCatalog),
    keepTuple: decide(tuple.keepTuple),
    doubtToken: decide(token.doubtToken),
    doubtCatalog: decide(knownCatalog.doubtCatalog),
    dropDoubtedCall: decide(knownCatalog.dropDoubtedCall),
    doubtCatalogAfterCall: decide(knownCatalog.doubtCatalogAfterCall),
    takeRefusal: decide(callFailures.takeRefusal),
    takeFailure: decide(callFailures.takeFailure),
    giveUpCall: decide(callFailures.giveUpCall),
    waitForRetry: decide(callFailures.waitForRetry),
    awaitAvailability: decide(knownCatalog.awaitAvailability),
    passRenewal: decide(tuple.passRenewal),
    expireTuple: decide(tuple.expireTuple),
    openConnection: decide(connecting.openConnection),
    keepLimits: decide(connecting.keepLimits),
    subscribe: decide(connecting.subscribe),
    goOnline: decide(connecting.goOnline),
    noteRefusedTopics: decide(connecting.noteRefusedTopics),
    becomeStable: decide(connecting.becomeStable),
    disconnectForRenewal: decide(disconnecting.disconnectForRenewal),
    disconnectExpired: decide(disconnecting.disconnectExpired),
    disconnectRefused: decide(disconnecting.disconnectRefused),
    endConnection: decide(disconnecting.endConnection),
    cutConnection: decide(disconnecting.cutConnection),
    failSlowConnection: decide(loss.failSlowConnection),
    failSilentConnection: decide(loss.failSilentConnection),
    takeLoss: decide(loss.takeLoss),
    waitToReconnect: decide(loss.waitToReconnect),
    askForTuple: decide(loss.askForTuple),
    startSafe: decide(safety.startSafe),
    becomeSafe: decide(safety.becomeSafe),
    becomeNormal: decide(safety.becomeNormal),
    takeReport: decide(reports.takeReport),
    refuseAfterStop: decide(reports.refuseAfterStop),
    answerPublish: decide(reports.answerPublish),
    takeAcknowledgement: decide(reports.takeAcknowledgement),
    reportsDue: decide(reports.reportsDue),
    resumeReports: decide(reports.resumeReports),
    resumeCommands: decide(resumeCommands),
    takeDesiredState: decide(arrival.takeDesiredState),
    finishCommand: decide(commands.finishCommand),
    missWindow: decide(commands.missWindow),
    takeValue: decide(commands.takeValue),
    missValue: decide(commands.missValue),
    commandsDue: decide(commands.commandsDue),
    askForRouteValues: decide(reconciliation.askForRouteValues),
    reconcile: decide(reconciliation.reconcile),
    missRouteValue: decide(reconciliation.missRouteValue),
    beginStop: decide(stop.beginStop),
    noteCompromise: decide(stop.noteCompromise),
    closeSession: decide(stop.closeSession),
    revoke: decide(stop.revoke),
    finishRevoked: decide(stop.finishRevoked),
    finishRefused: decide(stop.finishRefused),
    finishUnrevoked: decide(stop.finishUnrevoked),
  },
})
