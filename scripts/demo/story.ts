import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tellStory } from './chapters.ts'
import { createDemoDocker } from './docker.ts'
import type { Narrator } from './narrator.ts'
import { startProgram } from './programs.ts'
import { accountOf, OWNERS, Stage, type DevNetwork } from './stage.ts'

export interface StoryOptions {
  readonly folder: string
  readonly examples: string
  readonly tell: Narrator
  readonly signal: AbortSignal
}

/** The demo while it runs. Ending it takes everything down again, and fails if something stays. */
export interface Story extends AsyncDisposable {
  /** Throws when something did not happen as told. */
  play(): Promise<void>
  /** Lines for a shell, to act as the first owner. */
  readonly exports: readonly string[]
}

export async function openStory(options: StoryOptions): Promise<Story> {
  const { folder, examples, tell, signal } = options
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  await mkdir(folder, { recursive: true })
  tell.chapter('A network of our own: a PLC directory and a PDS, both real, on loopback')
  const network = await startNetwork(options, stack)
  const meshlets = OWNERS.map((owner) => accountOf(network, `${owner}-mesh`).did)
  const docker = createDemoDocker(process.env['DOCKER_HOST'], meshlets)
  stack.defer(() => docker.sweep(meshlets))
  const stage = stack.use(new Stage({ folder, tell, signal, network, docker }))
  const open = stack.move()
  return {
    play: () => tellStory(stage, examples, open),
    exports: Object.entries(stage.environment('alice')).map(
      ([name, value]) => `export ${name}=${value}`,
    ),
    [Symbol.asyncDispose]: async () => {
      tell.chapter('Everything is taken down')
      await open.disposeAsync()
      const left = await docker.left()
      if (left > 0) throw new Error(`${left} containers and networks stayed behind`)
      tell.say('no container, no network, no process of the demo is left')
    },
  }
}

async function startNetwork(
  options: StoryOptions,
  stack: AsyncDisposableStack,
): Promise<DevNetwork> {
  const { folder, tell } = options
  const args = ['dev', '--json', '--data', join(folder, 'network'), '--members', OWNERS.join(',')]
  tell.say(`$ commune dev --members ${OWNERS.join(',')}`)
  const program = stack.use(startProgram('commune', args, {}, join(folder, 'network.log')))
  const network = JSON.parse(await program.line((line) => line.startsWith('{'))) as DevNetwork
  tell.say(`PDS ${network.pdsUrl}, PLC directory ${network.plcUrl}`)
  tell.say(`container engine ${process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock'}`)
  for (const owner of OWNERS) {
    const [person, machine] = [accountOf(network, owner), accountOf(network, `${owner}-mesh`)]
    tell.say(`${owner.padEnd(5)} is ${person.did}, her machine ${machine.name} is ${machine.did}`)
  }
  return network
}
