import { describe, expect, test } from 'vitest'
import { judgeAudit } from './judge-audit.ts'

const TODAY = '2026-11-21'
const REASON = 'It needs a server of ours that parses YAML; there is none.'

const advisory = (severity: string, id = 'GHSA-aaaa-bbbb-cccc') => ({
  ...{ source: 1, name: 'left-pad', dependency: 'left-pad', title: 'Pads too far', severity },
  ...{ url: `https://github.com/advisories/${id}`, range: '<2' },
})
/** As npm says it: a package that only uses the faulty one names it as a text. */
const answer = (...via: object[]) => ({
  auditReportVersion: 2,
  vulnerabilities: {
    'left-pad': { name: 'left-pad', severity: 'high', via },
    web: { name: 'web', severity: 'high', via: ['left-pad'] },
  },
})
const exception = {
  advisory: 'GHSA-aaaa-bbbb-cccc',
  package: 'left-pad',
  reason: REASON,
  until: '2027-01-31',
}
const list = (...exceptions: object[]) => ({ failFrom: 'moderate', exceptions })

describe('the audit of packages', () => {
  test('passes when nothing is known', () => {
    const { failures, notes } = judgeAudit({ vulnerabilities: {} }, list(), TODAY)
    expect(failures).toEqual([])
    expect(notes).toEqual(['0 known, 0 of them moderate or graver, 0 accepted by the list'])
  })

  test('fails from the named severity on, and names the package, the fault and the advisory', () => {
    expect(judgeAudit(answer(advisory('low')), list(), TODAY).failures).toEqual([])
    for (const severity of ['moderate', 'high', 'critical', 'a new word'])
      expect(judgeAudit(answer(advisory(severity)), list(), TODAY).failures).toEqual([
        expect.stringMatching(/^left-pad: Pads too far \(\w+, GHSA-aaaa-bbbb-cccc\)/),
      ])
  })

  test('accepts what the list names with a reason, that fault of that package only', () => {
    const found = answer(advisory('high'), advisory('high', 'GHSA-other'))
    expect(judgeAudit(found, list(exception), TODAY).failures).toEqual([
      expect.stringContaining('GHSA-other'),
    ])
    const elsewhere = { ...exception, package: 'right-pad' }
    expect(judgeAudit(answer(advisory('high')), list(elsewhere), TODAY).failures).toHaveLength(1)
  })

  test('says when an exception is not needed any more', () => {
    const { failures, notes } = judgeAudit({ vulnerabilities: {} }, list(exception), TODAY)
    expect(failures).toEqual([])
    expect(notes[1]).toBe('GHSA-aaaa-bbbb-cccc of left-pad is not found any more: remove it')
  })

  test('a registry without an audit is said, and no failure', () => {
    const refused = {
      message: '405 Method Not Allowed - POST https://registry.example/-/npm/v1/security',
      statusCode: 405,
      error: { summary: '' },
    }
    expect(judgeAudit(refused, list(), TODAY)).toEqual({
      failures: [],
      notes: ['nothing was checked: the registry offers no audit (405 Method Not Allowed)'],
    })
    expect(judgeAudit(undefined, list(), TODAY).notes[0]).toMatch(/^nothing was checked/)
  })

  test.each<[string, object, RegExp]>([
    ['no advisory', { advisory: 'CVE-1' }, /^exceptions\[0\]: advisory: /],
    ['no package', { package: '' }, /package: /],
    ['no reason', { reason: 'fine' }, /reason: a sentence/],
    ['no end', { until: 'never' }, /until: a day/],
    ['an end that is over', { until: '2026-11-20' }, /2026-11-20 is over/],
    ['an end that is far away', { until: '2028-01-01' }, /at most 180 days/],
  ])('an exception with %s fails, even where there was no audit', (_, change, message) => {
    const { failures } = judgeAudit(undefined, list({ ...exception, ...change }), TODAY)
    expect(failures).toEqual([expect.stringMatching(message)])
  })

  test('a list that is none fails', () => {
    expect(judgeAudit({ vulnerabilities: {} }, {}, TODAY).failures).toEqual([
      'failFrom: expected one of info, low, moderate, high, critical',
      'exceptions: expected a list',
    ])
  })
})
