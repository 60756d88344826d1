import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { formatTrace } from '../../src/cli/format-trace.ts'
import type { TraceStory } from '../../src/cli/trace-story.ts'

const NOW_MS = Date.parse('2026-11-21T09:00:00Z')
const REVISION = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const COMMIT = '0b98b91de0c394c851aa059f39668ed7c83e5be3'

const ORIGIN = {
  commit: COMMIT,
  author: 'Dave <dave@example.org>',
  date: '2026-11-18T09:00:00+00:00',
  subject: 'Serve the first version\u001B[2J',
}

const WORKLOAD: TraceStory = {
  name: 'hello',
  uri: 'at://did:plc:alice/commune.scheduler.workload/hello',
  owner: 'did:plc:alice',
  ownerName: 'alice.example.org',
  revision: REVISION,
  image: `registry.example/app:1@sha256:${'1'.repeat(64)}`,
  source: {
    set: 'example.org/alice/app',
    repo: 'example.org/alice/app',
    revision: COMMIT,
    dirty: false,
    file: 'workloads/hello.yaml',
    line: 3,
  },
  origin: ORIGIN,
  replicas: [
    { machine: 'alice.example.org/box', index: 0, phase: 'running', version: 'this' },
    { machine: 'bob.example.org/tower', index: 0, phase: 'running', version: 'earlier' },
  ],
}

const { origin: _, ...UNKNOWN_AUTHOR } = WORKLOAD

const STORIES: Readonly<Record<string, TraceStory>> = {
  workload: WORKLOAD,
  container: {
    ...WORKLOAD,
    container: {
      id: '3f2a9c01b7de'.repeat(5),
      name: 'commune-hello-0',
      state: 'running',
      meshletDid: 'did:plc:tower',
      owner: 'did:plc:alice',
      workload: 'hello',
      replica: '0',
      specHash: 'abc',
      revision: REVISION,
      machine: 'bob.example.org/tower',
      version: 'earlier',
    },
    source: {
      set: 'example.org/alice/app',
      repo: 'example.org/alice/app',
      revision: COMMIT,
      dirty: true,
      file: 'workloads/hello.yaml',
    },
    origin: { ...ORIGIN, commit: 'f'.repeat(40), isShallow: true },
    replicas: [],
  },
  'unknown-author': {
    ...UNKNOWN_AUTHOR,
    originProblem: 'the checkout . does not have the commit; "git fetch" may bring it',
  },
  'in-no-commit': {
    ...UNKNOWN_AUTHOR,
    source: { set: 'home', file: 'hello.yaml', line: 1 },
    replicas: [],
  },
  'not-from-files': {
    name: 'hello',
    uri: WORKLOAD.uri,
    owner: WORKLOAD.owner,
    ownerName: WORKLOAD.ownerName,
    revision: REVISION,
    image: WORKLOAD.image,
    replicas: [],
  },
}

it.each(Object.entries(STORIES))('%s', async (name, story) => {
  await expect(formatTrace(story, NOW_MS, false)).toMatchFileSnapshot(`traces/${name}.txt`)
})

it('keeps no snapshot of what is gone', async () => {
  const files = await readdir(new URL('traces', import.meta.url))
  const kept = files.map((file) => file.replace(/\.txt$/, ''))
  expect(kept.toSorted()).toEqual(Object.keys(STORIES).toSorted())
})
