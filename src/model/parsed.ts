/**
 * The answer of every parser of text that people write: a value, or what should have stood there.
 * `expected` completes the sentence “expected …” and never ends in a full stop.
 */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly expected: string }

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

export function notParsed(expected: string): { readonly ok: false; readonly expected: string } {
  return { ok: false, expected }
}
