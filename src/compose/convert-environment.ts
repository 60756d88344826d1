import { looksSecret } from '../spec/check-env.ts'
import { pairsOf, textOf, type ComposeMap } from './compose-value.ts'
import type { Variables } from './interpolate.ts'
import { lost, mend, type Converted, type Note } from './note.ts'

/** Variables, without those that nobody else may see: everybody can read the records. */
export function convertEnvironment(service: ComposeMap, variables: Variables): Converted {
  const env: Record<string, string> = {}
  const notes: Note[] = []
  const fromShell: string[] = []
  for (const [name, given] of Object.entries(pairsOf(service['environment']))) {
    const path = ['environment', name]
    const value = given === null ? variables.get(name) : textOf(given)
    if (given === null && value === undefined) {
      fromShell.push(name)
    } else if (value === undefined) {
      notes.push(lost(path, 'it is no text'))
    } else if (looksSecret(name, value)) {
      const why = 'it looks like a secret, which everybody could read here; see secrets'
      notes.push(mend(path, why))
    } else {
      env[name] = value
    }
  }
  if (fromShell.length > 0) {
    const [value, them] = fromShell.length === 1 ? ['value', 'it'] : ['values', 'them']
    const why = `the ${value} of ${fromShell.join(', ')} would come from the shell; write ${them}, or set ${them} in .env`
    notes.push(lost(['environment'], why))
  }
  return { fields: Object.keys(env).length === 0 ? {} : { env }, notes }
}
