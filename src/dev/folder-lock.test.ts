import { rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockFolder } from './folder-lock.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'commune-lock-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

it('lets one in, and the next one after that', () => {
  const first = lockFolder(dir)
  expect(() => lockFolder(dir)).toThrow(/Another instance/)
  first[Symbol.dispose]()
  lockFolder(dir)[Symbol.dispose]()
})

it('says that its disk is full or read-only, rather than that somebody else is there', () => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir])
  try {
    lockFolder(dir)[Symbol.dispose]()
    expect(() => writeFileSync(path.join(dir, 'filler'), Buffer.alloc(1024 ** 2))).toThrow(/ENOSPC/)
    expect(() => lockFolder(dir)).toThrow(/can't be written/)
    rmSync(path.join(dir, 'filler'))
    execFileSync('mount', ['-o', 'remount,ro', dir])
    expect(() => lockFolder(dir)).toThrow(/can't be written/)
  } finally {
    execFileSync('umount', [dir])
  }
})
