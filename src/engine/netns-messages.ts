import type { Probe, ProbeResult } from '../ports/engine.ts'

/** A container as the network thread needs to know it. */
export interface NetnsTarget {
  readonly containerId: string
  /** Process id of the container's first process, as this machine counts. */
  readonly pid: number
  /** Its IPv4 addresses, tried when nothing listens on its loopback. */
  readonly addresses: readonly string[]
}

export interface ForwardRequest {
  readonly containerPort: number
  /** 0 takes any free port. */
  readonly preferredPort: number
}

/** One packet, or the beginning of one connection, that a container's own programs could send as well. */
export interface Attempt {
  readonly protocol: 'tcp' | 'udp'
  readonly address: string
  readonly port: number
  /** Past the routes, straight onto the wire: whatever answers there is asked. */
  readonly isDirect?: boolean
  /** What a UDP packet says. */
  readonly payload?: string
}

/** `refused` is an answer too: a packet arrived somewhere. Of UDP only the receiver can tell. */
export type AttemptOutcome = 'connected' | 'refused' | 'sent' | 'blocked'

/** What the main thread asks of the network thread. */
export type NetnsRequest =
  | { readonly kind: 'check' }
  | {
      readonly kind: 'forward'
      readonly forwardId: number
      readonly target: NetnsTarget
      readonly wanted: ForwardRequest
    }
  /** The container was started again, as another process in another namespace; undefined: it was not. */
  | { readonly kind: 'moved'; readonly forwardId: number; readonly target: NetnsTarget | undefined }
  /** New connections are to lead to another container. */
  | { readonly kind: 'move'; readonly forwardId: number; readonly target: NetnsTarget }
  | { readonly kind: 'close'; readonly forwardId: number }
  | {
      readonly kind: 'probe'
      readonly target: NetnsTarget
      readonly probe: Probe
      readonly timeoutMs: number
    }
  | {
      readonly kind: 'attempt'
      readonly target: NetnsTarget
      readonly attempts: readonly Attempt[]
      readonly timeoutMs: number
    }

export interface NetnsCall {
  readonly callId: number
  readonly request: NetnsRequest
}

/** Errors cross the thread's border as words: an instance would lose its class. */
export type NetnsReply =
  | { readonly callId: number; readonly kind: 'done' }
  | { readonly callId: number; readonly kind: 'listening'; readonly port: number }
  | { readonly callId: number; readonly kind: 'probed'; readonly result: ProbeResult }
  | {
      readonly callId: number
      readonly kind: 'attempted'
      readonly outcomes: readonly AttemptOutcome[]
    }
  | {
      readonly callId: number
      readonly kind: 'failed'
      readonly code: 'unsupported' | 'not-found' | 'io'
      readonly message: string
    }

/** What the network thread asks of the main thread: where is the container of this forward now? */
export interface NetnsQuestion {
  readonly kind: 'where'
  readonly forwardId: number
}
