import { expect, test } from 'vitest'
import { findGvisor } from './gvisor.ts'

const runsc = { path: '/usr/bin/runsc' }

test('an engine without gVisor has none, whatever else it knows', () => {
  expect(findGvisor(undefined)).toBeUndefined()
  expect(findGvisor({ runc: { path: 'runc' }, kata: { path: '/usr/bin/kata' } })).toBeUndefined()
  // A name alone says nothing, and no container is ever given a runtime of another name.
  expect(findGvisor({ runsc: { path: '/usr/bin/runc' } })).toBeUndefined()
  expect(findGvisor({ sandbox: runsc })).toBeUndefined()
})

test('of several the one with the usual name is taken, else the first by name', () => {
  const kvm = { 'runsc-kvm': runsc, 'runsc-debug': runsc }
  expect(findGvisor(kvm)?.runtime).toBe('runsc-debug')
  expect(findGvisor({ ...kvm, gvisor: runsc })?.runtime).toBe('gvisor')
  expect(findGvisor({ ...kvm, gvisor: runsc, runsc })?.runtime).toBe('runsc')
})

test('a shim is one as well', () => {
  const shim = 'io.containerd.runsc.v1'
  expect(findGvisor({ runsc: { runtimeType: shim } })?.runtime).toBe('runsc')
  expect(findGvisor({ runsc: { path: shim } })?.runtime).toBe('runsc')
})

test('ports can be reached only where it uses the namespace of the container', () => {
  expect(findGvisor({ runsc })?.portsProblem).toMatch(/--network=host/)
  const none = { ...runsc, runtimeArgs: ['--platform=ptrace', '--network=none'] }
  expect(findGvisor({ runsc: none })?.portsProblem).toBeDefined()
  const host = { ...runsc, runtimeArgs: ['--network=host'] }
  expect(findGvisor({ runsc: host })).toEqual({ runtime: 'runsc' })
})
