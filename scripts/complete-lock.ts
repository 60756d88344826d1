/**
 * Adds to package-lock.json the packages of other platforms that a registry mirror did not offer when
 * the lock was made. npm leaves them out silently, and `npm ci` then refuses the whole lock. Run it
 * after a package was added or updated.
 */
import { readFile, writeFile } from 'node:fs/promises'

interface Locked {
  readonly version?: string
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const FILE = 'package-lock.json'
// Names such as @scope/binding-linux-arm64-musl or @scope/darwin-x64.
const PLATFORM =
  /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(.+))?$/

function entry(name: string, version: string, dev: boolean): object | undefined {
  const match = PLATFORM.exec(name)
  if (!match) return undefined
  const [, os, cpu, abi = ''] = match
  const libc = abi.startsWith('musl') ? ['musl'] : abi.startsWith('gnu') ? ['glibc'] : undefined
  return {
    version,
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(libc ? { libc } : {}),
    optional: true,
    os: [os],
  }
}

const lock: { packages: Record<string, Locked> } = JSON.parse(await readFile(FILE, 'utf8'))
const { packages } = lock
for (const [path, locked] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(locked.optionalDependencies ?? {})) {
    const nested = `${path}/node_modules/${name}`
    const hoisted = `node_modules/${name}`
    if (packages[nested] || packages[hoisted] || !/^\d/.test(version)) continue
    const added = entry(name, version, locked.dev ?? false)
    if (!added) continue
    packages[hoisted] = added
    process.stdout.write(`added ${name}@${version}\n`)
  }
}
const sorted = Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'))
lock.packages = Object.fromEntries(sorted)
await writeFile(FILE, `${JSON.stringify(lock, undefined, 2)}\n`)
