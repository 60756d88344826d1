import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { BookedImage, Settings } from './settings.ts'

export interface ImageBookOptions {
  readonly settings: Settings
  readonly clock: Pick<Clock, 'wallMs'>
}

/** Beyond this the one whose last use is longest ago is forgotten, and so never removed by us. */
const IMAGES_MAX = 1_000
/** That an image is used is written down again after so long: ages are days. */
const USE_MS = 60 * 60_000

/**
 * The images that this meshlet pulled, and for whom. Only what stands here is ever removed: what
 * somebody pulled by hand is hers. It is lost with the journal; then those images stay.
 */
export class ImageBook {
  readonly #options: ImageBookOptions
  readonly #images: Map<string, BookedImage>
  /** Last uses of any image, also of those that are not booked. */
  readonly #writtenUseMs = new Map<string, number>()

  constructor(options: ImageBookOptions) {
    this.#options = options
    this.#images = new Map(options.settings.images.map((image) => [image.reference, image]))
  }

  /** Sorted by reference. */
  get images(): readonly BookedImage[] {
    return [...this.#images.values()].toSorted((a, b) => (a.reference < b.reference ? -1 : 1))
  }

  /** It was not here before, and is now. */
  notePulled(reference: string, sizeBytes: number, owner: Did): void {
    const usedAtMs = this.#options.clock.wallMs()
    const owners = [...new Set([...(this.#images.get(reference)?.owners ?? []), owner])].toSorted()
    this.#images.set(reference, { reference, sizeBytes, usedAtMs, owners })
    this.#trim()
    this.#save()
  }

  /** Somebody needs it now; whose work that is, where it is known. */
  noteUsed(references: Iterable<string>, owner?: Did): void {
    const nowMs = this.#options.clock.wallMs()
    let isWorthSaving = false
    for (const reference of references) {
      const image = this.#images.get(reference)
      if (image === undefined) continue
      const isNewOwner = owner !== undefined && !image.owners.includes(owner)
      const owners = isNewOwner ? [...image.owners, owner].toSorted() : image.owners
      this.#images.set(reference, { ...image, owners, usedAtMs: nowMs })
      const writtenMs = this.#writtenUseMs.get(reference) ?? image.usedAtMs
      isWorthSaving ||= isNewOwner || Math.abs(nowMs - writtenMs) >= USE_MS
    }
    if (isWorthSaving) this.#save()
  }

  /** It is gone, or somebody else's now. */
  forget(reference: string): void {
    if (this.#images.delete(reference)) this.#save()
  }

  /** What the images for these owners take of the disk, as if none shared a layer with another. */
  heldBytes(isMeant: (owner: Did) => boolean): number {
    return this.images
      .filter(({ owners }) => owners.some((owner) => isMeant(owner)))
      .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  #trim(): void {
    const oldest = this.images.toSorted((a, b) => a.usedAtMs - b.usedAtMs)
    for (const { reference } of oldest.slice(0, Math.max(0, oldest.length - IMAGES_MAX)))
      this.#images.delete(reference)
  }

  #save(): void {
    const { images } = this
    for (const { reference, usedAtMs } of images) this.#writtenUseMs.set(reference, usedAtMs)
    for (const reference of this.#writtenUseMs.keys())
      if (!this.#images.has(reference)) this.#writtenUseMs.delete(reference)
    this.#options.settings.saveImages(images)
  }
}
