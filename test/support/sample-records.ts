import { COLLECTION } from '../../src/model/nsid.ts'
import type { RepoWrite } from './scripted-repo.ts'

const createdAt = '2026-01-01T00:00:00.000Z'

/** A write of a valid cluster record; `n` makes its content differ. */
export function clusterWrite(rkey: string, n = 0): RepoWrite {
  const collection = COLLECTION.cluster
  const members = [`did:plc:member${n}`]
  return { collection, rkey, value: { $type: collection, members, createdAt } }
}

/** A write of a valid workload; its key is its name unless the test says otherwise. */
export function workloadWrite(name: string, rkey = name): RepoWrite {
  const collection = COLLECTION.workload
  const image = `registry.example/a@sha256:${'0'.repeat(64)}`
  const value = { $type: collection, kind: 'Workload', name, image, createdAt }
  return { collection, rkey, value }
}

export function deletion(collection: string, rkey: string): RepoWrite {
  return { collection, rkey }
}

/** A write in a collection that is not ours. */
export function postWrite(rkey: string): RepoWrite {
  return { collection: 'app.bsky.feed.post', rkey, value: { text: `post ${rkey}` } }
}
