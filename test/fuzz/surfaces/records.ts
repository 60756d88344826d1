import fc from 'fast-check'
import { parseViewValue } from '../../../src/atproto/record-store-parse.ts'
import { isCollection } from '../../../src/atproto/validate.ts'
import { COLLECTION_PREFIX } from '../../../src/model/nsid.ts'
import { mutatedBytes, toCbor } from '../arbitraries/cbor.ts'
import { hostileText } from '../arbitraries/hostile-text.ts'
import { mutatedValue } from '../arbitraries/hostile-value.ts'
import { LexiconValues } from '../arbitraries/lexicon-values.ts'
import { expectThat, surfaceOf, type Surface } from '../surface.ts'

/** As many characters as an error may have, and what says that it goes on. */
const ERROR_CHARACTERS_MAX = 1_100

const lexicons = new LexiconValues()
const ids = lexicons.idsOf('record').filter((id) => id.startsWith(COLLECTION_PREFIX))
const rkeys = fc.oneof(fc.constantFrom('self', 'web', 'db', 'a'), hostileText)

/** Records of every lexicon, as the blocks of a stranger's repo. */
export const recordSurfaces: readonly Surface[] = ids.map((id) => {
  const values = mutatedValue(lexicons.record(id))
  const blocks = fc.oneof(
    { weight: 4, arbitrary: values.map(toCbor) },
    { weight: 1, arbitrary: mutatedBytes(lexicons.record(id).map(toCbor)) },
  )
  const name = `record-${id.slice(COLLECTION_PREFIX.length)}`
  return surfaceOf(name, fc.tuple(rkeys, blocks), ([rkey, bytes]) => {
    expectThat(isCollection(id), 'every lexicon of a record is known')
    if (!isCollection(id)) return
    const parsed = parseViewValue(id, rkey, { bytes })
    if (parsed.ok) expectThat(Object.isFrozen(parsed.value), 'records of the view are frozen')
    else expectThat(parsed.reason.length <= ERROR_CHARACTERS_MAX, 'a reason is short')
  })
})

/** That values really fit their lexicon, or the rest would only try refusals. */
export const validRecordSurface: Surface = surfaceOf(
  'record-valid',
  fc.constantFrom(...ids).chain((id) => fc.tuple(fc.constant(id), lexicons.record(id))),
  ([id, value]) => {
    if (!isCollection(id)) return
    const rkey = typeof value['name'] === 'string' ? value['name'] : 'self'
    const parsed = parseViewValue(id, rkey, { bytes: toCbor(value) })
    expectThat(parsed.ok || parsed.reason.startsWith('its key'), `valid: ${JSON.stringify(parsed)}`)
  },
)
