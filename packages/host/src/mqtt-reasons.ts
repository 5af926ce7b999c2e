import type { MqttCallRefusal, MqttPublishRefusal } from '@realer-device/mqtt'

/**
 * The reason code that stands for a message which was not sent: the one a broker would have answered (MQTT 5 section
 * 2.4), so that one rule decides for both (PUB-7, PUB-8).
 */
export const publishReason: { readonly [Code in MqttPublishRefusal]: number } = {
  'topic-invalid': 0x90,
  'packet-too-large': 0x95,
  'qos-not-supported': 0x9b,
  'receive-maximum-exceeded': 0x97,
  'no-packet-id': 0x97,
  'not-connected': 0x83,
}

/** The reason code that stands for a SUBSCRIBE which was not sent (MQTT 5 section 3.9.3). */
export function subscribeReason(code: MqttCallRefusal): number {
  switch (code) {
    case 'topic-invalid':
      return 0x8f
    case 'wildcards-not-supported':
      return 0xa2
    case 'shared-subscriptions-not-supported':
      return 0x9e
    case 'too-many-pending':
    case 'no-packet-id':
      return 0x97
    default:
      return 0x83
  }
}
