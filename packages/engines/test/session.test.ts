import { describe, expect, test } from 'vitest'
import { installCommand, isInstalled } from '../src/engine.ts'
import { engines } from '../src/engines.ts'
import { scenarios } from '../src/session/scenarios.ts'

/** The Node.js that runs the tests is always there; the others where `pnpm engines` has installed them. */
const withSession = engines.flatMap(({ session, ...engine }) =>
  session === null ? [] : [{ ...engine, session }],
)

describe.each([
  { ...withSession[0], name: 'this Node.js', program: process.execPath },
  ...withSession.map((engine) => ({ ...engine, name: `${engine.name}, where this machine has it` })),
] as typeof withSession)('a real session in $name', (engine) => {
  const isHere = engine.name === 'this Node.js' || isInstalled({ ...engine })
  if (!isHere) process.stdout.write(`SKIPPED: a session in ${engine.name} (${installCommand(engine)})\n`)

  test.runIf(isHere).each(scenarios)(
    '$name',
    async ({ complaints }) => {
      expect(await complaints(engine.session, engine.program)).toEqual([])
    },
    300_000,
  )
})
