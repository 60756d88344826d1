import { readdir, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { main } from '../../src/lexicons/commune/scheduler/workload.defs.ts'
import { parseImageReference } from '../../src/model/image-reference.ts'
import { readFolder } from '../../src/spec/read-folder.ts'

const FOLDER = 'examples/workloads'
const SCHEMA_LINE = '# yaml-language-server: $schema=../../schemas/workload.schema.json'

const examples = await readFolder(FOLDER)

it('finds nothing to say about the examples', () => {
  expect(examples.issues).toEqual([])
  expect(examples.files.length).toBeGreaterThanOrEqual(6)
})

it.each(examples.workloads.map((workload) => [workload.file, workload] as const))(
  'converts %s',
  async (file, { record }) => {
    expect(main.safeValidate({ ...record, createdAt: '2026-01-01T00:00:00Z' })).toMatchObject({
      success: true,
    })
    const image = parseImageReference(record.image)
    expect(image).toMatchObject({ ok: true, value: { tag: expect.any(String) } })
    await expect(`${JSON.stringify(record, null, 2)}\n`).toMatchFileSnapshot(
      `workloads/${file.replace(/\.yaml$/, '.json')}`,
    )
  },
)

it('keeps no snapshot of an example that is gone', async () => {
  const names = await readdir(new URL('workloads', import.meta.url))
  expect(names.toSorted()).toEqual(examples.files.map((file) => file.replace(/\.yaml$/, '.json')))
})

it('offers completion in editors', async () => {
  for (const file of examples.files) {
    const text = await readFile(`${FOLDER}/${file}`, 'utf8')
    expect(text.split('\n', 1)).toEqual([SCHEMA_LINE])
  }
})
