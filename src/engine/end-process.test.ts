import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Exec } from 'dockerode'
import { expect, it } from 'vitest'
import type { EngineClient } from './client.ts'
import { endProcess } from './end-process.ts'

const client = {
  call: (_options: unknown, ask: () => Promise<unknown>) => ask(),
} as unknown as EngineClient

/** Answers one after the other; every group of processes counts as this container's. */
function execThatSays(...answers: readonly { Running: boolean; Pid: number }[]): Exec {
  const left = [...answers]
  const inspect = () => Promise.resolve({ ContainerID: '', ...(left.shift() ?? answers.at(-1)) })
  return { inspect } as unknown as Exec
}

it('kills a command that the engine did not know the process of when it wrote its first word', async () => {
  const command = spawn('sleep', ['1234'])
  const ended = once(command, 'exit')
  const pid = command.pid ?? 0
  await endProcess(client, execThatSays({ Running: true, Pid: 0 }, { Running: true, Pid: pid }), '')
  expect(await ended).toEqual([null, 'SIGKILL'])
})

it('leaves alone what runs under the number of a command that has ended', async () => {
  const other = spawn('sleep', ['1234'])
  await endProcess(client, execThatSays({ Running: false, Pid: other.pid ?? 0 }), '')
  expect(other.exitCode).toBeNull()
  const ended = once(other, 'exit')
  other.kill('SIGTERM')
  expect(await ended).toEqual([null, 'SIGTERM'])
})
