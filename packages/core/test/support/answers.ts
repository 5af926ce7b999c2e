/** Bodies of the API's answers, as the public pages show them. */

const device = 'realer/iot/v1/devices/cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa'

export function tokenAnswer() {
  return { access_token: 'b11db7f6c816568eb3b156df3aeaa5', token_type: 'Bearer', expires_in: 3600 }
}

export function catalogAnswer() {
  return {
    code: 2000,
    mqtt: {
      broker_url: 'mqtts://mqtt.therealer.com:8883',
      protocol: 'mqtt-5.0',
      client_id: 'cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa',
      qos: 1,
      retain_policy: 'disabled',
      feed_data_ack_topic: `${device}/acks`,
      feed_data_ack_subscribe_scope: 'iot:mqtt:ack:read',
      credential_endpoint: {
        endpoint: '/iot/v1/mqtt-credentials',
        http_method: 'POST',
        body: {
          device_id: 12345,
          scopes: ['iot:mqtt:connect', 'iot:mqtt:ack:read', 'iot:mqtt:feed-data:write'],
        },
      },
    },
    mqtt_routes: [
      {
        source_type: 'sensor',
        mqtt: {
          feed_data_topic: `${device}/routes/rte_a/feed-data`,
          feed_data_publish_scope: 'iot:mqtt:feed-data:write',
        },
      },
      {
        source_type: 'command',
        mqtt: {
          feed_data_topic: `${device}/routes/rte_b/feed-data`,
          feed_data_publish_scope: 'iot:mqtt:feed-data:write',
          desired_topic: `${device}/routes/rte_b/desired`,
          desired_subscribe_scope: 'iot:mqtt:desired:read',
        },
      },
    ],
  }
}

export function tupleAnswer() {
  return {
    code: 2000,
    mqtt: {
      mqtt_client_id: 'cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa',
      mqtt_username: 'realer-cdv_aaaaaaaaaaaaaaaaaaaaaaaaaa-cred-v12',
      mqtt_credential: 'plaintext-returned-once',
      scopes: ['iot:mqtt:connect', 'iot:mqtt:ack:read', 'iot:mqtt:feed-data:write'],
      expires_in: 3600,
      renew_after: 2700,
      session_hard_expires_in: 3600,
    },
  }
}
