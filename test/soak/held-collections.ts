import { setImmediate } from 'node:timers/promises'
import { collectGarbage } from './collect-garbage.ts'

/** What maps and sets hold that are still held, by the place of the code that made them. */
export interface Watch extends Disposable {
  /** Entries by place, after garbage was collected; only code of `src` counts. */
  held(): Promise<ReadonlyMap<string, number>>
}

const PLACE = /\/(src\/[^:)]+:\d+)/

/**
 * Watches every map and set that is made from now on, for as long as somebody holds it. What a cache
 * keeps shows this way without that it offers a count for tests.
 */
export function watchCollections(): Watch {
  const known = new Set<WeakRef<Sized>>()
  const places = new WeakMap<Sized, string>()
  const note = (made: Sized) => {
    const place = placeOfCaller()
    if (place === undefined) return
    places.set(made, place)
    known.add(new WeakRef(made))
  }
  const { Map: PlainMap, Set: PlainSet } = globalThis
  class WatchedMap<K, V> extends PlainMap<K, V> {
    constructor(entries?: Iterable<readonly [K, V]> | null) {
      super(entries)
      note(this)
    }
  }
  class WatchedSet<T> extends PlainSet<T> {
    constructor(values?: Iterable<T> | null) {
      super(values)
      note(this)
    }
  }
  globalThis.Map = WatchedMap
  globalThis.Set = WatchedSet
  return {
    async held() {
      // What was looked at in this turn of the event loop stays until the next.
      await setImmediate()
      collectGarbage()
      const found = new PlainMap<string, number>()
      for (const reference of known) {
        const made = reference.deref()
        if (made === undefined) {
          known.delete(reference)
          continue
        }
        const place = places.get(made) ?? ''
        found.set(place, (found.get(place) ?? 0) + made.size)
      }
      return found
    },
    [Symbol.dispose]() {
      globalThis.Map = PlainMap
      globalThis.Set = PlainSet
    },
  }
}

interface Sized {
  readonly size: number
}

function placeOfCaller(): string | undefined {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 4
  const { stack = '' } = new Error('where')
  Error.stackTraceLimit = before
  // The constructors of this file come first.
  const [, , , , caller = ''] = stack.split('\n')
  return PLACE.exec(caller)?.[1]
}
