/**
 * What came of one look at a key.
 * - `done`: the world is as desired, nothing to do until something changes.
 * - `again`: look again after this time, although nothing may have changed.
 * - `retry`: something failed; look again after a backoff that grows with each failure.
 * - `stalled`: nothing that this machine can do will help; wait for a change.
 */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'retry'; readonly message: string; readonly afterMs?: number }
  | { readonly kind: 'stalled'; readonly message: string }

/** Of two reasons to look again, the sooner one; undefined means no reason. */
export function sooner(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
