import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'

/**
 * The stream that MQTT.js is given in place of the socket. What MQTT.js writes goes to the socket. What the server sends
 * comes in by `deliver`, a whole packet a call, and MQTT.js has handled it when the call returns: so what it throws can be
 * caught, and a packet that it must not see is kept from it.
 */
export class MqttjsStream extends Duplex {
  readonly #socket: TLSSocket
  #parser: NodeJS.WritableStream | null = null

  constructor(socket: TLSSocket) {
    super()
    this.#socket = socket
  }

  /** Throws whatever MQTT.js, or a listener of its events, throws. */
  deliver(packet: Buffer): void {
    this.#parser?.write(packet)
  }

  /** MQTT.js pipes its stream into its parser: that is all the reading there is. */
  override pipe<Parser extends NodeJS.WritableStream>(parser: Parser): Parser {
    this.#parser = parser
    return parser
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(chunk, () => done())
  }

  /** A packet of MQTT.js is many small chunks, which leave as one. */
  override _writev(chunks: { readonly chunk: Buffer }[], done: () => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), () => done())
  }

  override _final(done: () => void): void {
    this.#socket.end(() => done())
  }

  override _destroy(_error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    done(null)
  }
}
