import type { Link, LinkCloseCause, LinkEvents } from '@realer-device/host'

/** A link that can never lead to its address: it says so on the next turn, and no byte is sent (AUTH-1). */
export function unusableLink(events: LinkEvents, detail: string): Link {
  let cause: LinkCloseCause | null = 'unusable'
  void Promise.resolve().then(() => {
    const told = cause
    cause = null
    if (told !== null) events.onClosed(told, told === 'client' ? 'we closed the connection' : detail)
  })
  return {
    send() {},
    close() {
      if (cause !== null) cause = 'client'
    },
    destroy() {
      cause = null
    },
  }
}
