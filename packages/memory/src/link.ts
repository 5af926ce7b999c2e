import { type Clock, LINK_HIGH_WATER_BYTES, type LinkCloseCause, type OpenLink } from '@realer-device/host'
import { addressOf } from './address.ts'
import type { Dialled, Endpoint, EndpointEvents } from './connection.ts'

type Dial = (url: string, events: EndpointEvents, dialled: (result: Dialled) => void) => void

/** Links over a network in memory. */
export function memoryLink(clock: Clock, dial: Dial): OpenLink {
  return ({ url, timeoutMs }, events) => {
    let phase: 'opening' | 'open' | 'closing' | 'over' = 'opening'
    let endpoint: Endpoint | null = null
    const isOver = (): boolean => phase === 'over'
    const cancelDeadline = clock.setTimer(timeoutMs, () =>
      end('timeout', `the link was not open within ${timeoutMs} ms`),
    )

    function end(cause: LinkCloseCause, detail: string): void {
      if (isOver()) return
      phase = 'over'
      cancelDeadline()
      events.onClosed(cause, detail)
    }

    function dialled(result: Dialled): void {
      if ('endpoint' in result) opened(result.endpoint)
      else if (result.failure === 'refuse') end('network', 'the connection was refused')
      else if (result.failure !== 'silent') end('tls', `the peer cannot be verified: ${result.failure}`)
    }

    function opened(dialledEndpoint: Endpoint): void {
      // It was given up in the meantime.
      if (phase !== 'opening') return dialledEndpoint.cut()
      endpoint = dialledEndpoint
      phase = 'open'
      cancelDeadline()
      events.onOpen()
      endpoint.resume()
      holdBack()
    }

    /** Reading waits for writing: a peer that sends and does not read gets no more answers than that (CORE-5). */
    function holdBack(): void {
      if (phase === 'open' && endpoint !== null && endpoint.waitingBytes > LINK_HIGH_WATER_BYTES)
        endpoint.pause()
    }

    const endpointEvents: EndpointEvents = {
      onBytes(bytes) {
        if (phase === 'open') events.onBytes(bytes)
      },
      onEnd() {
        if (isOver()) return
        endpoint?.end()
        end(phase === 'closing' ? 'client' : 'server', 'the peer closed the connection')
      },
      onCut: () => end('network', 'the connection broke'),
      onLeft(hasEnded) {
        if (phase === 'closing' && hasEnded) end('client', 'we closed the connection')
        else if (phase === 'open' && endpoint !== null && endpoint.waitingBytes <= LINK_HIGH_WATER_BYTES)
          endpoint.resume()
      },
    }

    if (addressOf(url) === null)
      clock.setTimer(0, () => end('unusable', 'the address is not mqtts://host or mqtts://host:port'))
    else dial(url, endpointEvents, dialled)

    return {
      send(bytes) {
        if (phase !== 'open') return
        endpoint?.send(bytes)
        holdBack()
      },
      close() {
        if (phase === 'opening') {
          phase = 'closing'
          clock.setTimer(0, () => end('client', 'we closed the connection before it was open'))
        } else if (phase === 'open') {
          phase = 'closing'
          endpoint?.end()
          // What the peer still sends is let go, and does not hold it up.
          endpoint?.resume()
        }
      },
      destroy() {
        // After the end, what is still under way is left alone: it was sent in good order.
        if (isOver()) return
        phase = 'over'
        cancelDeadline()
        endpoint?.cut()
      },
    }
  }
}
