import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Exec } from 'dockerode'
import type { EngineClient } from './client.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'

/** A command that starts programs faster than they are found is given up after so many looks. */
const LOOKS_MAX = 5
/** An engine passes on what a command writes before it knows its process: it is asked again so often. */
const ASKED_MAX = 50
const ASK_AGAIN_MS = 100

/**
 * Kills what is left of a command, and all that it started, as far as the processes are on this
 * machine and really of this container. An engine has no way to end a command by itself.
 */
export async function endProcess(
  client: EngineClient,
  exec: Exec,
  containerId: string,
): Promise<void> {
  const found = await processOf(client, exec, containerId)
  if (found === undefined) return
  const { pid, whole } = found
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const family = await familyOf(pid)
    const ours = await Promise.all(family.map((one) => isOfContainer(one, whole)))
    const left = family.filter((_, index) => ours[index])
    if (left.length === 0) return
    for (const one of left) kill(one)
  }
}

/** Its process, and the container's whole id; undefined when it has ended, or the engine can't tell. */
async function processOf(
  client: EngineClient,
  exec: Exec,
  containerId: string,
): Promise<{ readonly pid: number; readonly whole: string } | undefined> {
  const doing = `ending a command in container ${containerId}`
  for (let asked = 0; asked < ASKED_MAX; asked += 1) {
    const details = await client
      .call({ doing, timeoutMs: ENGINE_TIMEOUT_MS.read }, () => exec.inspect())
      .catch(() => undefined)
    if (details === undefined || !details.Running) return undefined
    const { Pid: pid, ContainerID: whole } = details
    if (!whole.startsWith(containerId.slice(0, 12))) return undefined
    if (pid > 1) return { pid, whole }
    await pause(ASK_AGAIN_MS)
  }
  return undefined
}

/** A process and all that descend from it, the oldest first. */
async function familyOf(pid: number): Promise<readonly number[]> {
  const children = new Map<number, number[]>()
  const names = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  await Promise.all(
    names.map(async (name) => {
      const parent = await parentOf(name)
      if (parent === undefined) return
      children.set(parent, [...(children.get(parent) ?? []), Number(name)])
    }),
  )
  const family = [pid]
  for (const one of family) family.push(...(children.get(one) ?? []))
  return family
}

/** The name in brackets may hold anything; what follows the last bracket is state and parent. */
async function parentOf(pid: string): Promise<number | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [state, parent] = line.slice(line.lastIndexOf(')') + 2).split(' ')
  // What has ended and waits to be taken note of needs no killing.
  return state === undefined || state === 'Z' || parent === undefined ? undefined : Number(parent)
}

async function isOfContainer(pid: number, containerId: string): Promise<boolean> {
  if ((await parentOf(String(pid))) === undefined) return false
  const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
  return groups.includes(containerId)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself in the meantime, or belongs to another user: nothing more can be done.
  }
}
