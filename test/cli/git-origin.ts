import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const DIGEST = `sha256:${'1'.repeat(64)}`

/** A bare repository, and a working copy from which a person pushes to it. */
export class GitOrigin {
  readonly url: string
  readonly copy: string
  readonly #env: Readonly<Record<string, string>>

  constructor(base: string) {
    this.url = join(base, 'origin.git')
    this.copy = join(base, 'copy')
    const { PATH = '' } = process.env
    // Nothing of whoever runs the tests: no signing, no hooks, no other name of the first branch.
    this.#env = { PATH, HOME: base, GIT_CONFIG_NOSYSTEM: '1' }
    mkdirSync(base, { recursive: true })
    this.run(base, 'init', '--quiet', '--bare', '--initial-branch=main', this.url)
    this.run(base, 'init', '--quiet', '--initial-branch=main', this.copy)
    this.git('config', 'user.name', 'Alice')
    this.git('config', 'user.email', 'alice@example.org')
    this.git('remote', 'add', 'origin', this.url)
  }

  run(folder: string, ...args: string[]): string {
    const options = { cwd: folder, env: this.#env, encoding: 'utf8', stdio: 'pipe' } as const
    return execFileSync('git', args, options).trim()
  }

  git(...args: string[]): string {
    return this.run(this.copy, ...args)
  }

  write(file: string, text: string): void {
    const path = join(this.copy, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  /** Commits all that was written and pushes it; returns the commit. */
  push(message: string, ...options: string[]): string {
    this.git('add', '--all')
    this.git('commit', '--quiet', '--allow-empty', '-m', message)
    this.git('push', '--quiet', ...options, 'origin', 'HEAD:main')
    return this.git('rev-parse', 'HEAD')
  }
}

/** A workload that needs no registry. */
export function workloadText(name: string, replicas: number): string {
  const image = `registry.example/app:1@${DIGEST}`
  return `kind: Workload\nname: ${name}\nimage: ${image}\nreplicas: ${replicas}\n`
}
