import type { Meshlet } from '../../src/meshlet/meshlet.ts'
import { CommuneError } from '../../src/model/errors.ts'
import type { Did } from '../../src/model/records.ts'
import { sleep, type Clock } from '../../src/ports/clock.ts'
import type { HeartbeatInput, HeartbeatOutput, Peers } from '../../src/ports/peers.ts'
import { mayCall } from '../../src/xrpc/access.ts'

export interface VirtualNetworkOptions {
  readonly clock: Clock
  readonly nextDelayMs: () => number
  /** The program that answers for a machine; undefined while none runs. */
  readonly meshletOf: (did: Did) => Meshlet | undefined
  /** Whether the program of a machine takes connections and says nothing. */
  readonly isFrozen: (did: Did) => boolean
}

/** Calls between meshlets, and the records that they read: both can be cut, one way or both. */
export class VirtualNetwork {
  readonly #options: VirtualNetworkOptions
  readonly #cutCalls = new Set<string>()
  readonly #cutReads = new Set<string>()
  /** Whether this packet is lost; asked for each. */
  isLost: () => boolean = () => false
  /** Calls take so many times as long. */
  delayFactor = 1
  /** Calls arrive, but what they tell of repos that moved on is gone. */
  losesHints = false
  /** How many calls were made, and how many of them to tell of repos that moved on. */
  calls = 0
  callsWithHints = 0

  constructor(options: VirtualNetworkOptions) {
    this.#options = options
  }

  /** From now on packets of one machine to the other are lost. */
  cutCalls(from: Did, to: Did): void {
    this.#cutCalls.add(`${from} ${to}`)
  }

  /** From now on this machine does not reach the PDS of that repo. */
  cutReads(reader: Did, repo: Did): void {
    this.#cutReads.add(`${reader} ${repo}`)
  }

  heal(): void {
    this.#cutCalls.clear()
    this.#cutReads.clear()
    this.isLost = () => false
    this.delayFactor = 1
    this.losesHints = false
  }

  canRead(reader: Did, repo: Did): boolean {
    return !this.#cutReads.has(`${reader} ${repo}`)
  }

  /** The network as one machine sees it. */
  peersOf(self: Did): Peers {
    return {
      heartbeat: (peer, body, signal) => this.#call(self, peer.did, body, signal),
    }
  }

  async #call(
    from: Did,
    to: Did,
    body: HeartbeatInput,
    signal: AbortSignal | undefined,
  ): Promise<HeartbeatOutput> {
    this.calls++
    if (body.hints) this.callsWithHints++
    await this.#travel(from, to, signal)
    if (this.#options.isFrozen(to)) await aborted(signal)
    const meshlet = this.#options.meshletOf(to)
    if (!meshlet) throw new CommuneError('unreachable', 'Connection refused.', { retry: true })
    if (!mayCall('heartbeat', meshlet.rolesOf(from) ?? []))
      throw new CommuneError('unauthorized', 'This caller is not known here.')
    const { hints, ...withoutHints } = body
    const answer = meshlet.heartbeats.receive(
      from,
      this.losesHints || !hints ? withoutHints : { ...withoutHints, hints },
    )
    await this.#travel(to, from, signal)
    return answer
  }

  /** Lost packets say nothing: the caller has to give up by itself. */
  async #travel(from: Did, to: Did, signal: AbortSignal | undefined): Promise<void> {
    const { clock, nextDelayMs } = this.#options
    if (this.#cutCalls.has(`${from} ${to}`) || this.isLost()) await aborted(signal)
    await sleep(clock, nextDelayMs() * this.delayFactor, signal)
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
