import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { nodePlatform } from '@realer-device/node'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** What the clock of another process says. */
function otherProcess(): { now: number; origin?: string } {
  const program =
    "import { nodePlatform } from '@realer-device/node'; const { clock } = nodePlatform(); console.log(JSON.stringify({ now: clock.now(), origin: clock.origin }))"
  const args = ['--conditions=source', '--import', 'tsx', '--input-type=module', '-e', program]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }))
}

describe('the clock of Node', () => {
  it.runIf(process.platform === 'linux')(
    'DES-2 DES-12: is the same one in every process of a Linux system since its boot, and says so',
    () => {
      const { clock } = nodePlatform()
      const before = clock.now()
      const other = otherProcess()
      const after = clock.now()
      expect(other.origin).toMatch(/^boot [0-9a-f-]{36} time/)
      expect(other.origin).toBe(clock.origin)
      expect(other.now).toBeGreaterThan(before)
      expect(other.now).toBeLessThan(after)
    },
  )

  it('CRED-5: never goes back', () => {
    const { clock } = nodePlatform()
    let last = clock.now()
    for (let n = 0; n < 10_000; n++) {
      const now = clock.now()
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
  })
})
