/** Longer words are not compared. */
const WORD_LENGTH_MAX = 40

/** The candidate that somebody probably meant, or undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length === 0 || word.length > WORD_LENGTH_MAX) return undefined
  const plain = normalize(word)
  const same = candidates.find((candidate) => normalize(candidate) === plain)
  if (same !== undefined) return same
  const limit = Math.max(1, Math.floor(plain.length / 3))
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain, normalize(candidate)) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance)
  return ranked[0]?.candidate
}

/** `stop_grace_period`, `stop-grace-period` and `StopGracePeriod` are one word. */
function normalize(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, '')
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1]
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwap ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      )
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}
