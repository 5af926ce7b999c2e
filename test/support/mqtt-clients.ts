import { mqttjsClient } from '@realer-device/mqttjs'
import {
  type ConnectDeviceOptions,
  connectDevice,
  createDevice,
  type Device,
  nodePlatform,
} from '@realer-device/node'

/** The MQTT clients that a device on Node is run with: ours on a link, and one that a host brings. */
export const mqttClients = ['our mqtt', 'MQTT.js'] as const
export type MqttClientName = (typeof mqttClients)[number]

/** `connectDevice()`, with the MQTT client of that name. */
export function connectDeviceOn(client: MqttClientName, options: ConnectDeviceOptions): Device {
  if (client === 'our mqtt') return connectDevice(options)
  const { ca, ...deviceOptions } = options
  const trust = ca === undefined ? {} : { ca }
  return createDevice(deviceOptions, { ...nodePlatform(trust), openMqtt: mqttjsClient(trust) })
}
