import { type Sandbox, SandboxError } from '@realer-device/sandbox'
import type { Terminal } from '../terminal.ts'

/** What can be typed while the sandbox runs. */
export const orderHelp = [
  'Type an order, and Enter:',
  '  desire ROUTE VALUE [SECONDS]  send a desired state, valid for so many seconds (60)',
  '  drop                          reset the device’s connection',
  '  expire                        make every credential void',
  '  summary                       what the ledger has found so far',
].join('\n')

/** Carries out one typed order; a wrong one gets one clear line and nothing else happens. */
export function takeOrder(line: string, sandbox: Sandbox, terminal: Pick<Terminal, 'out' | 'err'>): void {
  const [order, ...words] = line.trim().split(/\s+/)
  try {
    switch (order) {
      case '':
      case undefined:
        return
      case 'desire':
        return desire(words, sandbox, terminal)
      case 'drop':
        return sandbox.dropConnections()
      case 'expire':
        return sandbox.expireCredentials()
      case 'summary':
        return terminal.out(JSON.stringify(sandbox.ledger.summary(), null, 2))
      default:
        terminal.err(`There is no order ${JSON.stringify(order)}. ${orderHelp}`)
    }
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error
    terminal.err(error.message)
  }
}

function desire(
  [route, value, seconds = '60']: string[],
  sandbox: Sandbox,
  terminal: Pick<Terminal, 'out' | 'err'>,
): void {
  if (route === undefined || value === undefined || !(Number(seconds) > 0))
    return terminal.err('An order is: desire ROUTE VALUE [SECONDS]')
  const { desiredId } = sandbox.desire(route, value, { validForSeconds: Number(seconds) })
  terminal.out(`ordered ${desiredId}`)
}
