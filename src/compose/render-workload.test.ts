import { expect, test } from 'vitest'
import { lost } from './note.ts'
import { renderWorkload } from './render-workload.ts'

test('remarks never make the file larger than a workload file may be', () => {
  const notes = Array.from({ length: 500 }, (_, i) => lost(['environment', i], 'x'.repeat(40_000)))
  const text = renderWorkload(
    { kind: 'Workload', name: 'web', image: 'nginx:1.27' },
    { files: 'compose.yaml', service: 'web', notes, schema: 'workload.schema.json' },
  )
  expect(text.length).toBeLessThan(16 * 1024)
  expect(text).toContain('# - and 480 more, which the import told')
})
