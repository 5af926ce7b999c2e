import type { Clock, Link, LinkCloseCause, LinkEvents, OpenLink } from '@realer-device/host'
import type { BrokenPart } from './breaches.ts'

const detail = 'the link is broken on purpose'

/** Links made of a good one, each with one fault. */
export function brokenLinks(good: OpenLink, clock: Clock): BrokenPart<OpenLink>[] {
  const broken = (clause: string, does: string, part: OpenLink) => ({ clause, does, part })

  /** Changes what is told. */
  const telling = (change: (events: LinkEvents, url: string) => Partial<LinkEvents>): OpenLink => {
    return (target, events) => good(target, { ...eventsOf(events), ...change(events, target.url) })
  }
  /** Changes what a call does. */
  const calling = (change: (link: Link, events: LinkEvents) => Partial<Link>): OpenLink => {
    return (target, events) => {
      const link = good(target, events)
      return { ...callsOf(link), ...change(link, events) }
    }
  }
  /** Tells one end as another. */
  const renaming = (from: LinkCloseCause, to: LinkCloseCause): OpenLink =>
    telling((events) => ({
      onClosed: (cause, detail) => events.onClosed(cause === from ? to : cause, detail),
    }))

  return [
    broken('LINK-1', 'throws at an address that is nonsense', (target, events) => {
      new URL(target.url)
      return good(target, events)
    }),
    broken('LINK-1', 'throws at a send after the end', (target, events) => {
      let isOver = false
      const onClosed: LinkEvents['onClosed'] = (cause, detail) => {
        isOver = true
        events.onClosed(cause, detail)
      }
      const link = good(target, { ...eventsOf(events), onClosed })
      const send = (bytes: Uint8Array): void => {
        if (isOver) throw new Error('write after end')
        link.send(bytes)
      }
      return { ...callsOf(link), send }
    }),
    broken('LINK-2', 'tells of an unusable address before the call returns', (target, events) => {
      if (URL.canParse(target.url)) return good(target, events)
      events.onClosed('unusable', detail)
      return { send() {}, close() {}, destroy() {} }
    }),
    broken(
      'LINK-2',
      'tells of its end from inside close',
      calling((link, events) => ({
        close() {
          link.destroy()
          events.onClosed('client', detail)
        },
      })),
    ),
    broken(
      'LINK-3',
      'opens twice',
      telling((events) => ({
        onOpen() {
          events.onOpen()
          clock.setTimer(1, () => events.onOpen())
        },
      })),
    ),
    broken(
      'LINK-4',
      'sends no more than 1,000,000 bytes of one call',
      calling((link) => ({ send: (bytes) => link.send(bytes.subarray(0, 1_000_000)) })),
    ),
    broken(
      'LINK-4',
      'lets small pieces overtake large ones',
      calling((link) => ({
        send(bytes) {
          if (bytes.length < 1_000) link.send(bytes)
          else clock.setTimer(1, () => link.send(bytes))
        },
      })),
    ),
    broken(
      'LINK-5',
      'sends the whole buffer below a view',
      calling((link) => ({ send: (bytes) => link.send(new Uint8Array(bytes.buffer)) })),
    ),
    broken(
      'LINK-5',
      'masks the bytes where they are, as a frame is',
      calling((link) => ({
        send(bytes) {
          link.send(bytes.slice())
          bytes.forEach((byte, at) => {
            bytes[at] = byte ^ 0x5a
          })
        },
      })),
    ),
    broken(
      'LINK-6',
      'drops what does not fit into its buffer of 10,000 bytes',
      telling((events) => ({ onBytes: (bytes) => events.onBytes(bytes.subarray(0, 10_000)) })),
    ),
    broken('LINK-7', 'reads only when it writes', (target, events) => {
      const held: Uint8Array[] = []
      const link = good(target, { ...eventsOf(events), onBytes: (bytes) => void held.push(bytes) })
      const release = (): void => {
        for (const bytes of held.splice(0)) events.onBytes(bytes)
      }
      const send = (bytes: Uint8Array): void => {
        link.send(bytes)
        clock.setTimer(0, release)
      }
      return { ...callsOf(link), send }
    }),
    broken('LINK-8', 'keeps what is sent too early, and sends it at the opening', (target, events) => {
      let early: Uint8Array[] | null = []
      const onOpen = (): void => {
        const kept = early ?? []
        early = null
        events.onOpen()
        for (const bytes of kept) link.send(bytes)
      }
      const link = good(target, { ...eventsOf(events), onOpen })
      const send = (bytes: Uint8Array): void => {
        if (early === null) link.send(bytes)
        else early.push(bytes)
      }
      return { ...callsOf(link), send }
    }),
    broken(
      'LINK-9',
      'tells an error and then a close',
      telling((events) => ({
        onClosed(cause, told) {
          events.onClosed(cause, told)
          clock.setTimer(1, () => events.onClosed(cause, told))
        },
      })),
    ),
    broken(
      'LINK-10',
      'cuts the connection at close',
      calling((link, events) => ({
        close() {
          link.destroy()
          clock.setTimer(1, () => events.onClosed('client', detail))
        },
      })),
    ),
    broken(
      'LINK-10',
      'tells that it was closed, and leaves the connection open',
      calling((_link, events) => ({
        close() {
          clock.setTimer(1, () => events.onClosed('client', detail))
        },
      })),
    ),
    broken('LINK-11', 'calls a close before the opening a failure of the network', (target, events) => {
      let isOpen = false
      const onOpen = (): void => {
        isOpen = true
        events.onOpen()
      }
      const onClosed: LinkEvents['onClosed'] = (cause, told) =>
        events.onClosed(cause === 'client' && !isOpen ? 'network' : cause, told)
      return good(target, { ...eventsOf(events), onOpen, onClosed })
    }),
    broken('LINK-11', 'opens although it was closed before', (target, events) => {
      let isOpen = false
      let link: Link | null = null
      const onOpen = (): void => {
        isOpen = true
        events.onOpen()
      }
      link = good(target, { ...eventsOf(events), onOpen })
      const close = (): void => {
        if (isOpen) link?.close()
      }
      return { ...callsOf(link), close }
    }),
    broken(
      'LINK-12',
      'tells of its end after destroy',
      calling((link, events) => ({
        destroy() {
          link.destroy()
          clock.setTimer(1, () => events.onClosed('client', detail))
        },
      })),
    ),
    broken('LINK-12', 'leaves the connection as it is at destroy', (target, events) => {
      let isMute = false
      const hearing =
        <Args extends readonly unknown[]>(tell: (...args: Args) => void) =>
        (...args: Args): void => {
          if (!isMute) tell(...args)
        }
      const { onOpen, onBytes, onClosed } = eventsOf(events)
      const link = good(target, {
        onOpen: hearing(onOpen),
        onBytes: hearing(onBytes),
        onClosed: hearing(onClosed),
      })
      const destroy = (): void => {
        isMute = true
      }
      return { ...callsOf(link), destroy }
    }),
    broken('LINK-13', "calls the peer's end a failure of the network", renaming('server', 'network')),
    broken('LINK-13', "tells the peer's end before its last bytes", (target, events) => {
      let last: Uint8Array | null = null
      const onBytes = (bytes: Uint8Array): void => {
        if (last !== null) events.onBytes(last)
        last = bytes
      }
      return good(target, { ...eventsOf(events), onBytes })
    }),
    broken('LINK-14', 'calls a connection that broke an end of the peer', renaming('network', 'server')),
    broken('LINK-15', 'calls a connection that was refused unusable', renaming('network', 'unusable')),
    broken('LINK-16', 'waits without an end for the opening', (target, events) =>
      good({ ...target, timeoutMs: 2 ** 31 - 1 }, events),
    ),
    broken('LINK-16', 'gives up too soon', (target, events) =>
      good({ ...target, timeoutMs: target.timeoutMs / 2 }, events),
    ),
    broken('LINK-16', 'gives up a link that is open', (target, events) => {
      let isOver = false
      const onClosed: LinkEvents['onClosed'] = (cause, told) => {
        if (!isOver) events.onClosed(cause, told)
        isOver = true
      }
      const link = good(target, { ...eventsOf(events), onClosed })
      clock.setTimer(target.timeoutMs, () => onClosed('timeout', detail))
      return link
    }),
    ...['LINK-17', 'LINK-18'].map((clause) =>
      broken(
        clause,
        'opens whoever the peer is',
        telling((events) => ({
          onClosed(cause, told) {
            if (cause === 'tls') events.onOpen()
            else events.onClosed(cause, told)
          },
        })),
      ),
    ),
    broken(
      'LINK-19',
      'calls a certificate that is not trusted a failure of the network',
      renaming('tls', 'network'),
    ),
    broken('LINK-20', 'connects whatever the scheme', (target, events) =>
      good({ ...target, url: target.url.replace(/^[a-z]+:/, 'mqtts:') }, events),
    ),
    broken('LINK-20', 'leaves a user and a password out of account', (target, events) =>
      good({ ...target, url: target.url.replace(/\/\/.*@/, '//') }, events),
    ),
    broken(
      'LINK-21',
      'quotes the address',
      telling((events, url) => ({ onClosed: (cause) => events.onClosed(cause, `no link to ${url}`) })),
    ),
    broken('LINK-21', 'quotes what was said last', (target, events) => {
      let last = ''
      const onBytes = (bytes: Uint8Array): void => {
        last = String.fromCharCode(...bytes.subarray(0, 200))
        events.onBytes(bytes)
      }
      const onClosed: LinkEvents['onClosed'] = (cause) => events.onClosed(cause, `it broke after ${last}`)
      return good(target, { ...eventsOf(events), onBytes, onClosed })
    }),
    broken(
      'LINK-22',
      'queues what is sent without a bound, and goes on to read',
      calling((link) => ({ send: (bytes) => void clock.setTimer(600_000, () => link.send(bytes)) })),
    ),
    broken('LINK-23', 'stops to read at the mark, and never begins again', (target, events) => {
      let sentBytes = 0
      const onBytes = (bytes: Uint8Array): void => {
        if (sentBytes <= 262_144) events.onBytes(bytes)
      }
      const link = good(target, { ...eventsOf(events), onBytes })
      const send = (bytes: Uint8Array): void => {
        sentBytes += bytes.length
        link.send(bytes)
      }
      return { ...callsOf(link), send }
    }),
    broken('LINK-24', 'passes over calls from inside an event', (target, events) => {
      let isInside = false
      const inside =
        <Args extends readonly unknown[]>(tell: (...args: Args) => void) =>
        (...args: Args): void => {
          isInside = true
          tell(...args)
          isInside = false
        }
      const outside =
        <Args extends readonly unknown[]>(call: (...args: Args) => void) =>
        (...args: Args): void => {
          if (!isInside) call(...args)
        }
      const { onOpen, onBytes, onClosed } = eventsOf(events)
      const link = callsOf(
        good(target, { onOpen: inside(onOpen), onBytes: inside(onBytes), onClosed: inside(onClosed) }),
      )
      return { send: outside(link.send), close: outside(link.close), destroy: outside(link.destroy) }
    }),
    broken('LINK-25', 'tells the last link what comes for any', sharingLink(good)),
  ]
}

function sharingLink(good: OpenLink): OpenLink {
  let newest: LinkEvents | null = null
  return (target, events) => {
    newest = events
    return good(target, { ...eventsOf(events), onBytes: (bytes) => newest?.onBytes(bytes) })
  }
}

function eventsOf(events: LinkEvents): LinkEvents {
  return {
    onOpen: () => events.onOpen(),
    onBytes: (bytes) => events.onBytes(bytes),
    onClosed: (cause, told) => events.onClosed(cause, told),
  }
}

function callsOf(link: Link): Link {
  return {
    send: (bytes) => link.send(bytes),
    close: () => link.close(),
    destroy: () => link.destroy(),
  }
}
