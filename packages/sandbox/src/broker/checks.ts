import type { IConnectPacket, IPublishPacket } from 'mqtt-packet'
import type { Credential, Credentials } from '../credentials.ts'
import { roleOfTopic, type SandboxDevice } from '../device.ts'
import type { ConnectRefusal } from '../entries.ts'
import { REASON } from '../reason-codes.ts'
import type { Scope } from '../scopes.ts'

/** A rule that the device broke. */
export interface Violation {
  rule: string
  detail: string
}

/** The broker's verdict on a CONNECT. */
export type ConnectVerdict =
  | { reasonCode: 0; credential: Credential }
  | { reasonCode: number; refusal: ConnectRefusal; violation?: Violation }

/** Judges a CONNECT: version, client id, user name, password, lifetime, scope. */
export function checkConnect(
  packet: IConnectPacket,
  device: SandboxDevice,
  credentials: Credentials,
): ConnectVerdict {
  if (packet.protocolVersion !== 5) {
    const violation = { rule: 'CONN-1', detail: `MQTT version ${packet.protocolVersion}` }
    return { reasonCode: REASON.unsupportedProtocolVersion, refusal: 'protocol-version', violation }
  }
  if (packet.properties?.authenticationMethod !== undefined) {
    return { reasonCode: REASON.badAuthenticationMethod, refusal: 'authentication-method' }
  }
  if (packet.clientId !== device.clientId) {
    return { reasonCode: REASON.clientIdNotValid, refusal: 'client-id' }
  }
  const verdict = credentials.check(packet.username, packet.password)
  if ('credential' in verdict) {
    const violation = checkWill(packet.will, device, verdict.credential.scopes)
    if (violation !== undefined) return { reasonCode: REASON.notAuthorized, refusal: 'will', violation }
    return { reasonCode: 0, credential: verdict.credential }
  }
  const wrong = verdict.refusal === 'unknown-user' || verdict.refusal === 'wrong-password'
  return { reasonCode: wrong ? REASON.badUserNameOrPassword : REASON.notAuthorized, refusal: verdict.refusal }
}

/** Judges a will: it is a publish of the device's own, made later (CONN-2). */
function checkWill(
  will: IConnectPacket['will'],
  device: SandboxDevice,
  scopes: readonly Scope[],
): Violation | undefined {
  if (will === undefined) return undefined
  if (will.retain) return { rule: 'PUB-1', detail: 'a will with retain set' }
  if (will.qos !== 1) return { rule: 'PUB-1', detail: `a will with QoS ${will.qos}` }
  return checkPublishAccess(will.topic, device, scopes, true).violation
}

/** Judges one filter of a SUBSCRIBE: a SUBACK reason code, and the rule that was broken. */
export function checkSubscription(
  topic: string,
  device: SandboxDevice,
  scopes: readonly Scope[],
): { reasonCode: number; violation?: Violation } {
  if (topic.startsWith('$share/')) {
    const violation = { rule: 'CAT-5', detail: `shared subscription ${topic}` }
    return { reasonCode: REASON.sharedSubscriptionsNotSupported, violation }
  }
  if (/[+#]/.test(topic)) {
    const violation = { rule: 'CAT-5', detail: `wildcard subscription ${topic}` }
    return { reasonCode: REASON.wildcardSubscriptionsNotSupported, violation }
  }
  const role = roleOfTopic(device, topic)?.role
  if (role !== 'acknowledgements' && role !== 'desired') {
    return {
      reasonCode: REASON.notAuthorized,
      violation: { rule: 'CAT-5', detail: `subscribed to ${topic}` },
    }
  }
  const needed: Scope = role === 'desired' ? 'iot:mqtt:desired:read' : 'iot:mqtt:ack:read'
  if (!scopes.includes(needed)) {
    const violation = { rule: 'CRED-4', detail: `subscribed to ${topic} without ${needed}` }
    return { reasonCode: REASON.notAuthorized, violation }
  }
  return { reasonCode: REASON.grantedQos1 }
}

/** Judges a PUBLISH's packet: undefined, or the violation and the reason to disconnect with. */
export function checkPublishPacket(
  packet: IPublishPacket,
): { reasonCode: number; violation: Violation } | undefined {
  if (packet.properties?.topicAlias !== undefined) {
    const violation = { rule: 'MQTT5 3.3.2.3.4', detail: 'a topic alias, where the maximum is 0' }
    return { reasonCode: REASON.topicAliasInvalid, violation }
  }
  if (packet.retain) {
    return { reasonCode: REASON.retainNotSupported, violation: { rule: 'PUB-1', detail: 'retain is set' } }
  }
  if (packet.qos !== 1) {
    return { reasonCode: REASON.qosNotSupported, violation: { rule: 'PUB-1', detail: `QoS ${packet.qos}` } }
  }
  if (packet.topic === '' || /[+#]/.test(packet.topic)) {
    const violation = { rule: 'MQTT5 3.3.2.1', detail: `topic name "${packet.topic}"` }
    return { reasonCode: REASON.topicNameInvalid, violation }
  }
  return undefined
}

/** Judges whether the session may publish to the topic: a PUBACK reason code, and the rule that was broken. */
export function checkPublishAccess(
  topic: string,
  device: SandboxDevice,
  scopes: readonly Scope[],
  acknowledgementsSubscribed: boolean,
): { reasonCode: number; violation?: Violation } {
  if (roleOfTopic(device, topic)?.role !== 'feed-data') {
    return { reasonCode: REASON.notAuthorized, violation: { rule: 'CAT-5', detail: `published to ${topic}` } }
  }
  if (!scopes.includes('iot:mqtt:feed-data:write')) {
    const violation = { rule: 'CRED-4', detail: 'published without iot:mqtt:feed-data:write' }
    return { reasonCode: REASON.notAuthorized, violation }
  }
  if (scopes.includes('iot:mqtt:ack:read') && !acknowledgementsSubscribed) {
    const violation = { rule: 'SUB-2', detail: 'published before the acknowledgement topic was granted' }
    return { reasonCode: REASON.success, violation }
  }
  return { reasonCode: REASON.success }
}
