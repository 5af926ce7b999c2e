import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const PROGRAM = `
  import { createMqttSession } from '@realer-device/mqtt'
  const password = ['canary', 'password'].join('-')
  const [connect] = createMqttSession({ clientId: 'visible-id', username: 'user', password }).open()
  process.stdout.write(String(connect.bytes.length))
`

it('CRED-3 the password does not reach the log of mqtt-packet, which prints every string', async () => {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', PROGRAM],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, DEBUG: 'mqtt-packet*' } },
  )
  expect(Number(stdout)).toBeGreaterThan(0)
  expect(stderr).toContain('visible-id')
  expect(stderr).not.toContain('canary-password')
})
