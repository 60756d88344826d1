import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { WalledHost } from './walled-host.ts'

/** What the meshlet of the round knows and publishes. */
export interface Seen {
  /** Where it listens, on every address of the host. */
  readonly port: number
  /** The sentence of its bid, or how many slots it offers. */
  readonly bid: string
  /** What a trial of the walls of `egress: internet` found. */
  readonly canary: string
  readonly labels: readonly string[]
  /** What `commune explain` says. */
  readonly told: string
}

export interface EgressRound {
  /** What was seen last, as soon as it is as wanted; rejects when the round ends before. */
  until(isWanted: (seen: Seen) => boolean): Promise<Seen>
}

/** Starts the round on the host, with which it ends. */
export function startEgressRound(world: WalledHost): EgressRound {
  const program = fileURLToPath(new URL('egress-round.ts', import.meta.url))
  const folder = join(world.folder, 'round')
  const line = [process.execPath, program, folder, world.dockerHost, world.image]
  const child = world.host.spawn(line, { stdio: 'pipe' })
  let last: Seen | undefined
  let said = ''
  let hasEnded = false
  const waiting = new Set<(seen: Seen | undefined) => void>()
  const tell = (seen: Seen | undefined) => {
    for (const wake of waiting) wake(seen)
  }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-10_000)
  })
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (text) => {
      last = JSON.parse(text) as Seen
      tell(last)
    })
  child.once('close', () => {
    hasEnded = true
    tell(undefined)
  })
  return {
    until(isWanted) {
      if (last !== undefined && isWanted(last)) return Promise.resolve(last)
      const ended = () => new Error(`the round ended early, and said:\n${said}`)
      if (hasEnded) return Promise.reject(ended())
      const { promise, resolve, reject } = Promise.withResolvers<Seen>()
      waiting.add((seen) => {
        if (seen === undefined) reject(ended())
        else if (isWanted(seen)) resolve(seen)
      })
      return promise
    },
  }
}
