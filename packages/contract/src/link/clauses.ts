import type { Clause } from '../contract.ts'

/** Every MUST of a link, in one sentence each. `docs/links.md` shows them. */
export const linkClauses: readonly Clause[] = [
  {
    id: 'LINK-1',
    must: 'No call throws: `openLink` whatever the target; `send`, `close` and `destroy` in any state.',
  },
  { id: 'LINK-2', must: 'No call leads to an event before it has returned.' },
  { id: 'LINK-3', must: '`onOpen` comes once, and before any bytes.' },
  {
    id: 'LINK-4',
    must: 'What is sent reaches the peer complete and in the order of the calls, whatever its size.',
  },
  {
    id: 'LINK-5',
    must: '`send` takes the bytes of the view that it is given, no others, and leaves them as they are.',
  },
  { id: 'LINK-6', must: 'What the peer sends is handed over complete and in its order, in any chunks.' },
  { id: 'LINK-7', must: 'Both directions run at once.' },
  { id: 'LINK-8', must: 'Before `onOpen`, after `close` and after the end, `send` does nothing.' },
  { id: 'LINK-9', must: '`onClosed` comes exactly once and is the last event, unless `destroy` was called.' },
  {
    id: 'LINK-10',
    must: '`close` lets everything leave that was sent before it; then the link ends with `client`.',
  },
  {
    id: 'LINK-11',
    must: '`close` may be called twice; before the link is open, it ends with `client` and never opens.',
  },
  {
    id: 'LINK-12',
    must: '`destroy` ends the connection from any state; no event follows; it may be called twice.',
  },
  {
    id: 'LINK-13',
    must: 'Where the peer ends in good order, all of its bytes come first, and then `server`.',
  },
  { id: 'LINK-14', must: 'A connection that breaks ends with `network`.' },
  { id: 'LINK-15', must: 'A connection that cannot be made ends with `network`.' },
  {
    id: 'LINK-16',
    must: 'A link that is not open within `timeoutMs` ends with `timeout`, and not sooner; an open one lasts.',
  },
  {
    id: 'LINK-17',
    must: 'To a peer whose certificate no one vouches for, no link opens and no byte is sent.',
  },
  { id: 'LINK-18', must: 'To a peer whose certificate has another name, no link opens and no byte is sent.' },
  { id: 'LINK-19', must: 'A peer that cannot be verified, or speaks no TLS, ends the link with `tls`.' },
  {
    id: 'LINK-20',
    must: 'To an address of another scheme, or to nonsense, nothing is connected; it ends with `unusable`.',
  },
  {
    id: 'LINK-21',
    must: '`detail` is a text for people, without secrets: no bytes of the stream, no user or password.',
  },
  { id: 'LINK-22', must: 'While more than 256 KiB wait to leave, no bytes are handed over.' },
  {
    id: 'LINK-23',
    must: 'When the peer reads again, all that waited arrives, both ways, before a `close` ends the link.',
  },
  { id: 'LINK-24', must: '`send`, `close` and `destroy` may be called from inside every event.' },
  { id: 'LINK-25', must: 'Links that are open at one time have nothing to do with each other.' },
]
