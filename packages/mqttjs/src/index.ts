export { type MqttjsClientOptions, mqttjsClient } from './mqttjs-client.ts'
