import type { RuleId } from '@realer-device/core'

/** One rule of the protocol, in short. */
export interface Rule {
  /** `S`: the flow page states it; `P`: another public page does; `D`: a decision of ours where both are silent. */
  readonly sources: string
  readonly sentence: string
}

/** Every rule that the core holds, with where it comes from and one sentence of our own. */
export const ruleBook: { readonly [id in RuleId]: Rule } = {
  'AUTH-1': rule(
    'S',
    'Calls go over HTTPS and messages over MQTT with TLS; a plain address is refused unused.',
  ),
  'AUTH-2': rule(
    'S P',
    'A Bearer token comes from the token endpoint by client credentials, with HTTP Basic.',
  ),
  'AUTH-3': rule('S', 'The device asks for the scopes that its firmware uses, and for no others.'),
  'AUTH-4': rule('S P', 'A token that is due is renewed before it is used again, by one request at a time.'),
  'AUTH-5': rule('D', 'After a 401 the token is renewed once; a second 401 is a refusal.'),
  'AUTH-6': rule(
    'P D',
    'A refusal makes the device safe and slow; other failures of a call are tried again with backoff.',
  ),
  'AUTH-7': rule('S', 'An intentional stop revokes the token last, within a bound, and does not hang on it.'),
  'AUTH-8': rule('S', 'The Bearer token never enters MQTT.'),
  'CAT-1': rule('S', 'The catalog is read with the token before a credential is asked for.'),
  'CAT-2': rule(
    'S',
    'Broker, client id, topics, limits and credential request are taken from the catalog only.',
  ),
  'CAT-3': rule('S', 'Known limits of the catalog are kept, and fields that nobody knows are passed over.'),
  'CAT-4': rule(
    'S',
    'Without a credential request MQTT is not available yet: the device is safe and looks again later.',
  ),
  'CAT-5': rule('S', 'The device uses the topics of its catalog routes and no others.'),
  'CAT-6': rule('P', 'An answer is good only if its HTTP status and its body code both say so.'),
  'CAT-7': rule(
    'D',
    'An unusable catalog is refused by the field at fault, and ends no session that is still good.',
  ),
  'CAT-8': rule('D', 'The catalog is read again when broker or credential endpoint do not agree with it.'),
  'CRED-1': rule(
    'S',
    "The CONNECT tuple is asked for as the catalog says, narrower only at the host's wish.",
  ),
  'CRED-2': rule('S', 'The tuple comes with client id, user name, credential, scopes and three lifetimes.'),
  'CRED-3': rule(
    'S',
    'The credential is only ever in short-lived memory, and in nothing that is kept or shown.',
  ),
  'CRED-4': rule('S', 'What is subscribed and published follows the scopes that were granted.'),
  'CRED-5': rule('D', "A tuple's lifetimes count from its receipt on a clock that never jumps."),
  'CRED-6': rule(
    'D',
    'Lifetimes that make no sense are refused or mended aloud, and never cause a hot loop.',
  ),
  'CONN-1': rule(
    'S',
    'The device connects by MQTT 5 over verified TLS, with exactly the tuple that it was given.',
  ),
  'CONN-2': rule('D', 'Each connection starts clean and leaves no will, unless the host wants it otherwise.'),
  'CONN-3': rule('D', 'Connecting is bounded in time, and keep alive finds a connection that is dead.'),
  'CONN-4': rule(
    'D',
    'The reason of a refused CONNECT decides what comes next: new tuple, new catalog, or a wait.',
  ),
  'CONN-5': rule('D', 'The limits that the broker sets in CONNACK are kept.'),
  'CONN-6': rule('D', 'A device has one MQTT connection at most.'),
  'SUB-1': rule(
    'S',
    'Every new connection subscribes to acknowledgements, and to the desired topics it may read.',
  ),
  'SUB-2': rule('D', 'The session is online, and publishes, once the acknowledgement topic is granted.'),
  'SUB-3': rule(
    'D',
    'A refused acknowledgement topic ends the connection; a refused desired topic only mutes its route.',
  ),
  'SUB-4': rule('S', 'A device that handles no commands, or may read none, subscribes to no desired topic.'),
  'PUB-1': rule('S', 'Feed data goes out with QoS 1 and is never retained.'),
  'PUB-2': rule('S', "A PUBACK settles nothing: the application's acknowledgement does."),
  'PUB-3': rule(
    'S P',
    'A report has an id, a value and a time of observation; a bad one is refused by its field.',
  ),
  'PUB-4': rule('S P', 'One event keeps one id and one payload, however often it is sent.'),
  'PUB-5': rule(
    'S',
    "A command's report names the command, the physical value, and a status other than applied.",
  ),
  'PUB-6': rule('S', 'A local change names no command and no status.'),
  'PUB-7': rule('S', 'What the broker did not accept is sent again unchanged, unless no retry could help.'),
  'PUB-8': rule('D', 'Publishes stay within the limits on number and size.'),
  'PUB-9': rule('D', 'The outbox is bounded and in order, and a report that it cannot keep is told by name.'),
  'PUB-10': rule('S', 'A command report tells what is physically so, and does not change what is desired.'),
  'PUB-11': rule(
    'S P',
    'A value that changed unreported while offline is reported as a new event after the reconnect.',
  ),
  'ACK-1': rule('S', 'An acknowledgement finds its report by the message id.'),
  'ACK-2': rule('S', 'Accepted and replayed reports are done.'),
  'ACK-3': rule(
    'S',
    'Any other status is tried again only if it says retryable; else the report has failed.',
  ),
  'ACK-4': rule('D', 'An acknowledgement that is early, doubled or unknown does no harm.'),
  'ACK-5': rule('D', 'A report without an acknowledgement in time is sent again, with backoff.'),
  'ACK-6': rule('D', 'An acknowledgement that cannot be read leaves its report pending and is told.'),
  'ACK-7': rule('S D', 'A device that may read no acknowledgements calls a report unconfirmed, never done.'),
  'DES-1': rule('S', 'A desired state has an id, a value, a window, an expiry and a sequence number.'),
  'DES-2': rule(
    'S',
    "A command's window runs from its receipt on the monotonic clock; the expiry alone ends nothing.",
  ),
  'DES-3': rule('S P', 'A command that is older than the newest accepted one of its route is not executed.'),
  'DES-4': rule(
    'D',
    'A command that comes twice runs once, and its outcome is reported again with the same id.',
  ),
  'DES-5': rule('S', 'A command whose window ended before its start is not executed but reported stale.'),
  'DES-6': rule('S', 'A command that the host refuses is reported rejected, with the value as it is.'),
  'DES-7': rule('S', 'A command that ran is reported with the value that came of it.'),
  'DES-8': rule('D', 'A route runs one command at a time, and keeps only the newest of those that wait.'),
  'DES-9': rule(
    'D',
    'What a route remembers survives a restart if the host stores it; else the host is warned once.',
  ),
  'DES-10': rule('D', 'A malformed command is never executed, and is rejected if its id can be read.'),
  'DES-11': rule('D', 'No command starts while the device is locally safe.'),
  'DES-12': rule(
    'D',
    'A command that a restart interrupted is judged by the physical value, and not simply run again.',
  ),
  'REN-1': rule(
    'S',
    'The next tuple is fetched beside the working session, which it then replaces in good order.',
  ),
  'REN-2': rule('D', 'A renewal renews the Bearer token first if that is due.'),
  'REN-3': rule(
    'S',
    'A failing renewal is tried again while the tuple lasts; at its end the session closes.',
  ),
  'REN-4': rule('D', 'A renewal neither loses nor doubles a report.'),
  'REN-5': rule('D', 'Nothing is sent with a tuple that has expired.'),
  'REC-1': rule(
    'S',
    'A lost connection is made again with the same tuple first, and with a new one if that fails.',
  ),
  'REC-2': rule(
    'D',
    'Waits grow with random jitter, start afresh after stable time online, and heed Retry-After.',
  ),
  'REC-3': rule(
    'D',
    "The reason of the broker's DISCONNECT decides what comes next; a takeover is not fought.",
  ),
  'REC-4': rule('D', 'Between two attempts of a kind there is always a timer.'),
  'SAFE-1': rule('S', 'The host is told to be safe when cloud authority is lost, and when it is back.'),
  'SAFE-2': rule('D', 'Reports are taken and kept while the device is safe or offline.'),
  'SAFE-3': rule('D', 'A short disconnect is offline, and becomes safe only when authority itself is lost.'),
  'STOP-1': rule('S', 'A stop starts nothing new, disconnects, revokes, and ends in bounded time.'),
  'STOP-2': rule('D', 'A compromise stops at once and forgets every secret.'),
  'CORE-1': rule('D', 'The machine does no I/O and has no clock or chance of its own.'),
  'CORE-2': rule('D', 'The same snapshot and event always give the same result.'),
  'CORE-3': rule('D', 'Every event is handled or ignored aloud in every state, and none throws.'),
  'CORE-4': rule('D', 'An answer to something that is over changes nothing.'),
  'CORE-5': rule('D', 'Everything that grows has a bound.'),
  'CORE-6': rule('D', 'A snapshot is JSON without secrets, and resumes elsewhere.'),
  'CORE-7': rule('D', 'A well-behaved cloud always leads back to online.'),
}

function rule(sources: string, sentence: string): Rule {
  return { sources, sentence }
}
