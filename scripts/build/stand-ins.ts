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
}

const BY_MODULE: Readonly<Record<string, string>> = {
  'node:process': '\0process',
  'node:child_process': '\0child-process',
  'node:util': '\0util',
}

/**
 * What the library for command lines gets in place of some of Node's modules: the same, but loaded when
 * it is called. To import one of these as a module makes Node load all that it could ever lead to,
 * which for these three is more than sixty modules; the library needs hardly anything of them.
 */
export function standInFor(id: string, importer: string | undefined): string | undefined {
  if (id.startsWith('\0')) return id
  return importer?.includes('/node_modules/commander/') === true ? BY_MODULE[id] : undefined
}
