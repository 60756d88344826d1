import { EGRESS_LABEL } from '../model/egress.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { MeshletStatusRecord, Resources } from '../model/records.ts'
import type { Amount } from '../model/request.ts'
import { GVISOR, RUNTIME_LABEL } from '../model/runtime.ts'
import type { EngineInfo } from '../ports/engine.ts'
import type { MeshletConfig } from './config.ts'
import type { OwnRecords } from './own-records.ts'

export interface MachineFactsOptions {
  readonly config: MeshletConfig
  readonly own: Pick<OwnRecords, 'get'>
  /** What the engine says of the machine; undefined until it first answered. */
  readonly engineInfo: () => EngineInfo | undefined
  /** Whether workloads with a way to the internet may run here. */
  readonly offersInternet: () => boolean
}

/** Share of the engine's memory that is offered when the owner names no amount. */
const MEMORY_OFFERED = 0.75
/** Labels that follow from the engine. */
const ENGINE_LABELS = ['arch', 'os'] as const

/**
 * What this machine offers, and the labels that constraints are matched against. A part of it is the
 * engine's to say. A program that starts while its engine is down goes by what the machine published
 * before: forgetting it would take back every promise at once.
 */
export class MachineFacts {
  readonly #options: MachineFactsOptions

  constructor(options: MachineFactsOptions) {
    this.#options = options
  }

  /** Whether the engine said so, now or in an earlier run. */
  get isKnown(): boolean {
    return this.#engineLabels().length === ENGINE_LABELS.length
  }

  /** What the owner offers; parts that she left open follow from the engine. */
  capacity(): Amount {
    const { offer } = this.#options.config
    const found = this.#found()
    return {
      cpuMilli: offer.cpuMilli ?? found?.cpuMilli ?? 0,
      memoryBytes: offer.memoryBytes ?? found?.memoryBytes ?? 0,
      storageBytes: offer.storageBytes ?? 0,
    }
  }

  labels(): Readonly<Record<string, string>> {
    return {
      ...Object.fromEntries(this.#engineLabels()),
      ...this.#ownLabels(),
      ...(this.#hasGvisor() ? { [RUNTIME_LABEL]: GVISOR } : {}),
    }
  }

  /** What is for the machine to find out nobody claims. */
  #ownLabels(): Readonly<Record<string, string>> {
    const { config, offersInternet } = this.#options
    const { [EGRESS_LABEL]: _, ...labels } = config.labels
    return offersInternet() ? { ...labels, [EGRESS_LABEL]: 'internet' } : labels
  }

  #hasGvisor(): boolean {
    const info = this.#options.engineInfo()
    if (info) return info.gvisor !== undefined
    const published = this.#published()?.labels ?? []
    return published.some(({ name, value }) => name === RUNTIME_LABEL && value === GVISOR)
  }

  #found(): Resources | undefined {
    const info = this.#options.engineInfo()
    if (!info) return this.#published()?.capacity
    const memoryBytes = Math.floor(info.memoryBytes * MEMORY_OFFERED)
    return { cpuMilli: info.cpus * 1000, memoryBytes }
  }

  #engineLabels(): readonly (readonly [name: string, value: string])[] {
    const info = this.#options.engineInfo()
    if (info)
      return [
        ['arch', info.architecture],
        ['os', info.os],
      ]
    const published = new Map(this.#published()?.labels?.map(({ name, value }) => [name, value]))
    return ENGINE_LABELS.flatMap((name) => {
      const value = published.get(name)
      return value === undefined ? [] : [[name, value] as const]
    })
  }

  #published(): MeshletStatusRecord | undefined {
    return this.#options.own.get<MeshletStatusRecord>(COLLECTION.meshletStatus, 'self')?.value
  }
}
