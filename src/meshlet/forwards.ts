import { sha256Hex } from '../model/hash.ts'
import { messageOf } from '../model/errors.ts'
import type { Endpoint, WorkloadRecord } from '../model/records.ts'
import type { Engine, Forward } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'

/** Ports on the machine's loopback that forwarders take: above the usual servers, below the ephemeral range. */
const PORT_FIRST = 20_000
const PORT_COUNT = 10_000

export interface ForwardsOptions {
  readonly engine: Engine
  readonly meshletDid: string
  readonly log: Log
}

interface Open {
  readonly containerId: string
  readonly forward: Forward
  readonly endpoint: Endpoint
}

/**
 * Makes every declared port of every running replica answer on this machine's loopback. The port
 * number follows from workload, replica and container port, so that it is the same after a restart;
 * when it is taken, the next free one is used.
 */
export class Forwards implements AsyncDisposable {
  readonly #options: ForwardsOptions
  readonly #open = new Map<string, Open>()

  constructor(options: ForwardsOptions) {
    this.#options = options
  }

  /** Opens and closes forwarders of one workload until they match what runs. */
  async apply(
    uri: string,
    workload: WorkloadRecord | undefined,
    running: ReadonlyMap<number, string>,
  ): Promise<void> {
    const ports = (workload?.ports ?? []).filter((port) => (port.protocol ?? 'tcp') === 'tcp')
    const wanted = new Map<string, { replica: number; containerId: string; port: (typeof ports)[number] }>()
    for (const [replica, containerId] of running)
      for (const port of ports) wanted.set(`${uri} ${replica} ${port.container}`, { replica, containerId, port })
    for (const [key, open] of this.#open) {
      if (!key.startsWith(`${uri} `)) continue
      if (wanted.get(key)?.containerId === open.containerId) continue
      this.#open.delete(key)
      await open.forward.close()
    }
    for (const [key, { containerId, port }] of wanted) {
      if (this.#open.has(key)) continue
      await this.#openOne(key, containerId, port)
    }
  }

  /** Where the ports of one replica answer. */
  endpoints(uri: string, replica: number): readonly Endpoint[] {
    const prefix = `${uri} ${replica} `
    return [...this.#open]
      .filter(([key]) => key.startsWith(prefix))
      .map(([, open]) => open.endpoint)
      .toSorted((a, b) => (a.container ?? 0) - (b.container ?? 0))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ forward }) => forward.close()))
    this.#open.clear()
  }

  async #openOne(
    key: string,
    containerId: string,
    port: { readonly container: number; readonly name?: string | undefined },
  ): Promise<void> {
    const { engine, meshletDid, log } = this.#options
    const preferred = PORT_FIRST + (Number.parseInt(sha256Hex(`${meshletDid} ${key}`).slice(0, 8), 16) % PORT_COUNT)
    try {
      const forward = await engine.forward({ containerId, port: port.container, preferredPort: preferred })
      const endpoint: Endpoint = {
        container: port.container,
        address: `127.0.0.1:${forward.port}`,
        ...(port.name === undefined ? {} : { name: port.name }),
      }
      this.#open.set(key, { containerId, forward, endpoint })
    } catch (error) {
      log.warn('could not forward a port', { key, error: messageOf(error) })
    }
  }
}
