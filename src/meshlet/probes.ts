import { formatDuration } from '../model/duration.ts'
import { messageOf } from '../model/errors.ts'
import { PROBE_DEFAULTS } from '../model/probe-defaults.ts'
import type { Healthcheck } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine, EngineContainer, ProbeResult } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'

/** A record may come from anybody: nobody's machine is made to ask more often than this. */
const INTERVAL_MS_MIN = 500
/** What the engine may take beside the probe's own time before it counts as failed, too. */
const ENGINE_MS_MAX = 60_000
/** Until the first success the container is asked this often, so that a start is seen soon. */
const STARTING_INTERVAL_MS = 500

/** A container as far as it is probed: started again, it is asked anew. */
export type Probed = Pick<EngineContainer, 'id' | 'startedAtMs'>

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
  /** When the container says that it started, on the wall clock of the engine. */
  readonly ofStartMs: number | undefined
  readonly startedAtMs: number
  readonly stop: AbortController
  cancelNext: (() => void) | undefined
  health: Health
  failures: number
  message: string | undefined
}

/** Asks containers how they are, by one kind of probe. */
export class Probes implements Disposable {
  readonly #options: ProbesOptions
  readonly #probes = new Map<string, Probe>()
  /** Containers that are being probed, by workload. */
  readonly #byWorkload = new Map<string, ReadonlySet<string>>()

  constructor(options: ProbesOptions) {
    this.#options = options
  }

  /** Probes exactly these containers of the workload from now on. */
  watch(uri: string, check: Healthcheck | undefined, containers: readonly Probed[]): void {
    const wanted = new Set(check ? containers.map(({ id }) => id) : [])
    for (const id of this.#byWorkload.get(uri) ?? []) if (!wanted.has(id)) this.#end(id)
    if (wanted.size > 0) this.#byWorkload.set(uri, wanted)
    else this.#byWorkload.delete(uri)
    if (!check) return
    for (const container of containers) {
      const known = this.#probes.get(container.id)
      if (known && known.ofStartMs !== container.startedAtMs) this.#end(container.id)
      if (!this.#probes.has(container.id)) this.#begin(container, uri, check)
    }
  }

  /** What is known of a container that is being probed, since that start, and why it is unhealthy. */
  healthOf(
    containerId: string,
    startedAtMs?: number,
  ): { readonly health: Health; readonly message?: string } | undefined {
    const probe = this.#probes.get(containerId)
    if (!probe || (startedAtMs ?? probe.ofStartMs) !== probe.ofStartMs) return undefined
    return {
      health: probe.health,
      ...(probe.message === undefined ? {} : { message: probe.message }),
    }
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#probes.keys()]) this.#end(id)
  }

  #begin({ id, startedAtMs: ofStartMs }: Probed, uri: string, check: Healthcheck): void {
    const startedAtMs = this.#options.clock.monotonicMs()
    const stop = new AbortController()
    const probe: Probe = {
      uri,
      check,
      ofStartMs,
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
    const result = await this.#inTime(id, probe)
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
    const intervalMs = intervalOf(probe)
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
      ageMs < (probe.check.startPeriodMs ?? PROBE_DEFAULTS.startPeriodMs)
    )
      return
    probe.failures++
    probe.message = result.message
    const retries = probe.check.retries ?? PROBE_DEFAULTS.retries
    const graceMs = retries * intervalOf(probe)
    const exhausted = probe.failures >= retries
    if (probe.health === 'healthy' ? exhausted : exhausted && ageMs >= graceMs)
      probe.health = 'unhealthy'
  }

  /** An engine that never comes back is an answer as well, else the container is never asked again. */
  async #inTime(id: string, probe: Probe): Promise<ProbeResult> {
    const limitMs = timeoutOf(probe) + ENGINE_MS_MAX
    let cancel = () => {}
    const late = new Promise<ProbeResult>((resolve) => {
      const message = `the engine did not answer within ${formatDuration(limitMs)}`
      cancel = this.#options.clock.schedule(limitMs, () => resolve({ ok: false, message }))
    })
    try {
      return await Promise.race([this.#result(id, probe), late])
    } finally {
      cancel()
    }
  }

  async #result(id: string, probe: Probe): Promise<ProbeResult> {
    const { engine } = this.#options
    const { http, tcp, exec } = probe.check
    const timeoutMs = timeoutOf(probe)
    const signal = probe.stop.signal
    try {
      if (exec) {
        const { exitCode, output } = await engine.exec(id, exec.command, { timeoutMs, signal })
        if (exitCode === 0) return { ok: true }
        const why =
          exitCode === undefined
            ? `no answer in ${formatDuration(timeoutMs)}`
            : `exit code ${exitCode}`
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

function intervalOf({ check }: Probe): number {
  return Math.max(INTERVAL_MS_MIN, check.intervalMs ?? PROBE_DEFAULTS.intervalMs)
}

function timeoutOf({ check }: Probe): number {
  return check.timeoutMs ?? PROBE_DEFAULTS.timeoutMs
}
