import { registerHooks } from 'node:module'
import { mutate, type Mutant } from '../../test/simulation/mutants/mutant.ts'

const TOP = new URL('../../', import.meta.url)

/** From now on this thread loads the mutant's file with the change in it. */
export function loadMutant(mutant: Mutant): void {
  const target = new URL(mutant.file, TOP).href
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (url !== target) return loaded
      return { ...loaded, source: mutate(mutant, textOf(loaded.source)) }
    },
  })
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | null | undefined): string {
  if (typeof source === 'string') return source
  return new TextDecoder().decode(source ?? undefined)
}
