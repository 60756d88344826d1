import { describe, expect, it } from 'vitest'
import { formatPlan } from './format-plan.ts'
import { planSync, type PlanSyncInput } from './plan-sync.ts'
import { desired, DIGEST_2, existing, planInput } from './sync-fixtures.ts'

function show(
  changes: Partial<PlanSyncInput>,
  options: { wide?: boolean; color?: boolean; done?: boolean } = {},
): string {
  return formatPlan(planSync(planInput(changes)), {
    color: options.color ?? false,
    wide: options.wide ?? false,
    ownerName: 'alice.test',
    ...(options.done === undefined ? {} : { done: options.done }),
  })
}

const EVERYTHING: Partial<PlanSyncInput> = {
  desired: [
    desired('api', { resources: { cpuMilli: 250, memoryBytes: 134_217_728 }, replicas: 3 }),
    desired('hello', {
      image: `registry.example/app:2@${DIGEST_2}`,
      env: [{ name: 'GREETING', value: 'hi\u001B[2J' }],
      stopGracePeriodMs: 5000,
    }),
    desired('new'),
    desired('same'),
    desired('theirs'),
  ],
  existing: [
    existing('api'),
    existing('db', { volumes: [{ name: 'data', path: '/data' }] }),
    existing('gone', { env: [{ name: 'OLD', value: '1' }] }),
    existing('hello'),
    existing('same'),
    existing('safe', { protect: true, user: '1' }),
    existing('theirs', {}, 'bob/other'),
  ],
  prune: true,
}

describe('formatPlan', () => {
  it('shows every kind of change and counts them', () => {
    expect(show(EVERYTHING)).toMatchInlineSnapshot(`
      "~ api     moves: where it runs is decided anew, and scales to 3 replicas  api.yaml:1
          moves because of: resources
          replicas: 2 → 3
          resources.memory: 64Mi → 128Mi
      - db      gone from the folder: all of it stops
          it has volumes: machines keep their data until told
      - gone    gone from the folder: all of it stops
      ~ hello   rolls out where it runs, one replica after another              hello.yaml:1
          env.GREETING: (unset) → hi\\u001b[2J
          image: registry.example/app:1@sha256:111111111111…
               → registry.example/app:2@sha256:222222222222…
          stopGracePeriod: (unset) → 5s
      + new     new: 2 replicas                                                 new.yaml:1
          image: registry.example/app:1@sha256:111111111111…
      ! safe    protected: not in this folder
          publish it once with protect: false to let it be deleted
      ! theirs  in conflict: the set "bob/other" published it, and "example.org/alice/app" claims it too  theirs.yaml:1
          rename one, or take it over with --adopt

      Note: it deletes what has volumes: db; sync asks before that, or wants --yes.
      1 to create, 2 to change, 2 to delete, 1 protected, 1 in conflict, 1 unchanged (alice.test, set "example.org/alice/app")."
    `)
  })

  it('says what was done in the past tense, and all of it when wide', () => {
    const text = show(
      { desired: [desired('same')], existing: [existing('same'), existing('x')] },
      { wide: true, done: true },
    )
    expect(text).toMatchInlineSnapshot(`
      "= same  unchanged                                     same.yaml:1
      ? x     kept: not in this folder; --prune deletes it

      1 kept, 1 unchanged (alice.test, set "example.org/alice/app")."
    `)
  })

  it('says why nothing is pruned', () => {
    const text = show({
      desired: [desired('same')],
      existing: [existing('same'), existing('gone')],
      broken: [{ file: 'bad.yaml', line: 3, message: 'unknown key "replica"' }],
      prune: true,
    })
    expect(text).toMatchInlineSnapshot(`
      "! bad.yaml:3  invalid: unknown key "replica"
      ? gone  kept: not in this folder, but something in the folder is not valid, so nothing is pruned

      Note: something in the folder is not valid, so nothing is pruned.
      1 kept, 1 invalid, 1 unchanged (alice.test, set "example.org/alice/app")."
    `)
  })

  it('is one line when there is nothing to do', () => {
    expect(
      show({ desired: [desired('same')], existing: [existing('same')] }),
    ).toMatchInlineSnapshot(
      `"Nothing to do: 1 workload as published by alice.test, set "example.org/alice/app"."`,
    )
  })

  it('has no control characters but its own colours', () => {
    // oxlint-disable-next-line no-control-regex
    const rest = show(EVERYTHING, { color: true }).replaceAll(/\u001B\[\d+m/g, '')
    // oxlint-disable-next-line no-control-regex
    expect(rest).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/)
    expect(show(EVERYTHING)).toBe(rest)
  })
})
