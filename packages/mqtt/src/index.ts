export { MqttOptionError, type MqttOptionErrorCode } from './errors.ts'
export type { MqttSessionOptions, MqttWill } from './options.ts'
export type { MqttPublish } from './outbound-publishes.ts'
export type {
  MqttCallRefusal,
  MqttCallRefused,
  MqttCancelTimer,
  MqttClose,
  MqttCloseCause,
  MqttClosed,
  MqttConnected,
  MqttMessage,
  MqttMessageQoS0,
  MqttMessageQoS1,
  MqttOutput,
  MqttPublished,
  MqttPublishRefusal,
  MqttPublishRefused,
  MqttRefused,
  MqttSend,
  MqttSetTimer,
  MqttSubscribed,
  MqttTimer,
} from './outputs.ts'
export { reasonName } from './reason-codes.ts'
export { createMqttSession, type MqttSession } from './session.ts'
export type { MqttSubscription } from './subscriptions.ts'
