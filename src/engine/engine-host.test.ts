import { expect, test } from 'vitest'
import { engineHost } from './engine-host.ts'

test('what Docker on Debian says', () => {
  const info = {
    SecurityOptions: ['name=apparmor', 'name=seccomp,profile=default', 'name=userns'],
    CgroupVersion: '2',
    MemoryLimit: true,
    SwapLimit: false,
    PidsLimit: true,
    CpuCfsQuota: false,
    DockerRootDir: '/var/lib/docker',
    RuncCommit: { ID: '1.1.5+ds1-1+deb12u1' },
  }
  expect(engineHost(info, [{ Name: 'runc', Version: '1.1.5+ds1' }])).toEqual({
    runc: '1.1.5+ds1-1+deb12u1',
    seccomp: true,
    accessControl: 'AppArmor',
    userNamespaces: true,
    limitsMissing: ['swap', 'CPU'],
    cgroupVersion: '2',
    dataFolder: '/var/lib/docker',
  })
})

test('elsewhere the commit is a hash, and the version a component', () => {
  const info = { SecurityOptions: ['seccomp', 'name=rootless'], RuncCommit: { ID: 'v1-g8bd78a' } }
  const components = [{ Name: 'Engine' }, { Name: 'runc', Version: '1.3.3' }]
  expect(engineHost(info, components)).toMatchObject({
    runc: '1.3.3',
    seccomp: true,
    userNamespaces: true,
  })
})

test('an engine that says nothing has no walls, and lacks nothing for certain', () => {
  expect(engineHost({ SecurityOptions: null }, undefined)).toEqual({
    seccomp: false,
    accessControl: undefined,
    userNamespaces: false,
    limitsMissing: [],
  })
})
