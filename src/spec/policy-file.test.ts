import { readFileSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { parsePolicyFile } from './policy-file.ts'

function issuesOf(text: string) {
  return parsePolicyFile(text, 'policy.yaml', 'UTC').issues.map(
    ({ line, column, path, message, expected, suggestion }) =>
      [`${line}:${column}`, path, message, expected, suggestion].filter(Boolean).join(' | '),
  )
}

test('the example is sound', () => {
  const file = 'examples/policy.yaml'
  const { policy, issues } = parsePolicyFile(readFileSync(file, 'utf8'), file, 'UTC')
  expect(issues).toEqual([])
  expect(policy?.rules.length).toBeGreaterThan(2)
})

test('reads amounts, patterns, ports and hours', () => {
  const { policy } = parsePolicyFile(
    `kind: Policy
timeZone: Europe/Berlin
reserve: { cpu: 500m, memory: 1Gi }
rules:
  - for: cluster friends
    name: nights
    images: ["ghcr.io/bob/*"]
    ports: [8080, "9000-9010"]
    hours: ["22:00-06:00"]
    total: { memory: 2Gi }
  - for: did:plc:bob
    allow: false
`,
    'policy.yaml',
    'UTC',
  )
  expect(policy).toEqual({
    reserve: { cpuMilli: 500, memoryBytes: 1024 ** 3, storageBytes: 0 },
    rules: [
      {
        name: 'nights',
        subject: { kind: 'cluster', cluster: 'friends' },
        terms: {
          images: [{ text: 'ghcr.io/bob/*', parts: ['ghcr.io', 'bob', '*'] }],
          ports: [
            { first: 8080, last: 8080 },
            { first: 9000, last: 9010 },
          ],
          hours: [{ fromMinute: 1320, toMinute: 360, timeZone: 'Europe/Berlin' }],
          total: { memoryBytes: 2 * 1024 ** 3 },
        },
      },
      {
        name: 'did:plc:bob',
        subject: { kind: 'owner', owner: 'did:plc:bob' },
        terms: { allow: false },
      },
    ],
  })
})

test.each([
  ['runc', 'runc'],
  ['gvisor', 'gvisor'],
  ['runsc', 'gvisor'],
])('reads runtime: %s as %s', (word, runtime) => {
  const text = `kind: Policy\nrules:\n  - for: members\n    runtime: ${word}\n`
  const { policy } = parsePolicyFile(text, 'policy.yaml', 'UTC')
  expect(policy?.rules[0]?.terms).toEqual({ runtime })
})

test('reads sizes of images, and whose signatures count', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  const { policy, issues } = parsePolicyFile(
    `kind: Policy
rules:
  - for: members
    imageSize: 1Gi
    imageTotal: unlimited
    signatures:
      - { images: ["ghcr.io/**"], issuer: "https://issuer.example", subject: "bob@*" }
      - key: |
${pem.replaceAll(/^/gm, '          ')}
`,
    'policy.yaml',
    'UTC',
  )
  expect(issues).toEqual([])
  expect(policy?.rules[0]?.terms).toEqual({
    imageSize: 1024 ** 3,
    imageTotal: Infinity,
    signatures: [
      {
        images: [{ text: 'ghcr.io/**', parts: ['ghcr.io', '**'] }],
        ...{ kind: 'identity', issuer: 'https://issuer.example', subject: 'bob@*' },
      },
      { kind: 'key', key: expect.stringContaining('BEGIN PUBLIC KEY') },
    ],
  })
})

test.each([
  ['imageSize: much', /imageSize \| .*unlimited/],
  ['imageTotal: -1Gi', /imageTotal \| .*-1Gi/],
  [
    'signatures: [{}]',
    /signatures\[0\] \| it names no signer \| either issuer and subject, or key/,
  ],
  ['signatures: [{ issuer: a }]', /it names no signer/],
  ['signatures: [{ issuer: a, subject: b, key: c }]', /it names no signer/],
  ['signatures: [{ key: secret }]', /key \| found something else \| a public key that begins/],
  ['signatures: [{ issuer: a, subject: b, images: ["A:1"] }]', /signatures\[0\]\.images\[0\]/],
])('refuses %s', (line, expected) => {
  expect(issuesOf(`kind: Policy\nrules:\n  - for: members\n    ${line}\n`)[0]).toMatch(expected)
})

test('says all that is wrong, each with its place', () => {
  const issues = issuesOf(`kind: Policy
timeZone: Middle/Earth
reserve: { memory: -1Gi }
rules:
  - for: everybody
    images: ["Nope:1"]
    ports: [0, "9-1"]
    hours: ["25:00-26:00"]
    total: { cpu: lots }
`)
  expect(issues).toEqual([
    expect.stringMatching(/^2:11 \| timeZone \| .*Middle\/Earth.*Europe\/Berlin/),
    expect.stringMatching(/^3:20 \| reserve\.memory \| .*-1Gi/),
    expect.stringMatching(/^5:10 \| rules\[0\]\.for \| .*own, members, cluster NAME/),
    expect.stringMatching(/^6:14 \| rules\[0\]\.images\[0\]/),
    expect.stringMatching(/^7:13 \| rules\[0\]\.ports\[0\]/),
    expect.stringMatching(/^7:16 \| rules\[0\]\.ports\[1\]/),
    expect.stringMatching(/^8:13 \| rules\[0\]\.hours\[0\]/),
    expect.stringMatching(/^9:19 \| rules\[0\]\.total\.cpu/),
  ])
})

test.each([
  ['a misspelt key', 'kind: Policy\nruels: []\n', /^2:1 \| .*ruels.*\| rules$/],
  [
    'a misspelt key of a rule',
    'kind: Policy\nrules:\n  - for: members\n    imagse: []\n',
    /^4:5 .*imagse.*\| images$/,
  ],
  ['another kind', 'kind: Workload\n', /^1:7 \| kind/],
  ['a list', '- 1\n', /mapping that begins with kind: Policy/],
  ['no subject', 'kind: Policy\nrules:\n  - allow: true\n', /^3:5 .*for/],
  ['two documents', 'kind: Policy\n---\nkind: Policy\n', /several documents/],
])('refuses %s', (_, text, expected) => {
  const { policy } = parsePolicyFile(text, 'policy.yaml', 'UTC')
  expect(policy).toBeUndefined()
  expect(issuesOf(text)).toEqual([expect.stringMatching(expected)])
})

test('of very many faults the first hundred are told, and how many more there are', () => {
  const text = `kind: Policy\nrules:\n${'  - nobody: knows\n'.repeat(500)}`
  const { policy, issues } = parsePolicyFile(text, 'policy.yaml', 'UTC')
  expect(policy).toBeUndefined()
  expect(issues).toHaveLength(101)
  expect(issues.at(-1)?.message).toMatch(/^\d+ more issues in this document$/)
})
