import type { readRepos } from '../atproto/feed-snapshot.ts'
import type { createIdentity } from '../atproto/identity.ts'
import type { openSession } from '../atproto/session.ts'
import type { startNetwork } from '../dev/network.ts'
import type { describeImage } from '../engine/describe-image.ts'
import type { createDockerEngine } from '../engine/docker.ts'
import type { readFolder } from '../spec/read-folder.ts'
import type { runCommand } from '../xrpc/exec-session.ts'
import type { subscribeLogs } from '../xrpc/log-subscription.ts'
import type { createMeshletClient } from '../xrpc/client.ts'

/** The same function, loaded when it is first called. */
type Lazy<F extends (...args: never[]) => unknown> = (
  ...args: Parameters<F>
) => Promise<Awaited<ReturnType<F>>>

/** What commands need of the world. `bin` puts the real ones in, and loads each when it is used. */
export interface Drivers {
  readonly startNetwork: Lazy<typeof startNetwork>
  readonly readFolder: Lazy<typeof readFolder>
  readonly openSession: Lazy<typeof openSession>
  readonly createIdentity: Lazy<typeof createIdentity>
  readonly readRepos: Lazy<typeof readRepos>
  readonly subscribeLogs: typeof subscribeLogs
  readonly runCommand: typeof runCommand
  readonly createMeshletClient: Lazy<typeof createMeshletClient>
  readonly createDockerEngine: Lazy<typeof createDockerEngine>
  readonly describeImage: Lazy<typeof describeImage>
}
