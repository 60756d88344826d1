import { expect, test } from 'vitest'
import { handWritten, isTest, readText } from './source-tree.ts'

/** Constants that bound nothing that others can make grow, by file and name, and why. */
const OTHERS: readonly (readonly [which: RegExp, why: string])[] = [
  [/(?:MS|SECONDS|DAYS)_MAX$/, 'a span of time'],
  [/_FACTOR_MAX$| CLOCK_DRIFT_MAX$| SCORE_PART_MAX$| ROUND_MAX$/, 'a number that is compared'],
  [/^src\/(?:cli|sync|compose|dev)\//, 'of a command, which ends'],
  [/^src\/(?:model|spec)\/.* (?:[A-Z_]*LENGTH_MAX|EXPONENT_MAX)$/, 'of a field of a document'],
  [/^src\/spec\/check-[a-z]+\.ts /, 'of a field of a document'],
  [/ (?:UID_MAX|(?:PRIVILEGED_)?PORT_MAX)$/, 'of a field, set by the system'],
  [/^src\/policy\/image-pattern\.ts LENGTH_MAX$/, 'of a field of a document'],
  [/^src\/model\/placement-key\.ts OWNERS_MAX$/, 'of the key of one record'],
  [/^src\/engine\/(?:allowed-container|hardening)\.ts /, 'of a container: docs/security.md'],
  [/^src\/engine\/memory-container\.ts /, 'of an engine for tests'],
  [/^src\/xrpc\/exec-session\.ts PIECE_BYTES_MAX$/, 'of what is sent at once'],
  [/^src\/meshlet\/holdings\.ts REPLICAS_MAX$/, 'of a sum'],
  [/^src\/meshlet\/limit-check\.ts PAGE_BYTES_MAX$/, 'of the kernel'],
  [/^src\/meshlet\/flags\.ts RESOLVERS_MAX$/, 'of what the machine’s own user writes'],
  [/^src\/guard\/guard-client\.ts SOCKET_PATH_MAX$/, 'of the kernel'],
  [/^src\/bin\/limit-trial\.ts IMAGES_MAX$/, 'of a command, which ends'],
  [/^src\/selection\/(?:invitation|name-witnesses)\.ts /, 'of a choice among machines'],
]

test('every limit of the code is in the list of limits, or bounds nothing that grows', () => {
  const listed = new Set(
    readText('docs/limits.md')
      .split('\n')
      .flatMap((row) => {
        const [, file = ''] = / in `(src\/[^`]+)`/.exec(row) ?? []
        return [...row.matchAll(/`([A-Z_]+_MAX)`/g)].map(([, name = '']) => `${file} ${name}`)
      }),
  )
  const limits = handWritten()
    .filter((file) => file.path.startsWith('src/') && !isTest(file))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/^(?:export )?const ([A-Z_]+_MAX)\b/gm)].map(
        ([, name = '']) => `${path} ${name}`,
      ),
    )
  expect(limits.length).toBeGreaterThan(200)
  const isOther = (limit: string) => OTHERS.some(([which]) => which.test(limit))
  expect(limits.filter((limit) => !listed.has(limit) && !isOther(limit))).toEqual([])
  const idle = OTHERS.filter(([which]) => !limits.some((limit) => which.test(limit)))
  expect(idle).toEqual([])
})
