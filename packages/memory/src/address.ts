/** Host and port as `host:port`; null for what is no address of a broker (AUTH-1). */
export function addressOf(url: string): string | null {
  const match = /^mqtts:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?\/?$/i.exec(url)
  const [, host, digits = '8883'] = match ?? []
  const port = Number(digits)
  return host === undefined || port < 1 || port > 65_535 ? null : `${host.toLowerCase()}:${port}`
}
