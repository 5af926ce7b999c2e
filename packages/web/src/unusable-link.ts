import type { Link, LinkEvents } from '@realer-device/host'

/** A link that can never lead to its address: it says so on the next turn, and no byte is sent (AUTH-1). */
export function unusableLink(events: LinkEvents, detail: string): Link {
  let isOver = false
  void Promise.resolve().then(() => {
    if (isOver) return
    isOver = true
    events.onClosed('unusable', detail)
  })
  return {
    send() {},
    close() {},
    destroy() {
      isOver = true
    },
  }
}
