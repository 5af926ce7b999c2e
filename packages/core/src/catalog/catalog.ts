import type { JsonObject } from '../json.ts'

/** One route of the catalog: where a source's values go, and where its desired states come from (CAT-5). */
export interface Route {
  readonly sourceType: 'sensor' | 'command'
  /** The route's identity: no two routes publish to one topic. */
  readonly feedDataTopic: string
  readonly feedDataPublishScope: string
  /** Null on a sensor route. */
  readonly desiredTopic: string | null
  readonly desiredSubscribeScope: string
}

/** The request that brings a CONNECT tuple, as the catalog states it (CRED-1). */
export interface CredentialEndpoint {
  readonly endpoint: string
  readonly method: string
  readonly body: JsonObject
}

/** Limits of the catalog that this firmware understands; null where it states none (CAT-3). */
export interface CatalogLimits {
  /** The longest payload of a PUBLISH, in bytes. */
  readonly maxPayloadBytes: number | null
  /** PUBLISHes that may wait for their PUBACK at one time. */
  readonly maxInflightMessages: number | null
  readonly keepAliveSeconds: number | null
}

/** What the MQTT catalog says, reduced to the fields that are understood (CAT-2, CAT-3). */
export interface Catalog {
  readonly brokerUrl: string
  readonly clientId: string
  readonly feedDataAckTopic: string
  readonly feedDataAckSubscribeScope: string
  /** Null where MQTT is not available for the device yet (CAT-4). */
  readonly credentialEndpoint: CredentialEndpoint | null
  readonly limits: CatalogLimits
  readonly routes: readonly Route[]
}
