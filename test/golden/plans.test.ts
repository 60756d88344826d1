import { readdir, readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { formatPlan } from '../../src/sync/format-plan.ts'
import { planData } from '../../src/sync/plan-data.ts'
import { PLANS } from './plans/situations.ts'

const schema = JSON.parse(await readFile('schemas/plan.schema.json', 'utf8')) as object
const validate = new Ajv({ allErrors: true, strictTypes: false }).compile(schema)
const HANDLE = 'alice.example.org'

describe.each(Object.entries(PLANS))('%s', (name, { plan, outcome }) => {
  const look = (more: { color?: boolean; wide?: boolean }) => ({
    color: more.color ?? false,
    wide: more.wide ?? false,
    ownerName: HANDLE,
    done: outcome !== undefined,
  })

  it('for people', async () => {
    const text = `${formatPlan(plan, look({}))}\n`
    await expect(text).toMatchFileSnapshot(`plans/${name}.txt`)
  })

  it('for people who want to see all of it', async () => {
    const text = `${formatPlan(plan, look({ wide: true }))}\n`
    await expect(text).toMatchFileSnapshot(`plans/${name}.wide.txt`)
  })

  it('for programs, as the published schema says', async () => {
    const data: unknown = JSON.parse(JSON.stringify(planData(plan, HANDLE, outcome)))
    expect(validate(data), JSON.stringify(validate.errors, null, 2)).toBe(true)
    await expect(`${JSON.stringify(data, null, 2)}\n`).toMatchFileSnapshot(`plans/${name}.json`)
  })

  it('colours are all that a terminal adds', () => {
    const text = formatPlan(plan, look({ color: true }))
    // oxlint-disable-next-line no-control-regex
    expect(text.replaceAll(/\u001B\[\d+m/g, '')).toBe(formatPlan(plan, look({})))
  })
})

it('keeps no snapshot of what is gone', async () => {
  const files = await readdir(new URL('plans', import.meta.url))
  const kept = files.flatMap((file) => file.match(/^(.*?)\.(?:wide\.)?(?:txt|json)$/)?.[1] ?? [])
  expect([...new Set(kept)].toSorted()).toEqual(Object.keys(PLANS).toSorted())
})
