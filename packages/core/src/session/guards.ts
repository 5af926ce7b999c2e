import { isNotFound, isUnauthorized } from './call-failures.ts'
import type { SessionContext } from './context.ts'
import type { SessionEvent } from './event.ts'

/** What a guard looks at. */
interface Situation {
  readonly context: SessionContext
  readonly event: SessionEvent
}

/** The questions that the session's transitions ask; each is pure and has one meaning. */
export const guards = {
  /** The token is missing or due (AUTH-4). */
  tokenIsDue: ({ context, event }: Situation) => context.token === null || context.token.dueAt <= event.now,
  /** The catalog was never read, or is doubted (CAT-1, CAT-8). */
  catalogIsDue: ({ context }: Situation) => context.catalog === null || context.catalogDue,
  /** The catalog has no credential request (CAT-4). */
  mqttIsUnavailable: ({ context }: Situation) => context.catalog?.credentialEndpoint == null,
  /** A 401 that is the first since the token was last good (AUTH-5). */
  tokenIsRefused: ({ context, event }: Situation) =>
    event.type === 'callRefused' && isUnauthorized(event) && !context.tokenDoubted,
  /** A 404 (CAT-8). */
  endpointIsGone: ({ event }: Situation) => event.type === 'callRefused' && isNotFound(event),
  /** There is a tuple, it has not expired, and connecting with it has not failed (F-1, REC-1). */
  tupleIsUsable: ({ context, event }: Situation) =>
    context.tuple !== null && context.tuple.expiresAt > event.now && !context.tuple.failed,
  /** The connection stands on a tuple that a newer one has replaced (REN-1). */
  tupleWasReplaced: ({ context }: Situation) =>
    context.tuple !== null &&
    context.connection !== null &&
    context.connection.tupleSecret !== context.tuple.secret,
  /** The acknowledgement topic was asked for, and the broker did not grant it (SUB-2, SUB-3). */
  acknowledgementsAreRefused: ({ context, event }: Situation) =>
    event.type === 'mqttSubscribed' &&
    context.connection !== null &&
    context.connection.acknowledgementTopic !== null &&
    !event.grants.some(
      ({ topic, reasonCode }) => topic === context.connection?.acknowledgementTopic && reasonCode < 0x80,
    ),
  /** The credential's scopes leave no topic to subscribe to (CRED-4, ACK-7). */
  nothingIsSubscribed: ({ context }: Situation) => context.connection?.asked.length === 0,
  /** The message came on the acknowledgement topic of this connection (ACK-1). */
  isAcknowledgement: ({ context, event }: Situation) =>
    event.type === 'mqttMessageReceived' && event.topic === context.connection?.acknowledgementTopic,
  /** The message came on a desired topic that this connection was granted (DES-1). */
  isDesiredState: ({ context, event }: Situation) =>
    event.type === 'mqttMessageReceived' &&
    context.connection !== null &&
    context.connection.desired.some(({ topic }) => topic === event.topic),
  /** Authority is lost for this moment: a refused renewal changes nothing while the session is good (F-4, CAT-7). */
  sessionCannotGoOn: ({ context, event }: Situation) =>
    event.type === 'authorityLost' && (event.reason === 'expired' || context.connection?.online !== true),
  /** The host stops because its credentials are compromised: nothing is waited for (STOP-2). */
  isCompromise: ({ event }: Situation) => event.type === 'stopRequested' && event.reason === 'compromise',
  /** There is no connection to close any more (STOP-1). */
  isUnconnected: ({ context }: Situation) => context.connection === null,
  /** There is no token to revoke (AUTH-7). */
  hasNoToken: ({ context }: Situation) => context.token === null,
}
