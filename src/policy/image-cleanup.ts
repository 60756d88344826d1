/** An image that may be removed, as far as nothing needs it. */
export interface CleanableImage {
  readonly reference: string
  readonly sizeBytes: number
  /** Milliseconds since 1970. */
  readonly usedAtMs: number
}

export interface CleanupInput {
  readonly images: readonly CleanableImage[]
  readonly isNeeded: (reference: string) => boolean
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** For how long an image is kept that nothing uses, milliseconds. */
  readonly keepMs: number
  /** How much room is to be made, whatever their age; 0 when there is enough. */
  readonly spaceBytes: number
}

export interface Removal {
  readonly reference: string
  readonly why: 'age' | 'space'
}

/** Whoever is about to start it has at least so long, milliseconds. */
export const IDLE_MS_MIN = 10 * 60_000

/**
 * Which images to remove, in this order: what nothing has used for long, and, where there is too little
 * room, of the rest what was used longest ago, until there is enough. Never what is needed.
 */
export function chooseRemovals(input: CleanupInput): readonly Removal[] {
  const { images, isNeeded, nowMs, keepMs, spaceBytes } = input
  const idle = images
    .filter(({ reference, usedAtMs }) => !isNeeded(reference) && nowMs - usedAtMs >= IDLE_MS_MIN)
    .toSorted((a, b) => a.usedAtMs - b.usedAtMs || (a.reference < b.reference ? -1 : 1))
  const removals: Removal[] = []
  let leftBytes = spaceBytes
  for (const { reference, sizeBytes, usedAtMs } of idle) {
    const isOld = nowMs - usedAtMs >= keepMs
    if (!isOld && leftBytes <= 0) break
    removals.push({ reference, why: isOld ? 'age' : 'space' })
    leftBytes -= sizeBytes
  }
  return removals
}

/** Room to make so that no more than this share of the disk is taken, in bytes. */
export function spaceToMake(
  disk: { readonly freeBytes: number; readonly totalBytes: number },
  fullShare: number,
): number {
  const takenBytes = disk.totalBytes - disk.freeBytes
  return Math.max(0, takenBytes - Math.floor(disk.totalBytes * fullShare))
}
