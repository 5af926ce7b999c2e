import { setup } from 'xstate'
import * as arrival from '../command/arrival.ts'
import * as commands from '../command/decisions.ts'
import * as reconciliation from '../command/reconcile.ts'
import { resumeCommands } from '../command/resume.ts'
import type { Effect } from '../effect.ts'
import * as reports from '../report/decisions.ts'
import type { RuleId } from '../rule.ts'
import * as authority from './authority.ts'
import type { SessionContext } from './context.ts'
import { appliedRules, decide, effectTypes } from './decide.ts'
import type { SessionEvent, SessionInput } from './event.ts'
import { guards } from './guards.ts'
import * as link from './link.ts'
import * as safety from './safety.ts'
import * as stop from './stop.ts'

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
    callToken: decide(authority.callToken),
    callCatalog: decide(authority.callCatalog),
    callCredential: decide(authority.callCredential),
    keepToken: decide(authority.keepToken),
    keepCatalog: decide(authority.keepCatalog),
    keepTuple: decide(authority.keepTuple),
    doubtToken: decide(authority.doubtToken),
    doubtCatalog: decide(authority.doubtCatalog),
    doubtCatalogAfterCall: decide(authority.doubtCatalogAfterCall),
    takeRefusal: decide(authority.takeRefusal),
    takeFailure: decide(authority.takeFailure),
    giveUpCall: decide(authority.giveUpCall),
    waitForRetry: decide(authority.waitForRetry),
    awaitAvailability: decide(authority.awaitAvailability),
    passRenewal: decide(authority.passRenewal),
    expireTuple: decide(authority.expireTuple),
    openConnection: decide(link.openConnection),
    keepLimits: decide(link.keepLimits),
    subscribe: decide(link.subscribe),
    goOnline: decide(link.goOnline),
    noteRefusedTopics: decide(link.noteRefusedTopics),
    becomeStable: decide(link.becomeStable),
    disconnectForRenewal: decide(link.disconnectForRenewal),
    disconnectExpired: decide(link.disconnectExpired),
    disconnectRefused: decide(link.disconnectRefused),
    endConnection: decide(link.endConnection),
    cutConnection: decide(link.cutConnection),
    failSlowConnection: decide(link.failSlowConnection),
    failSilentConnection: decide(link.failSilentConnection),
    takeLoss: decide(link.takeLoss),
    waitToReconnect: decide(link.waitToReconnect),
    askForTuple: decide(link.askForTuple),
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
