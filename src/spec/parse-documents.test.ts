import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faults, firstIssue, HEAD, summaries } from '../../test/support/workload-faults.ts'
import { parseDocuments } from './parse-documents.ts'

const REST = 'name: hello\nimage: busybox:1.37\n'

describe('a valid file', () => {
  it('gives workloads with their lines', () => {
    const result = parseDocuments(
      `# one\n${HEAD}---\n# two\n\n${HEAD.replace('hello', 'b')}`,
      'a.yaml',
    )
    expect(result.issues).toEqual([])
    expect(result.workloads.map(({ file, line, record }) => [file, line, record.name])).toEqual([
      ['a.yaml', 2, 'hello'],
      ['a.yaml', 8, 'b'],
    ])
  })

  it.each([
    ['a byte order mark', `\u{feff}${HEAD}`],
    ['CRLF', HEAD.replaceAll('\n', '\r\n')],
    ['no line break at the end', HEAD.trimEnd()],
    ['a document start and end', `---\n${HEAD}...\n`],
    ['empty documents', `---\n---\n# nothing\n---\n${HEAD}---\n...\n`],
    ['JSON', '{"kind": "Workload", "name": "hello", "image": "busybox:1.37"}'],
    ['text from right to left', `# שלום\n${HEAD}env: { A: "שלום" }\n`],
    ['a long comment line', `# ${'x'.repeat(5000)}\n${HEAD}`],
    ['an anchor that nobody uses', HEAD.replace('name: hello', 'name: &x hello')],
  ])('may have %s', (_, text) => {
    const result = parseDocuments(text, 'a.yaml')
    expect(result.issues).toEqual([])
    expect(result.workloads.map(({ record }) => record.name)).toEqual(['hello'])
  })

  it('keeps numbers in variables as they were written', () => {
    const { workloads } = parseDocuments(`${HEAD}env: { A: 1.10, B: 0755, C: 1e3, D: x }`, 'a')
    expect(workloads[0]?.record.env).toEqual([
      { name: 'A', value: '1.10' },
      { name: 'B', value: '0755' },
      { name: 'C', value: '1e3' },
      { name: 'D', value: 'x' },
    ])
  })

  it('is read beside a broken document', () => {
    const result = parseDocuments(`kind: [\n---\n${HEAD}`, 'a.yaml')
    expect(result.workloads).toHaveLength(1)
    expect(result.issues.map(({ line }) => line)).toEqual([2])
  })
})

describe('notation', () => {
  it.each<[string, string, readonly string[]]>([
    ['an empty file', '', ['1:1 warning : the file is empty']],
    ['white space', ' \n\n', ['1:1 warning : the file is empty']],
    ['comments only', '# x\n---\n# y', ['1:1 warning : the file is empty']],
    ['a list', '- a', ['1:1 : found a list']],
    ['a text', 'hello', ['1:1 : found the text "hello"']],
    ['a tab', 'a:\n\tb: c', ['2:1 : a tab cannot indent YAML']],
    ['a tag', `kind: !foo Workload\n${REST}`, ['1:12 kind: tags are not used here']],
    ['a standard tag', `kind: !!str Workload\n${REST}`, ['1:13 kind: tags are not used here']],
    ['a binary tag', `kind: !!binary aGVsbG8=\n${REST}`, ['1:16 kind: tags are not used here']],
    ['a directive', '%YAML 1.1\n---\nkind: Workload', ['1:1 : YAML directives are not used here']],
    ['a NUL', 'kind: \u0000', ['1:7 : the character "\\u{0}" is not allowed here']],
    ['a lone carriage return', 'a: b\rc: d', ['1:5 : the character "\\u{d}" is not allowed here']],
    [
      'a disguise',
      '# \u202e\nkind: Workload',
      ['1:3 : the character "\\u{202e}" is not allowed here'],
    ],
    ['an open quote', 'kind: "Workload', ['1:16 : not well-formed YAML: missing closing "quote']],
    ['a merge conflict', `<<<<<<< HEAD\n${HEAD}`, ['1:1 : unresolved merge conflict']],
    ['the other half of one', `${HEAD}>>>>>>> main\n`, ['4:1 : unresolved merge conflict']],
  ])('%s', (_, text, expected) => {
    expect(summaries(text).slice(0, expected.length)).toEqual(expected)
    expect(parseDocuments(text, 'a').workloads).toEqual([])
  })

  it('names both places of a key that stands twice', () => {
    expect(faults('env:\n  A: x\n  B: y\n  A: z\nname: again')).toEqual([
      '4:3 env.A: the key stands twice; first on line 5',
      '5:1 name: the key stands twice; first on line 2',
    ])
  })

  it('takes `yes` for the text that YAML 1.2 says it is', () => {
    expect(firstIssue(`${HEAD}protect: yes`)).toMatchObject({ suggestion: 'true', path: 'protect' })
  })
})

