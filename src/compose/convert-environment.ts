import { looksSecret } from '../spec/check-env.ts'
import { pairsOf, textOf, type ComposeMap } from './compose-value.ts'
import type { Variables } from './interpolate.ts'
import { lost, mend, type Converted, type Note } from './note.ts'

/** Variables, without those that nobody else may see: everybody can read the records. */
export function convertEnvironment(service: ComposeMap, variables: Variables): Converted {
  const env: Record<string, string> = {}
  const notes: Note[] = []
  for (const [name, given] of Object.entries(pairsOf(service['environment']))) {
    const path = ['environment', name]
    const value = given === null ? variables.get(name) : textOf(given)
    if (value === undefined) {
      const why =
        given === null
          ? 'its value comes from the shell; write it, or set it in .env'
          : 'it is no text'
      notes.push(lost(path, why))
    } else if (looksSecret(name, value)) {
      const why = 'it looks like a secret, which everybody could read here; see secrets'
      notes.push(mend(path, why))
    } else {
      env[name] = value
    }
  }
  return { fields: Object.keys(env).length === 0 ? {} : { env }, notes }
}
