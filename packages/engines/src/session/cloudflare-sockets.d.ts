declare module 'cloudflare:sockets' {
  import type { ByteStreams } from '@realer-device/web'
  export function connect(
    address: { readonly hostname: string; readonly port: number },
    options: { readonly secureTransport: 'on'; readonly allowHalfOpen: boolean },
  ): ByteStreams
}
