import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseDocuments } from './parse-documents.ts'

function faults(text: string): string[] {
  return parseDocuments(text, 'a.yaml').issues.map(
    ({ line, column, path, message, expected, suggestion }) =>
      [`${line}:${column} ${path}: ${message}`, expected, suggestion].filter(Boolean).join('; '),
  )
}

test('the example is what the record says', () => {
  const { clusters, issues } = parseDocuments(readFileSync('examples/cluster.yaml', 'utf8'), 'a')
  expect(issues).toEqual([])
  expect(clusters[0]).toMatchObject({
    name: 'friends',
    line: 5,
    record: {
      minimumContribution: 200_000,
      graceDays: 30,
      lastInLineDays: 14,
      noPlacementsDays: 14,
      noticeDays: 7,
      rootCreditLine: 7 * 86_400_000_000,
      sponsorsMin: 1,
      unsponsoredLine: 86_400_000_000,
      quorumMillionths: 670_000,
      suspensionDays: 7,
      disputeDays: 7,
    },
  })
})

test('what is left out is not in the record', () => {
  expect(parseDocuments('kind: Cluster\nname: friends\n', 'a').clusters[0]?.record).toEqual({})
})

const START = 'kind: Cluster\nname: friends\n'

test.each([
  ['kind: Cluster\n', ['1:1 : the key name is missing; name: text such as "friends"']],
  ['kind: Cluster\nname: My Friends\n', [/^2:7 name: "My Friends" is not a name; .*; my-friends$/]],
  [
    `${START}contribution: { minimun: 20% }\n`,
    [/^3:17 contribution.minimun: unknown key "minimun"; minimum$/],
  ],
  [
    `${START}contribution: { minimum: 20 }\n`,
    [/^3:26 contribution.minimum: found the number 20; a share .*; 20%$/],
  ],
  [
    `${START}contribution: { minimum: 120% }\n`,
    [/^3:26 contribution.minimum: found the text "120%"; a share/],
  ],
  [
    `${START}contribution: { graceDays: 2w }\n`,
    [/^3:28 contribution.graceDays: found the text "2w"/],
  ],
  [`${START}freeRiders: { noticeDays: 0 }\n`, [/^3:27 freeRiders.noticeDays: found the number 0/]],
  [`${START}votes: { quorum: 10% }\n`, [/^3:18 votes.quorum: found the text "10%"; at least 50%$/]],
  [`${START}votes: { suspensionDays: 91 }\n`, [/^3:26 votes.suspensionDays: found the number 91/]],
  [`${START}newcomers: { sponsors: -1 }\n`, [/^3:24 newcomers.sponsors: found the number -1/]],
  [`${START}newcomers: { sponsor: 1 }\n`, [/unknown key "sponsor"; sponsors$/]],
  [`${START}newcomers: { startDays: 0 }\n`, [/^3:25 newcomers.startDays: found the number 0/]],
  [
    `${START}credit: { startDays: 3 }\nnewcomers: { startDays: 4 }\n`,
    [/^4:25 newcomers.startDays: found the number 4; at most the 3 days .*credit.startDays/],
  ],
  [`${START}newcomers: { startDays: 8 }\n`, [/at most the 7 days that others start with/]],
  [`${START}image: nginx\n`, [/^3:1 image: unknown key "image"/]],
])('%j', (text, expected) => {
  const found = faults(text)
  expect(found).toHaveLength(expected.length)
  expected.forEach((one, index) => expect(found[index]).toMatch(one))
})

test('a cluster and a workload may share a name, two clusters may not', () => {
  const workload = 'kind: Workload\nname: friends\nimage: nginx\n'
  const both = parseDocuments(`${START}---\n${workload}`, 'a')
  expect([both.issues, both.clusters.length, both.workloads.length]).toEqual([[], 1, 1])
})
