import { pbkdf2Sync, randomBytes } from 'node:crypto'
import type { SandboxDevice } from '../device.ts'
import type { Scope } from '../scopes.ts'

/** Where the dynamic-security plugin takes commands, and where it answers. */
export const CONTROL_TOPIC = '$CONTROL/dynamic-security/v1'
export const CONTROL_RESPONSE_TOPIC = `${CONTROL_TOPIC}/response`

/** A command to the plugin. */
export type DynsecCommand =
  | {
      command: 'createClient'
      username: string
      password: string
      clientid: string
      roles: { rolename: string }[]
    }
  | { command: 'deleteClient' | 'disableClient' | 'enableClient'; username: string }

const ITERATIONS = 101

/** The plugin's first configuration: the service's own client, and a role for each scope. */
export function dynamicSecurityOf(
  device: SandboxDevice,
  service: { username: string; password: string },
): object {
  const salt = randomBytes(12)
  return {
    defaultACLAccess: {
      publishClientSend: false,
      publishClientReceive: false,
      subscribe: false,
      unsubscribe: true,
    },
    groups: [],
    clients: [
      {
        username: service.username,
        password: pbkdf2Sync(service.password, salt, ITERATIONS, 64, 'sha512').toString('base64'),
        salt: salt.toString('base64'),
        iterations: ITERATIONS,
        roles: [{ rolename: 'service' }],
      },
    ],
    roles: [serviceRole(device), ...scopeRoles(device)],
  }
}

/** The roles that a credential's scopes give. `iot:mqtt:connect` is the client itself. */
export function rolesOf(scopes: readonly Scope[]): { rolename: string }[] {
  return scopes.filter((scope) => scope !== 'iot:mqtt:connect').map((scope) => ({ rolename: scope }))
}

function serviceRole(device: SandboxDevice): object {
  const topics = [`${CONTROL_TOPIC}/#`, `realer/iot/v1/devices/${device.clientId}/#`]
  return {
    rolename: 'service',
    acls: topics.flatMap((topic) =>
      ['publishClientSend', 'publishClientReceive', 'subscribePattern'].map((acltype) =>
        allow(acltype, topic),
      ),
    ),
  }
}

function scopeRoles(device: SandboxDevice): object[] {
  const routes = Object.values(device.routes)
  const receive = (topic: string) => [allow('subscribeLiteral', topic), allow('publishClientReceive', topic)]
  const acls: Record<Scope, object[]> = {
    'iot:catalog:read': [],
    'iot:mqtt:connect': [],
    'iot:mqtt:ack:read': receive(device.acknowledgementTopic),
    'iot:mqtt:feed-data:write': routes.map((route) => allow('publishClientSend', route.feedDataTopic)),
    'iot:mqtt:desired:read': routes.flatMap(({ desiredTopic }) =>
      desiredTopic === undefined ? [] : receive(desiredTopic),
    ),
  }
  return Object.entries(acls).map(([rolename, list]) => ({ rolename, acls: list }))
}

function allow(acltype: string, topic: string): object {
  return { acltype, topic, priority: 0, allow: true }
}
