import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../src/model/hash.ts'

/** Workloads that differ, a file each, as somebody would write them. */
export async function writeFiles(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'commune.yaml'), 'set: bench\n')
  for (let index = 0; index < count; index++) await writeWorkload(folder, index, 1)
}

/** Writes one of the files anew; another revision has another image. */
export async function writeWorkload(
  folder: string,
  index: number,
  revision: number,
): Promise<void> {
  const name = `w${String(index).padStart(4, '0')}`
  const digest = sha256Hex(`image ${index} ${revision}`)
  await writeFile(
    join(folder, `${name}.yaml`),
    `# What the website of branch ${index} runs.
kind: Workload
name: ${name}
image: registry.example/branches/site:1.${revision}@sha256:${digest}

replicas: ${1 + (index % 3)}
spread: owner # different people's machines first

resources:
  cpu: 100m # a tenth of a core
  memory: 64Mi

env:
  BRANCH: branch-${index}
  LOG_LEVEL: info

ports:
  - container: 8080
    name: http

healthcheck:
  http: { port: 8080, path: / }
  interval: 5s
  timeout: 2s
  retries: 3
`,
  )
}
