import { describe, expect, test } from 'vitest'
import { tmpfsOption, type TmpfsPlan } from './tmpfs.ts'

const plan: TmpfsPlan = {
  wanted: [],
  imageVolumes: [],
  memoryBytes: 8 * 1024 * 1024,
  user: '1000:2000',
  isPodman: false,
}
const DEFAULTS = 'rw,noexec,nosuid,nodev,size=8388608,uid=1000,gid=2000,mode=1777'

describe('options', () => {
  test.each([
    ['/cache', DEFAULTS],
    ['/cache:', undefined],
    ['/cache:size=1m', 'rw,noexec,nosuid,nodev,size=1m,uid=1000,gid=2000,mode=1777'],
    ['/cache:exec,mode=700,uid=5', 'rw,exec,nosuid,nodev,mode=700,uid=5,size=8388608,gid=2000'],
    ['/cache:ro', 'ro,noexec,nosuid,nodev,size=8388608,uid=1000,gid=2000,mode=1777'],
    ['/cache:suid', undefined],
    ['/cache:dev', undefined],
    ['/cache:size=1m;x', undefined],
    ['cache', undefined],
    ['/a/../etc', undefined],
    ['/', undefined],
    ['//', undefined],
    ['/sys/fs', undefined],
    ['/dev', undefined],
  ])('%s', (entry, expected) => {
    const make = () => tmpfsOption({ ...plan, wanted: [entry] })
    if (expected === undefined) {
      expect(make).toThrow(expect.objectContaining({ code: 'invalid-input' }))
    } else expect(make()).toEqual({ '/cache': expected, '/tmp': DEFAULTS })
  })
})

test('what the workload says goes before what the image says', () => {
  const option = tmpfsOption({
    ...plan,
    wanted: ['/tmp:size=1k', '/data:size=2k'],
    imageVolumes: ['/data', '/logs'],
  })
  expect(Object.keys(option)).toEqual(['/tmp', '/data', '/logs'])
  expect(option['/tmp']).toContain('size=1k')
  expect(option['/data']).toContain('size=2k')
  expect(option['/logs']).toBe(DEFAULTS)
})

test('Podman takes no ids, and is told to give the mount to the container’s user', () => {
  const option = tmpfsOption({ ...plan, isPodman: true, wanted: ['/cache:size=1m'] })
  expect(option).toEqual({
    '/cache': 'rw,noexec,nosuid,nodev,size=1m,U,mode=1777',
    '/tmp': 'rw,noexec,nosuid,nodev,size=8388608,U,mode=1777',
  })
})
