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
  /** By workload, then by replica and port. */
  readonly #open = new Map<string, Map<string, Open>>()
  /** Workloads of which a port could not be opened; each look at them tries again. */
  readonly #incomplete = new Set<string>()

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
    const wanted = new Map<
      string,
      { replica: number; containerId: string; port: (typeof ports)[number] }
    >()
    for (const [replica, containerId] of running)
      for (const port of ports)
        wanted.set(`${replica} ${port.container}`, { replica, containerId, port })
    const here = this.#open.get(uri) ?? new Map<string, Open>()
    for (const [key, open] of here) {
      const { containerId } = wanted.get(key) ?? {}
      if (containerId === open.containerId) continue
      if (containerId !== undefined && (await this.#move(open, containerId))) {
        here.set(key, { ...open, containerId })
        continue
      }
      here.delete(key)
      await open.forward.close()
    }
    for (const [key, { containerId, port }] of wanted) {
      if (here.has(key)) continue
      const open = await this.#openOne(`${uri} ${key}`, containerId, port)
      if (open) here.set(key, open)
    }
    if (here.size > 0) this.#open.set(uri, here)
    else this.#open.delete(uri)
    if (here.size < wanted.size) this.#incomplete.add(uri)
    else this.#incomplete.delete(uri)
  }

  /** Whether every port that was wanted at the last look is open. */
  isWhole(uri: string): boolean {
    return !this.#incomplete.has(uri)
  }

  /** Where the ports of one replica answer. */
  endpoints(uri: string, replica: number): readonly Endpoint[] {
    const prefix = `${replica} `
    return [...(this.#open.get(uri) ?? [])]
      .filter(([key]) => key.startsWith(prefix))
      .map(([, open]) => open.endpoint)
      .toSorted((a, b) => (a.container ?? 0) - (b.container ?? 0))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#open.values()].flatMap((here) => [...here.values()])
    await Promise.all(open.map(({ forward }) => forward.close()))
    this.#open.clear()
  }

  /** Nobody who calls is to notice that one container follows another: the port stays open. */
  async #move({ forward }: Open, containerId: string): Promise<boolean> {
    try {
      await forward.moveTo(containerId)
      return true
    } catch (error) {
      const { log } = this.#options
      log.debug('a port could not be moved, and is opened anew', { error: messageOf(error) })
      return false
    }
  }

  async #openOne(
    key: string,
    containerId: string,
    port: { readonly container: number; readonly name?: string | undefined },
  ): Promise<Open | undefined> {
    const { engine, meshletDid, log } = this.#options
    const preferred =
      PORT_FIRST + (Number.parseInt(sha256Hex(`${meshletDid} ${key}`).slice(0, 8), 16) % PORT_COUNT)
    try {
      const forward = await engine.forward({
        containerId,
        port: port.container,
        preferredPort: preferred,
      })
      const endpoint: Endpoint = {
        container: port.container,
        address: `127.0.0.1:${forward.port}`,
        ...(port.name === undefined ? {} : { name: port.name }),
      }
      return { containerId, forward, endpoint }
    } catch (error) {
      log.warn('could not forward a port', { key, error: messageOf(error) })
      return undefined
    }
  }
}
