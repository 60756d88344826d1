import fc from 'fast-check'
import { parseDockerHost } from '../../../src/engine/endpoint.ts'
import { parseChallenge } from '../../../src/engine/registry-challenge.ts'
import { deadlineFlags, parseDeadlines } from '../../../src/guard/guard-messages.ts'
import { parseCron } from '../../../src/model/cron.ts'
import { formatDuration, parseDuration } from '../../../src/model/duration.ts'
import { formatImageReference, parseImageReference } from '../../../src/model/image-reference.ts'
import { formatSelector, matches, parseSelector } from '../../../src/model/label-selector.ts'
import { parseDnsLabel, suggestDnsLabel } from '../../../src/model/name.ts'
import { isRebalance } from '../../../src/model/placement-key.ts'
import { formatBytes, parseBytes, parseCpuMilli } from '../../../src/model/quantity.ts'
import { recordKeyFor } from '../../../src/model/record-key.ts'
import { isDid, parseWorkloadUri } from '../../../src/model/workload-uri.ts'
import { formatHours, isTimeZone, isWithin, parseHours } from '../../../src/policy/hours.ts'
import { fitsPattern, parseImagePattern } from '../../../src/policy/image-pattern.ts'
import { mutatedText } from '../arbitraries/hostile-text.ts'
import { expectThat, surfaceOf, type Surface } from '../surface.ts'

const HEX = 'f'.repeat(64)

/** Texts with a grammar of their own, wherever they stand. */
export const textSurfaces: readonly Surface[] = [
  textSurface(
    'duration',
    ['10s', '1h30m', '250ms', '0'],
    ['h', 'm', 's', 'ms', 'd', '.', '-'],
    (text) => {
      const parsed = parseDuration(text)
      if (!parsed.ok) return
      const again = parseDuration(formatDuration(parsed.value))
      expectThat(again.ok && again.value === parsed.value, 'a duration survives being written')
    },
  ),
  textSurface(
    'quantity',
    ['64Mi', '1.5Gi', '250m', '1e6', '.5'],
    ['Ki', 'E', 'e', '.', '-', 'm', 'n'],
    (text) => {
      parseCpuMilli(text)
      const parsed = parseBytes(text)
      if (!parsed.ok) return
      const again = parseBytes(formatBytes(parsed.value))
      expectThat(again.ok && again.value === parsed.value, 'a quantity survives being written')
    },
  ),
  textSurface(
    'cron',
    ['*/5 * * * *', '0 0 1 jan mon-fri', '@daily', '1-5/2,7 * * * 0'],
    ['*', '/', ',', '-', ' ', 'L', '@'],
    parseCron,
  ),
  textSurface(
    'label-selector',
    ['a=b', 'a in (b, c), !d', 'region notin (eu)', 'x/y'],
    ['in', 'notin', '(', ')', ',', '=', '==', '!=', '!', '>'],
    (text) => {
      const parsed = parseSelector(text)
      if (!parsed.ok) return
      matches(parsed.value, { a: 'b' })
      expectThat(
        parseSelector(formatSelector(parsed.value)).ok,
        'a selector survives being written',
      )
    },
  ),
  textSurface(
    'image-reference',
    ['nginx', 'nginx:1.27', `ghcr.io/a/b@sha256:${HEX}`, 'localhost:5000/x:y', '[::1]:5000/a'],
    ['/', ':', '@', 'sha256:', 'sha512:', '..', '__', '-', HEX],
    (text) => {
      const parsed = parseImageReference(text)
      if (!parsed.ok) return
      expectThat(
        parseImageReference(formatImageReference(parsed.value)).ok,
        'a reference survives being written',
      )
    },
  ),
  textSurface(
    'image-pattern',
    ['docker.io/library/*', '*/*/*', 'ghcr.io/**', 'a*b*c*'],
    ['*', '**', '/', '?', '.', '@'],
    (text) => {
      const parsed = parseImagePattern(text)
      if (parsed.ok) fitsPattern(parsed.value, `docker.io/${'a'.repeat(2000)}/b@sha256:${HEX}`)
    },
  ),
  textSurface(
    'hours',
    ['08:00-18:00', 'Mon-Fri 22:00-06:00', '00:00-24:00'],
    ['-', ':', 'Mon', ',', ' ', '24'],
    (text) => {
      const parsed = parseHours(text, 'UTC')
      isTimeZone(text)
      if (!parsed.ok) return
      formatHours(parsed.value)
      isWithin([parsed.value], 1_795_255_000_000)
    },
  ),
  textSurface('name', ['web', 'a-b', 'x'.repeat(63)], ['-', '_', 'A', '.', 'ü'], (text) => {
    parseDnsLabel(text)
    const suggested = suggestDnsLabel(text)
    expectThat(suggested === undefined || parseDnsLabel(suggested).ok, 'a suggested name is a name')
    recordKeyFor(text)
  }),
  textSurface(
    'workload-uri',
    [`at://did:plc:${'a'.repeat(24)}/commune.scheduler.workload/web`, `did:plc:${'a'.repeat(24)}`],
    ['at://', '/', 'did:', '%', '#', '?'],
    (text) => {
      parseWorkloadUri(text)
      isDid(text)
    },
  ),
  textSurface('placement-key', ['v1.abc.0', 'a.b', ''], ['.', 'v1', ':', '-'], (text) => {
    isRebalance(text, 'v1.abc.1')
    isRebalance('v1.abc.1', text)
  }),
  textSurface(
    'docker-host',
    ['unix:///var/run/docker.sock', 'tcp://127.0.0.1:2375', 'ssh://a@b'],
    ['://', ':', '[', ']', '@', '?', '#', '%'],
    (text) => parseDockerHost(text, {}),
  ),
  textSurface(
    'registry-challenge',
    ['Bearer realm="https://a/token",service="a",scope="b"', 'Basic realm="x"'],
    ['Bearer ', 'Basic ', 'realm=', '"', ',', '=', '\\"', 'Negotiate '],
    parseChallenge,
  ),
  textSurface('deadline-flag', ['web=1000', 'a=1'], ['=', ',', '-', 'e', '.'], (text) =>
    deadlineFlags(parseDeadlines([text])),
  ),
]

function textSurface(
  name: string,
  valid: readonly string[],
  words: readonly string[],
  feed: (text: string) => unknown,
): Surface {
  return surfaceOf(`text-${name}`, mutatedText(fc.constantFrom(...valid), words), feed)
}
