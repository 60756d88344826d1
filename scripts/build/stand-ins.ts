import { readFileSync } from 'node:fs'

/** Media types that the servers here may speak of, or that their library asks for. */
const MEDIA_TYPES = [
  'application/cbor',
  'application/json',
  'application/octet-stream',
  'application/vnd.ipld.car',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/html',
  'text/plain',
]

/** Modules that are written here, by a name that no file has. */
export const STAND_INS: Readonly<Record<string, string>> = {
  '\0process': 'export default globalThis.process',
  '\0child-process': `export default {
    spawn: (...args) => process.getBuiltinModule('node:child_process').spawn(...args),
  }`,
  '\0util': `export function stripVTControlCharacters(text) {
    if (!/[\\u001b\\u009b]/.test(text)) return text
    return process.getBuiltinModule('node:util').stripVTControlCharacters(text)
  }`,
  '\0docker-ssh': `module.exports = (options) => require('docker-modem/lib/ssh.js')(options)`,
  '\0docker-session': `module.exports = (...args) => require('dockerode/lib/session.js')(...args)`,
  '\0undici-6': undiciLater('undici_v6'),
  '\0undici-7': `export { default as Agent } from 'undici_v7/lib/dispatcher/agent.js'`,
  '\0undici-8': undiciLater('undici_v8'),
  '\0mime-db': `module.exports = ${JSON.stringify(mediaTypes())}`,
}

interface StandIn {
  /** What is imported, as the importing file spells it. */
  readonly id: string
  /** The package that imports it; any when absent. */
  readonly by?: string
  readonly module: keyof typeof STAND_INS
}

/**
 * What libraries get in place of some modules: the same, but loaded when it is called.
 *
 * To import one of Node's own modules makes Node load all that it could ever lead to, which for the
 * three of the library for command lines is more than sixty modules; it needs hardly anything of them.
 * Docker's client loads clients for SSH and for gRPC, for engines and builds that are not spoken to
 * here; the guarded fetch loads three versions of undici, one for each line of Node, and uses what makes
 * connections in one of them. Of
 * the table of all media types the server needs its own few.
 */
const USED: readonly StandIn[] = [
  { id: 'node:process', by: 'commander', module: '\0process' },
  { id: 'node:child_process', by: 'commander', module: '\0child-process' },
  { id: 'node:util', by: 'commander', module: '\0util' },
  { id: './ssh', by: 'docker-modem', module: '\0docker-ssh' },
  { id: './session', by: 'dockerode', module: '\0docker-session' },
  { id: 'undici_v6', module: '\0undici-6' },
  { id: 'undici_v7', module: '\0undici-7' },
  { id: 'undici_v8', module: '\0undici-8' },
  { id: 'mime-db', module: '\0mime-db' },
]

/** The module to take instead; undefined when there is none. */
export function standInFor(id: string, importer: string | undefined): string | undefined {
  if (id.startsWith('\0')) return id in STAND_INS ? id : undefined
  return USED.find(
    (standIn) =>
      standIn.id === id &&
      (standIn.by === undefined || importer?.includes(`/node_modules/${standIn.by}/`) === true),
  )?.module
}

/** Found where the guarded fetch finds it, when a Node of that line makes one. */
function undiciLater(name: string): string {
  return `import { createRequire } from 'node:module'
    export function Agent(options) {
      const fetch = createRequire(import.meta.url).resolve('@atproto-labs/fetch-node')
      const undici = createRequire(fetch)('${name}')
      return new undici.Agent(options)
    }`
}

function mediaTypes(): Readonly<Record<string, unknown>> {
  const file = new URL('../../node_modules/mime-db/db.json', import.meta.url)
  const all = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  return Object.fromEntries(MEDIA_TYPES.map((type) => [type, all[type] ?? {}]))
}
