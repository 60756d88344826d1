import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { importCompose } from '../../../src/compose/import-compose.ts'
import { parseDotenv } from '../../../src/compose/dotenv.ts'
import { interpolate } from '../../../src/compose/interpolate.ts'
import { splitShellWords } from '../../../src/compose/shell-words.ts'
import { parseDocuments } from '../../../src/spec/parse-documents.ts'
import { hostileText, mutatedText } from '../arbitraries/hostile-text.ts'
import { hostileValue } from '../arbitraries/hostile-value.ts'
import { yamlText } from '../arbitraries/yaml-text.ts'
import { expectThat, refusable, surfaceOf, type Surface } from '../surface.ts'

const word = fc.oneof(
  fc.constantFrom(
    'web',
    'db',
    '${A}',
    '${A:-b}',
    '${A:?no}',
    '80:80',
    '127.0.0.1:8080:80/udp',
    './data:/data:ro',
    'data:/data',
    '10s',
    '512m',
    '0.5',
    'always',
    'on-failure:3',
    'A=b',
    'A',
    '/tmp',
    'no',
    'compose.yaml',
    'service_healthy',
    'CMD',
    'curl -f http://localhost/',
  ),
  hostileText,
)
const words = fc.array(word, { maxLength: 4 })
const either = fc.oneof(word, words, fc.dictionary(word, word, { maxKeys: 3 }), hostileValue)

/** Every key of a service that means something to the conversion, with values of any shape. */
const KEYS = [
  'image',
  'command',
  'entrypoint',
  'environment',
  'env_file',
  'ports',
  'expose',
  'volumes',
  'tmpfs',
  'depends_on',
  'deploy',
  'healthcheck',
  'restart',
  'cap_add',
  'cap_drop',
  'privileged',
  'user',
  'working_dir',
  'read_only',
  'mem_limit',
  'cpus',
  'stop_grace_period',
  'stop_signal',
  'extends',
  'build',
  'secrets',
  'configs',
  'networks',
  'labels',
  'logging',
  'scale',
  'profiles',
  'security_opt',
  'sysctls',
  'ulimits',
  'x-a',
] as const

const service = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...KEYS), either, { maxKeys: 8 }),
    fc.option(
      fc.record({
        replicas: either,
        mode: either,
        resources: fc.record({ limits: fc.record({ cpus: either, memory: either }) }),
        update_config: either,
        restart_policy: either,
        placement: either,
      }),
    ),
  )
  .map(([keys, deploy]) => ({ image: 'nginx:1.27', ...keys, ...(deploy && { deploy }) }))

const project = fc.record(
  {
    services: fc.dictionary(fc.constantFrom('web', 'db', 'We_b', '__proto__'), service),
    include: either,
    volumes: either,
    networks: either,
    secrets: either,
  },
  { requiredKeys: ['services'] },
)

const variables = { get: (name: string) => (name === 'A' ? 'b' : undefined), isSecret: () => false }

/** What becomes of files that were written for Compose. */
export const composeSurfaces: readonly Surface[] = [
  { name: 'compose-import', inputs: yamlText(project), open: openImport },
  surfaceOf(
    'compose-text',
    mutatedText(word, [
      '${',
      '}',
      ':-',
      ':?',
      '$',
      '$$',
      '=',
      '"',
      "'",
      '\\',
      '\n',
      'export ',
      '#',
    ]),
    (text) => {
      interpolate(text, variables)
      parseDotenv(text, variables)
      splitShellWords(text)
    },
  ),
]

async function openImport() {
  const folder = await mkdtemp(join(tmpdir(), 'commune-fuzz-'))
  const file = join(folder, 'compose.yaml')
  return {
    feed: (input: unknown) =>
      refusable(async () => {
        await writeFile(file, String(input))
        const settings = { env: new Map([['A', 'b']]), schema: 'workload.schema.json' }
        const imported = await importCompose([file], settings)
        if (!imported.ok) return
        for (const { name, text } of imported.workloads) {
          const { issues } = parseDocuments(text, `${name}.yaml`)
          const wrong = issues.find(({ severity }) => severity === 'error')
          expectThat(wrong === undefined, `what import writes is valid: ${wrong?.message}\n${text}`)
        }
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}
