import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pidsLimitInForce, type CgroupPlaces } from './cgroup-limits.ts'

let folder: string
let places: CgroupPlaces

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commune-cgroup-'))
  places = { processes: join(folder, 'proc'), groups: join(folder, 'cgroup') }
})
afterEach(async () => rm(folder, { recursive: true }))

async function given(files: Readonly<Record<string, string>>): Promise<number | undefined> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return pidsLimitInForce(7, places)
}

const V2 = { 'proc/7/cgroup': '0::/libpod/c1\n' }
const V1 = { 'proc/7/cgroup': '9:cpu,cpuacct:/a\n8:pids:/libpod/c1\n0::/\n' }

test('is read from the control group, in both versions', async () => {
  expect(await given({ ...V2, 'cgroup/libpod/c1/pids.max': '256\n' })).toBe(256)
  expect(await given({ ...V1, 'cgroup/pids/libpod/c1/pids.max': '64\n' })).toBe(64)
})

test('none is 0', async () => {
  expect(await given({ ...V2, 'cgroup/libpod/c1/pids.max': 'max\n' })).toBe(0)
})

test('what can’t be read is unknown', async () => {
  expect(await pidsLimitInForce(7, places)).toBeUndefined()
  expect(await given(V2)).toBeUndefined()
  expect(await given({ 'proc/7/cgroup': 'nonsense' })).toBeUndefined()
  expect(await given({ 'proc/7/cgroup': '0::/../../c1\n' })).toBeUndefined()
  expect(await given({ ...V2, 'cgroup/libpod/c1/pids.max': 'lots' })).toBeUndefined()
})
