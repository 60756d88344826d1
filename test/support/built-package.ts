import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const run = promisify(execFile)
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Whoever runs the tests may have said where Node is to keep what it compiles. */
const { NODE_COMPILE_CACHE: _, ...env } = process.env

/** The built programs as they would be installed, in a package of their own. */
export class BuiltPackage implements AsyncDisposable {
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  static async build(): Promise<BuiltPackage> {
    const root = await mkdtemp(join(tmpdir(), 'commune-built-'))
    await mkdir(join(root, 'dist'))
    await run(process.execPath, ['scripts/build.ts', join(root, 'dist')], { cwd: ROOT })
    for (const name of ['package.json', 'examples', 'schemas'])
      await cp(join(ROOT, name), join(root, name), { recursive: true })
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    return new BuiltPackage(root)
  }

  /** Runs a program of `dist/bin` in the folder of the package. */
  start(
    name: string,
    args: readonly string[],
    options: { readonly node?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
  ) {
    const program = join(this.root, 'dist/bin', `${name}.js`)
    return run(process.execPath, [...(options.node ?? []), program, ...args], {
      cwd: this.root,
      env: { ...env, ...options.env },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}
