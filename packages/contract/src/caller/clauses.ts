import type { Clause } from '../contract.ts'

/** Every MUST of an HTTPS caller, in one sentence each. `docs/links.md` shows them. */
export const callerClauses: readonly Clause[] = [
  {
    id: 'CALL-1',
    must: 'No call throws, whatever the request; nor does the function that ends it, in any state.',
  },
  { id: 'CALL-2', must: '`finished` is called exactly once, unless the request was ended before.' },
  {
    id: 'CALL-3',
    must: '`finished` is called on a turn of its own: never from inside the call, nor from the one that ends it.',
  },
  {
    id: 'CALL-4',
    must: 'Once the request was ended, nothing is told any more, and the connection ends too.',
  },
  { id: 'CALL-5', must: 'Method, path, query, headers and body, as UTF-8, arrive as they were given.' },
  { id: 'CALL-6', must: 'An answer of any status is an answer, with its body as it came.' },
  { id: 'CALL-7', must: 'No redirect is followed.' },
  { id: 'CALL-8', must: 'A redirect is an answer like any other.' },
  {
    id: 'CALL-9',
    must: 'A body of up to 1 MiB is read; a longer one is `malformed`, and is not read to its end.',
  },
  { id: 'CALL-10', must: 'A body that is not UTF-8 is `malformed`.' },
  {
    id: 'CALL-11',
    must: '`timeoutMs` bounds the time to the end of the body: then it is `timeout`, and not sooner.',
  },
  {
    id: 'CALL-12',
    must: '`Retry-After` is told in seconds, be it given so or as an HTTP date; what is neither is null.',
  },
  {
    id: 'CALL-13',
    must: 'An address that is not `https:`, or nonsense, is `malformed`, and nothing is connected.',
  },
  { id: 'CALL-14', must: 'A header or a method that cannot be sent is `malformed`, and nothing is sent.' },
  { id: 'CALL-15', must: 'To a server whose certificate no one vouches for, no request is sent.' },
  { id: 'CALL-16', must: 'To a server whose certificate has another name, no request is sent.' },
  { id: 'CALL-17', must: 'A server that cannot be verified, or speaks no TLS, is told as `tls`.' },
  { id: 'CALL-18', must: 'A server that cannot be reached is `network`.' },
  { id: 'CALL-19', must: 'An answer that breaks off is `network`, and never an answer.' },
  {
    id: 'CALL-20',
    must: '`detail` is a text for people, without secrets: no header, no body, no user or password.',
  },
  { id: 'CALL-21', must: 'Requests that are under way at one time have nothing to do with each other.' },
]
