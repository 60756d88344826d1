import { messageOf } from '../model/errors.ts'
import type { Healthcheck } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine, ProbeResult } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'

/** Compose's defaults. */
const DEFAULTS = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startPeriodMs: 0 }
/** Until the first success the container is asked this often, so that a start is seen soon. */
const STARTING_INTERVAL_MS = 500

export type Health = 'starting' | 'healthy' | 'unhealthy'

export interface ProbesOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly log: Log
  /** The health of a container of this workload changed. */
  readonly onChange: (uri: string) => void
}

interface Probe {
  readonly uri: string
  readonly check: Healthcheck
  readonly startedAtMs: number
  readonly stop: AbortController
  cancelNext: (() => void) | undefined
  health: Health
  failures: number
  message: string | undefined
}

/** Asks the containers that have a health check how they are. */
export class Probes implements Disposable {
  readonly #options: ProbesOptions
  readonly #probes = new Map<string, Probe>()
  /** Containers that are being probed, by workload. */
  readonly #byWorkload = new Map<string, ReadonlySet<string>>()

  constructor(options: ProbesOptions) {
    this.#options = options
  }

  /** Probes exactly these containers of the workload from now on. */
  watch(uri: string, check: Healthcheck | undefined, containerIds: readonly string[]): void {
    const wanted = new Set(check ? containerIds : [])
    for (const id of this.#byWorkload.get(uri) ?? []) if (!wanted.has(id)) this.#end(id)
    if (wanted.size > 0) this.#byWorkload.set(uri, wanted)
    else this.#byWorkload.delete(uri)
    if (!check) return
    for (const id of wanted) if (!this.#probes.has(id)) this.#begin(id, uri, check)
  }

  /** What is known of a container that is being probed, and why it is unhealthy. */
  healthOf(
    containerId: string,
  ): { readonly health: Health; readonly message?: string } | undefined {
    const probe = this.#probes.get(containerId)
    if (!probe) return undefined
    return {
      health: probe.health,
      ...(probe.message === undefined ? {} : { message: probe.message }),
    }
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#probes.keys()]) this.#end(id)
  }

  #begin(id: string, uri: string, check: Healthcheck): void {
    const startedAtMs = this.#options.clock.monotonicMs()
    const stop = new AbortController()
    const probe: Probe = {
      uri,
      check,
      startedAtMs,
      stop,
      cancelNext: undefined,
      health: 'starting',
      failures: 0,
      message: undefined,
    }
    this.#probes.set(id, probe)
    void this.#ask(id, probe)
  }

  #end(id: string): void {
    const probe = this.#probes.get(id)
    probe?.stop.abort(new Error('no longer probed'))
    probe?.cancelNext?.()
    this.#probes.delete(id)
  }

  async #ask(id: string, probe: Probe): Promise<void> {
    const result = await this.#result(id, probe)
    if (probe.stop.signal.aborted) return
    const before = probe.health
    this.#learn(probe, result)
    if (probe.health !== before) {
      this.#options.log.info('the health of a container changed', {
        workload: probe.uri,
        container: id.slice(0, 12),
        health: probe.health,
        reason: probe.message,
      })
      this.#options.onChange(probe.uri)
    }
    const intervalMs = probe.check.intervalMs ?? DEFAULTS.intervalMs
    const delayMs =
      probe.health === 'starting' ? Math.min(STARTING_INTERVAL_MS, intervalMs) : intervalMs
    probe.cancelNext = this.#options.clock.schedule(delayMs, () => void this.#ask(id, probe))
  }

  #learn(probe: Probe, result: ProbeResult): void {
    if (result.ok) {
      probe.failures = 0
      probe.health = 'healthy'
      probe.message = undefined
      return
    }
    const ageMs = this.#options.clock.monotonicMs() - probe.startedAtMs
    if (
      probe.health === 'starting' &&
      ageMs < (probe.check.startPeriodMs ?? DEFAULTS.startPeriodMs)
    )
      return
    probe.failures++
    probe.message = result.message
    const graceMs =
      (probe.check.retries ?? DEFAULTS.retries) * (probe.check.intervalMs ?? DEFAULTS.intervalMs)
    const exhausted = probe.failures >= (probe.check.retries ?? DEFAULTS.retries)
    if (probe.health === 'healthy' ? exhausted : exhausted && ageMs >= graceMs)
      probe.health = 'unhealthy'
  }

  async #result(id: string, probe: Probe): Promise<ProbeResult> {
    const { engine } = this.#options
    const { http, tcp, exec } = probe.check
    const timeoutMs = probe.check.timeoutMs ?? DEFAULTS.timeoutMs
    const signal = probe.stop.signal
    try {
      if (exec) {
        const { exitCode, output } = await engine.exec(id, exec.command, { timeoutMs, signal })
        if (exitCode === 0) return { ok: true }
        const why =
          exitCode === undefined ? `no answer in ${timeoutMs} ms` : `exit code ${exitCode}`
        return { ok: false, message: `${why}: ${output.slice(0, 200)}` }
      }
      if (http)
        return await engine.probe(
          id,
          { kind: 'http', port: http.port, path: http.path ?? '/' },
          timeoutMs,
          signal,
        )
      if (tcp) return await engine.probe(id, { kind: 'tcp', port: tcp.port }, timeoutMs, signal)
      return { ok: true }
    } catch (error) {
      return { ok: false, message: messageOf(error) }
    }
  }
}
