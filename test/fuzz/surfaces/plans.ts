import fc from 'fast-check'
import { parseViewValue } from '../../../src/atproto/record-store-parse.ts'
import { COLLECTION } from '../../../src/model/nsid.ts'
import type { WorkloadRecord } from '../../../src/model/records.ts'
import { judge } from '../../../src/policy/judge.ts'
import { limitFor } from '../../../src/policy/limit.ts'
import { parseDocuments } from '../../../src/spec/parse-documents.ts'
import { parsePolicyFile } from '../../../src/spec/policy-file.ts'
import { planSync } from '../../../src/sync/plan-sync.ts'
import { OWNER, planInput, SET } from '../../../src/sync/sync-fixtures.ts'
import { toCbor } from '../arbitraries/cbor.ts'
import { LexiconValues } from '../arbitraries/lexicon-values.ts'
import { yamlOf } from '../arbitraries/yaml-text.ts'
import { expectThat, surfaceOf, type Surface } from '../surface.ts'

const lexicons = new LexiconValues()
const record = lexicons.record(COLLECTION.workload)
const MUCH = { cpuMilli: 1e6, memoryBytes: 1e15, storageBytes: 1e15 }

/** What sync and policy make of valid files and of records that others’ programs wrote. */
export const planSurfaces: readonly Surface[] = [
  surfaceOf(
    'plan-sync',
    fc.record({
      text: yamlOf('workload.schema.json'),
      records: fc.array(record, { maxLength: 4 }),
      prune: fc.boolean(),
      adopt: fc.boolean(),
    }),
    ({ text, records, prune, adopt }) => {
      const { workloads } = parseDocuments(text, 'a.yaml')
      const existing = records.flatMap((value) => {
        const parsed = workloadOf(value)
        return parsed === undefined
          ? []
          : [{ name: parsed.name, cid: 'a', record: parsed, set: SET }]
      })
      const desired = workloads.map(({ document, file, line, record }) => ({
        name: document.name,
        file,
        line,
        record,
      }))
      const plan = planSync(planInput({ desired, existing, prune, adopt }))
      const names = plan.items.map(({ name }) => name)
      for (const { name } of desired) expectThat(names.includes(name), 'nothing is left out')
    },
  ),
  surfaceOf('policy-judge', fc.tuple(yamlOf('policy.schema.json'), record), ([text, value]) => {
    const { policy } = parsePolicyFile(text, 'policy.yaml', 'UTC')
    const workload = workloadOf(value)
    if (policy === undefined || workload === undefined) return
    for (const isOwn of [true, false]) {
      const party = { owner: OWNER, isOwn, clusters: ['friends'] }
      const refusal = judge(policy, party, workload, 1_795_255_000_000)
      expectThat(
        refusal === undefined || refusal.message.length <= 10_000,
        'a refusal is a sentence',
      )
      limitFor(policy, party, { offer: MUCH, own: MUCH, others: MUCH, sameRule: MUCH })
    }
  }),
]

/** The record as a reader gets it. */
function workloadOf(value: Readonly<Record<string, unknown>>): WorkloadRecord | undefined {
  const name = String(value['name'])
  const parsed = parseViewValue(COLLECTION.workload, name, { bytes: toCbor(value) })
  return parsed.ok ? (parsed.value as WorkloadRecord) : undefined
}
