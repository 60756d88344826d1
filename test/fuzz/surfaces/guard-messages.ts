import fc from 'fast-check'
import {
  createLineReader,
  parseGuardAnswer,
  parseGuardRequest,
} from '../../../src/guard/guard-messages.ts'
import { mutatedText } from '../arbitraries/hostile-text.ts'
import { mutatedValue } from '../arbitraries/hostile-value.ts'
import { jsonText } from '../arbitraries/yaml-text.ts'
import { expectThat, surfaceOf, type Surface } from '../surface.ts'

const message = fc.oneof(
  fc.record({
    id: fc.nat(),
    kind: fc.constantFrom('hello', 'set', 'clear'),
    uri: fc.constant('at://a'),
    deadlineMs: fc.integer(),
  }),
  fc.record({ id: fc.nat(), pid: fc.nat(), deadlines: fc.dictionary(fc.string(), fc.integer()) }),
)

/** What daemon and guard say to each other; both sides hang up on what makes no sense. */
export const guardSurface: Surface = surfaceOf(
  'guard-messages',
  fc.array(
    mutatedText(
      mutatedValue(message, 2).map((value) => `${jsonText(value)}\n`),
      ['\n', '{', '"'],
    ),
    { maxLength: 4 },
  ),
  (chunks) => {
    const read = createLineReader((value) => {
      const request = parseGuardRequest(value)
      parseGuardAnswer(value)
      if (request?.kind === 'set')
        expectThat(Number.isFinite(request.deadlineMs), 'a deadline is a time')
    })
    try {
      for (const chunk of chunks) read(chunk)
    } catch (error) {
      // Whoever reads hangs up then; any other error is none that it looks for.
      const isRefusal = error instanceof SyntaxError || String(error).includes('without an end')
      if (!isRefusal) throw error
    }
  },
)
