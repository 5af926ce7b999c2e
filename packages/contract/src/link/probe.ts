import type { Link, LinkCloseCause, LinkTarget, OpenLink } from '@realer-device/host'
import { linkEnds } from '@realer-device/host'
import { joinBytes } from '../bytes.ts'
import type { Watch } from '../watch.ts'

/** What a case does from inside the events of a link. */
export interface ProbeHooks {
  onOpen?(link: Link): void
  onBytes?(link: Link, bytes: Uint8Array): void
  onClosed?(link: Link): void
}

/** A link under test: its calls and events are watched, and what no link may do is a breach in every case. */
export interface ProbedLink extends Link {
  readonly isOpen: boolean
  readonly end: { readonly cause: LinkCloseCause; readonly detail: string } | null
  readonly receivedBytes: number
  received(): Uint8Array
}

/** Opens a link and watches it. */
export function probeLink(
  openLink: OpenLink,
  target: LinkTarget,
  hooks: ProbeHooks,
  watch: Watch,
): ProbedLink {
  const chunks: Uint8Array[] = []
  let receivedBytes = 0
  let callsUnderWay = 0
  let isOpen = false
  let isClosing = false
  let isDestroyed = false
  let end: ProbedLink['end'] = null
  let link: Link | null = null

  function call(name: string, act: () => void): void {
    callsUnderWay += 1
    try {
      act()
    } catch (error) {
      watch.fail('LINK-1', `${name} threw ${String(error)}`)
    }
    callsUnderWay -= 1
  }

  function told(event: string): void {
    if (callsUnderWay > 0) watch.fail('LINK-2', `${event} came from inside a call`)
    if (isDestroyed) watch.fail('LINK-12', `${event} came after destroy`)
    if (end !== null) watch.fail('LINK-9', `${event} came after onClosed`)
  }

  const probe: ProbedLink = {
    get isOpen() {
      return isOpen
    },
    get end() {
      return end
    },
    get receivedBytes() {
      return receivedBytes
    },
    received: () => joinBytes(chunks),
    send: (bytes) => call('send', () => link?.send(bytes)),
    close() {
      isClosing = true
      call('close', () => link?.close())
    },
    destroy() {
      isDestroyed = true
      call('destroy', () => link?.destroy())
    },
  }

  call('openLink', () => {
    link = openLink(target, {
      onOpen() {
        told('onOpen')
        if (isOpen) watch.fail('LINK-3', 'onOpen came twice')
        if (isClosing) watch.fail('LINK-11', 'onOpen came after close')
        isOpen = true
        hooks.onOpen?.(probe)
        watch.changed()
      },
      onBytes(bytes) {
        told('onBytes')
        if (!isOpen) watch.fail('LINK-3', 'onBytes came before onOpen')
        // The link may use its buffer again after the call.
        chunks.push(bytes.slice())
        receivedBytes += bytes.length
        hooks.onBytes?.(probe, bytes)
        watch.changed()
      },
      onClosed(cause, detail) {
        told('onClosed')
        if (!Object.hasOwn(linkEnds, cause)) watch.fail('LINK-9', `onClosed came with ${String(cause)}`)
        if (typeof detail !== 'string' || detail === '')
          watch.fail('LINK-21', `onClosed came with the detail ${JSON.stringify(detail)}`)
        end ??= { cause, detail }
        hooks.onClosed?.(probe)
        watch.changed()
      },
    })
  })
  return probe
}
