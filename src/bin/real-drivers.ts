import type { Drivers } from '../cli/drivers.ts'

/** The real world, each part loaded when it is first used so that small commands stay quick. */
export function createRealDrivers(): Drivers {
  return {
    startNetwork: async (...args) => (await import('../dev/network.ts')).startNetwork(...args),
    readFolder: async (...args) => (await import('../spec/read-folder.ts')).readFolder(...args),
    openSession: async (...args) => (await import('../atproto/session.ts')).openSession(...args),
    createIdentity: async (...args) =>
      (await import('../atproto/identity.ts')).createIdentity(...args),
    readRepos: async (...args) => (await import('../atproto/feed-snapshot.ts')).readRepos(...args),
    async *subscribeLogs(...args) {
      yield* (await import('../xrpc/log-subscription.ts')).subscribeLogs(...args)
    },
    async *runCommand(...args) {
      yield* (await import('../xrpc/exec-session.ts')).runCommand(...args)
    },
    createMeshletClient: async (...args) =>
      (await import('../xrpc/client.ts')).createMeshletClient(...args),
    createDockerEngine: async (...args) =>
      (await import('../engine/docker.ts')).createDockerEngine(...args),
    describeImage: async (...args) =>
      (await import('../engine/describe-image.ts')).describeImage(...args),
  }
}