describe('hostile documents are refused, by their numbers in the list of hostile inputs', () => {
  const bomb = `a: &a [x, x]\n${'bcdefghij'
    .split('')
    .map((name, index) => `${name}: &${name} [*${'abcdefghi'[index]}, *${'abcdefghi'[index]}]`)
    .join('\n')}`
  it.each<[string, string, RegExp]>([
    ['#22 alias bomb', bomb, /aliases are not used/],
    ['#23 cyclic alias', 'kind: &a [*a]', /aliases are not used/],
    ['#23 merge key', `a: &a { b: c }\n<<: *a`, /aliases|merge keys/],
    ['#24 many keys', Array.from({ length: 60_000 }, (_, i) => `k${i}: 1`).join('\n'), /too large/],
    ['#25 duplicates', `${HEAD}name: other`, /twice/],
    ['#26 __proto__', `${HEAD}__proto__: { privileged: true }`, /unknown key "__proto__"/],
    ['#26 __proto__ below', `${HEAD}env: { "__proto__": x }`, /unknown key "__proto__"/],
    ['#26 constructor', `${HEAD}constructor: { prototype: x }`, /unknown key "constructor"/],
    ['#27 custom tag', `${HEAD}env: !!js/function "function () {}"`, /tags are not used/],
    ['#28 deep lists', '['.repeat(20_000), /nested too deeply/],
    ['#28 deep mappings', '{a: '.repeat(8_000), /nested too deeply/],
    ['#28 deep block', '- '.repeat(16_000), /nested too deeply/],
    ['#28 deep keys', '? '.repeat(16_000), /nested too deeply/],
    ['#30 .nan', `${HEAD}resources: { memory: .nan }`, /out of range/],
    ['#30 .inf', `${HEAD}resources: { memory: -.inf }`, /out of range/],
    ['#30 1e400', `${HEAD}resources: { memory: 1e400 }`, /out of range/],
    ['#30 "1e400"', `${HEAD}resources: { memory: "1e400" }`, /found the text "1e400"/],
    ['#30 negative', `${HEAD}resources: { memory: -64Mi }`, /found the text "-64Mi"/],
    ['#31 bidi in a name', HEAD.replace('hello', '"he\\u202ello"'), /not allowed|not a name/],
    ['#31 bidi in a key', `${HEAD}env: { "A\\u2066B": x }`, /unknown key "A\\u\{2066\}B"/],
    ['#31 invisible key', `${HEAD}env: { "A\\u200bB": x }`, /unknown key/],
    ['#39 privileged', `${HEAD}privileged: true`, /unknown key "privileged"/],
    ['#39 cap_add', `${HEAD}capAdd: [SYS_ADMIN]\nsecurity: baseline`, /found the text "SYS_ADMIN"/],
    ['#39 socket', `${HEAD}volumes: ["/var/run/docker.sock:/s"]`, /found the text/],
    ['#39 host path', `${HEAD}volumes: [{ name: a, path: /a, source: / }]`, /unknown key "source"/],
    ['#39 host pid', `${HEAD}hostPID: true`, /unknown key "hostPID"/],
    ['#39 devices', `${HEAD}devices: [/dev/kmsg]`, /unknown key "devices"/],
    ['#44 traversal', HEAD.replace('hello', '../../etc/passwd'), /is not a name/],
    ['#44 traversal in a volume', `${HEAD}volumes: [{ name: ../a, path: /a }]`, /is not a name/],
    [
      '#44 traversal in a path',
      `${HEAD}volumes: [{ name: a, path: /a/../../b }]`,
      /found the text/,
    ],
  ])('%s', (_, text, message) => {
    const result = parseDocuments(text, 'a.yaml')
    expect(result.workloads).toEqual([])
    expect(result.issues.map((issue) => issue.message).join('\n')).toMatch(message)
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('39: root, a writable root and capabilities need security: baseline', () => {
    const asked = 'user: 0\nreadOnly: false\ncapAdd: [CHOWN]\n'
    expect(faults(asked)).toHaveLength(3)
    expect(faults(`${asked}security: baseline`)).toEqual([])
    expect(faults('capAdd: [NET_BIND_SERVICE]')).toEqual([])
  })

  it('29 is none: a file may hold several documents', () => {
    expect(parseDocuments(`${HEAD}---\n${HEAD}`, 'a').workloads).toHaveLength(2)
  })

  it('holds every document to its size, however the file is cut', () => {
    const large = `${HEAD}# ${'x'.repeat(33_000)}`
    expect(summaries(large)).toEqual(['1:1 : the document is too large'])
    expect(parseDocuments(`${HEAD}---\n${large}`, 'a').workloads).toHaveLength(1)
    expect(summaries(`${HEAD}---\n`.repeat(1001))).toEqual([
      '1:1 : the file holds too many documents',
    ])
  })

  it('sums up what nobody would read', () => {
    const { issues } = parseDocuments(`${HEAD}${'a: 1\n'.repeat(5000)}`, 'a')
    expect(issues).toHaveLength(101)
    expect(issues.at(-1)?.message).toBe('4899 more issues in this document')
  })
})

describe('whatever stands in a file', () => {
  const word = fc.constantFrom(
    ...['kind', 'Workload', 'name', 'image', ':', ' ', '\n', '  ', '- ', '{', '}', '[', ']', ','],
    ...['"', "'", '|', '>', '&a', '*a', '!x', '#', '---\n', '...\n', '? ', '<<', '\t', '%', '\r\n'],
    ...['env', 'ports', 'resources', 'memory', '64Mi', '1e400', '.nan', '__proto__', '\u202e', '0'],
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(word).map((words) => words.join('')),
  )

  it('is read without an exception, and each issue has a place', () => {
    fc.assert(
      fc.property(text, (value) => {
        const result = parseDocuments(value, 'a.yaml')
        const lines = value.split('\n').length
        for (const issue of result.issues) {
          expect(issue.line).toBeGreaterThanOrEqual(1)
          expect(issue.line).toBeLessThanOrEqual(lines)
          expect(issue.column).toBeGreaterThanOrEqual(1)
          expect(issue.message).not.toBe('')
        }
        const errors = result.issues.filter(({ severity }) => severity === 'error')
        const isQuiet = result.workloads.length === result.documentCount
        expect(errors.length === 0).toBe(isQuiet)
      }),
      { numRuns: 1000 },
    )
  })

  it('gives the same for the same text', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(parseDocuments(value, 'a')).toEqual(parseDocuments(value, 'a'))
      }),
      { numRuns: 100 },
    )
  })
})
