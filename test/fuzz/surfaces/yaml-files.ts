import fc from 'fast-check'
import { parseCommuneFile } from '../../../src/spec/commune-file.ts'
import { parseOverlay } from '../../../src/spec/overlay.ts'
import { parseDocuments } from '../../../src/spec/parse-documents.ts'
import { parsePolicyFile } from '../../../src/spec/policy-file.ts'
import type { Variables } from '../../../src/spec/variables.ts'
import { yamlOf } from '../arbitraries/yaml-text.ts'
import { expectThat, surfaceOf, type Surface } from '../surface.ts'
import type { Issue } from '../../../src/spec/issue.ts'

/** More issues in one document are summed up. */
const ISSUES_MAX = 1_000

const variables: Variables = new Map([['NAME', { value: 'web', text: 'web' }]])

/** Files of an owner's folder, and the policy of a machine. */
export const yamlSurfaces: readonly Surface[] = [
  surfaceOf('yaml-workload', yamlOf('workload.schema.json'), (text) => {
    placed(parseDocuments(text, 'a.yaml').issues)
    placed(parseDocuments(text, 'a.yaml', { variables }).issues)
  }),
  surfaceOf('yaml-policy', yamlOf('policy.schema.json'), (text) => {
    placed(parsePolicyFile(text, 'policy.yaml', 'UTC').issues)
  }),
  surfaceOf('yaml-commune', yamlOf('commune.schema.json'), (text) => {
    placed(parseCommuneFile(text, 'commune.yaml').issues)
  }),
  surfaceOf(
    'yaml-overlay',
    fc.tuple(yamlOf('overlay.schema.json'), yamlOf('workload.schema.json')),
    ([text, workload]) => {
      const { overlay, issues } = parseOverlay(text, 'o.yaml', variables, new Map())
      placed(issues)
      if (overlay === undefined) return
      placed(parseDocuments(workload, 'a.yaml', { variables, overlay }).issues)
      placed(overlay.unapplied(new Set(['web'])))
    },
  ),
]

/** Whatever is wrong has a place and fits on a screen. */
function placed(issues: readonly Issue[]): void {
  expectThat(issues.length <= ISSUES_MAX, 'issues are summed up')
  for (const { line, column, message } of issues) {
    expectThat(line === undefined || line >= 1, 'lines count from 1')
    expectThat(column === undefined || column >= 1, 'columns count from 1')
    expectThat(message.length <= 10_000, 'messages are short')
  }
}
