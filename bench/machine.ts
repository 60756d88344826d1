import { execFile } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** On what it was measured. */
export function describeMachine(): string {
  const [first] = cpus()
  const memoryGib = (totalmem() / 1024 ** 3).toFixed(0)
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, ${memoryGib} GiB, Linux ${release().split('-')[0]}`
}

/** Versions of what takes part; an engine that does not answer is left out. */
export async function describeVersions(): Promise<Readonly<Record<string, string>>> {
  const docker = await run('docker', ['version', '--format', '{{.Server.Version}}']).catch(
    () => undefined,
  )
  const commit = await run('git', ['rev-parse', '--short', 'HEAD']).catch(() => undefined)
  return {
    node: process.versions.node,
    openssl: process.versions.openssl,
    ...(docker && { docker: docker.stdout.trim() }),
    ...(commit && { commune: commit.stdout.trim() }),
  }
}
