import { finding, quote, type Finding } from './finding.ts'
import type { SoundParts } from './sound-parts.ts'

/** What Kubernetes allows as the name of a variable. */
const NAME = /^[-._A-Za-z][-._A-Za-z0-9]*$/
const NAME_LENGTH_MAX = 256
/** The meshlet tells each container what it is by variables with this prefix. */
const OWN_PREFIX = 'COMMUNE_'

const SECRET_NAME =
  /(?:^|[-._])(?:passwords?|passwd|passphrase|pass(?=$)|pwd|secrets?|tokens?|credentials?|api[-_]?keys?|access[-_]?keys?|private[-_]?keys?|signing[-_]?keys?|encryption[-_]?keys?|jwt[-_]?keys?)(?:$|[-._])/i
const SECRET_NAME_RUN_TOGETHER = /(?:password|passphrase|apikey|secretkey|privatekey|authtoken)/i
/** `POSTGRES_PASSWORD_FILE` and the like name a place, not the secret. */
const NAMES_A_PLACE = /[-._]?(?:file|path|dir|name|url|length|ttl|expiry)$/i

const SECRET_VALUES = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/:@]+@/i,
  /^AGE-SECRET-KEY-/i,
  /^(?:gh[pousr]_|github_pat_|glpat-|xox[baprs]-|sk-[A-Za-z])/,
]

/** Names of variables, and secrets that somebody is about to publish. */
export function checkEnv({ env }: SoundParts): readonly Finding[] {
  return Object.entries(env ?? {}).flatMap(([name, value]) => [
    ...checkName(name),
    ...checkSecret(name, value === undefined ? '' : String(value)),
  ])
}

function checkName(name: string): readonly Finding[] {
  const path = ['env', name]
  if (name.length > NAME_LENGTH_MAX || !NAME.test(name)) {
    const expected = `letters, digits, “_”, “-” and “.”, at most ${NAME_LENGTH_MAX}`
    return [finding(path, `${quote(name)} is not the name of a variable`, { at: 'key', expected })]
  }
  if (!name.startsWith(OWN_PREFIX)) return []
  const message = `names that begin with ${OWN_PREFIX} are set by the meshlet`
  return [finding(path, message, { at: 'key', suggestion: 'choose another name' })]
}

/** True for a variable whose value should rather not be shown to everybody, by its name or its look. */
export function looksSecret(name: string, value: string): boolean {
  const isNamed = SECRET_NAME.test(name) || SECRET_NAME_RUN_TOGETHER.test(name)
  return (
    (isNamed && value !== '' && !NAMES_A_PLACE.test(name)) ||
    SECRET_VALUES.some((pattern) => pattern.test(value))
  )
}

function checkSecret(name: string, value: string): readonly Finding[] {
  if (!looksSecret(name, value)) return []
  return [
    finding(['env', name], 'looks like a secret, and everybody can read the environment', {
      at: 'key',
      severity: 'warning',
      suggestion: 'put it into secrets, which are sealed and read from a file',
    }),
  ]
}
