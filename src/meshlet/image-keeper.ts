import { messageOf } from '../model/errors.ts'
import { formatDuration } from '../model/duration.ts'
import { formatRoughBytes } from '../model/quantity.ts'
import type { Did } from '../model/records.ts'
import { chooseRemovals, spaceToMake, type Removal } from '../policy/image-cleanup.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Outcome } from '../reconcile/outcome.ts'
import type { Chronicle } from './chronicle.ts'
import type { ImageCare } from './config.ts'
import type { ImageBook } from './image-book.ts'
import type { NeededImages } from './needed-images.ts'
import type { BookedImage } from './settings.ts'

export interface ImageKeeperOptions {
  readonly engine: Engine
  readonly book: ImageBook
  readonly care: ImageCare
  /** What must stay; undefined while nobody knows what runs here. */
  readonly needed: () => Promise<NeededImages | undefined>
  readonly chronicle: Pick<Chronicle, 'note'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** How often it is looked what is needed no more. */
export const IMAGE_LOOK_MS = 10 * 60_000

/** Removes images that this meshlet pulled and that nothing needs, by age and when room is short. */
export class ImageKeeper {
  readonly #options: ImageKeeperOptions
  readonly #removing = new Map<string, Promise<void>>()

  constructor(options: ImageKeeperOptions) {
    this.#options = options
  }

  async look(): Promise<Outcome> {
    const { engine, book, care } = this.#options
    if (book.images.length > 0) {
      const disk = await engine.diskSpace().catch(() => undefined)
      await this.#remove({
        keepMs: care.keepMs,
        spaceBytes: disk === undefined ? 0 : spaceToMake(disk, care.fullShare),
        isMeant: () => true,
      })
    }
    return { kind: 'again', afterMs: IMAGE_LOOK_MS }
  }

  /** Removes what nothing needs of what was pulled for these owners, until so much is free. */
  async makeRoom(spaceBytes: number, isMeant: (owner: Did) => boolean): Promise<void> {
    await this.#remove({ keepMs: Infinity, spaceBytes, isMeant })
  }

  /** Whoever looks whether an image is here waits until its removal, if it is under way, has ended. */
  removalOf(reference: string): Promise<void> | undefined {
    return this.#removing.get(reference)
  }

  async #remove(options: {
    readonly keepMs: number
    readonly spaceBytes: number
    readonly isMeant: (owner: Did) => boolean
  }): Promise<void> {
    const { book, needed, clock } = this.#options
    const { keepMs, spaceBytes, isMeant } = options
    const keep = await needed()
    if (keep === undefined) return
    book.noteUsed(keep.references)
    const images = book.images.filter(
      ({ owners }) =>
        owners.every(isMeant) && !owners.some((owner) => keep.unreadOwners.has(owner)),
    )
    const removals = chooseRemovals({
      images,
      isNeeded: (reference) => keep.references.has(reference) || this.#removing.has(reference),
      nowMs: clock.wallMs(),
      keepMs,
      spaceBytes,
    })
    for (const removal of removals) await this.#removeOne(removal, images)
  }

  async #removeOne(removal: Removal, images: readonly BookedImage[]): Promise<void> {
    const { reference } = removal
    const image = images.find((one) => one.reference === reference)
    // It may have been asked for since.
    const isUntouched = this.#options.book.images.some(
      (one) => one.reference === reference && one.usedAtMs === image?.usedAtMs,
    )
    if (image === undefined || !isUntouched) return
    const removing = this.#takeAway(removal, image)
    this.#removing.set(reference, removing)
    await removing
    this.#removing.delete(reference)
  }

  async #takeAway({ reference, why }: Removal, image: BookedImage): Promise<void> {
    const { engine, book, log, chronicle, metrics, clock } = this.#options
    try {
      const found = await engine.inspectImage(reference)
      if (found?.isTagged === true)
        log.info('an image has a name now, and is somebody’s own', { image: reference })
      else if (found !== undefined) {
        await engine.removeImage(reference)
        const idleMs = clock.wallMs() - image.usedAtMs
        const reason = reasonOf(why, image, idleMs)
        log.info('removed an image', { image: reference, reason })
        chronicle.note('image-removed', { reason: `${reference}: ${reason}` })
        metrics.count('imagesRemoved', { reason: why })
      }
      book.forget(reference)
    } catch (error) {
      // Somebody else's container may use it, which is use as well.
      log.info('an image stays', { image: reference, error: messageOf(error) })
      book.noteUsed([reference])
    }
  }
}

function reasonOf(why: Removal['why'], { sizeBytes }: BookedImage, idleMs: number): string {
  const idle = formatDuration(Math.round(idleMs / 60_000) * 60_000)
  const size = formatRoughBytes(sizeBytes)
  if (why === 'age') return `nothing has used it for ${idle}; it took ${size}`
  return `room was short, and nothing has used it for ${idle}; it took ${size}`
}
