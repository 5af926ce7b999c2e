import type { SandboxDevice } from './device.ts'
import type { Settings } from './options.ts'

/** The catalog's body (CAT-1 to CAT-5), with fields that no firmware knows, to see that they are ignored (CAT-3). */
export function catalogBody(
  device: SandboxDevice,
  settings: Settings,
  brokerUrl: string,
  credentialsAvailable: boolean,
): Record<string, unknown> {
  const { limits, lifetimes } = settings
  return {
    code: 2000,
    request_id: 'req_sandbox',
    mqtt: {
      broker_url: brokerUrl,
      protocol: 'mqtt-5.0',
      client_id: device.clientId,
      qos: 1,
      retain_policy: 'disabled',
      feed_data_ack_topic: device.acknowledgementTopic,
      feed_data_ack_subscribe_scope: 'iot:mqtt:ack:read',
      limits: {
        max_inflight_messages: limits.receiveMaximum,
        keep_alive_seconds: limits.keepAliveSeconds,
        x_sandbox_unknown_limit: 1,
      },
      credential_lifecycle: {
        expires_in: lifetimes.credentialExpiresInSeconds,
        renew_after: lifetimes.credentialRenewAfterSeconds,
      },
      x_sandbox_diagnostics: { note: 'firmware ignores this', nested: [1, null, true] },
      ...(credentialsAvailable && {
        credential_endpoint: {
          endpoint: '/iot/v1/mqtt-credentials',
          http_method: 'POST',
          body: { device_id: device.deviceId, scopes: device.defaultScopes },
          x_sandbox_unknown: true,
        },
      }),
    },
    mqtt_routes: Object.entries(device.routes).map(([name, route]) => ({
      source_type: route.sourceType,
      x_sandbox_name: name,
      mqtt: {
        feed_data_topic: route.feedDataTopic,
        feed_data_publish_scope: 'iot:mqtt:feed-data:write',
        ...(route.desiredTopic !== undefined && {
          desired_topic: route.desiredTopic,
          desired_subscribe_scope: 'iot:mqtt:desired:read',
        }),
      },
    })),
  }
}
