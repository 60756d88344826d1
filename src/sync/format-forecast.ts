import type { Forecast, ForecastObstacle, ForecastPlace } from './forecast.ts'

const PLACES_SHOWN_MAX = 6

/**
 * Where it will probably run, one thing a line, not indented. Who will not is told when somebody is
 * missing, or when all is to be told.
 */
export function formatForecast(forecast: Forecast, wide: boolean): readonly string[] {
  const { kind, places, missing, amongMany, others } = forecast
  const lines: string[] = []
  if (amongMany !== undefined) lines.push(`likely on some of ${amongMany} machines with room`)
  else if (places.length > 0) lines.push(`${VERB[kind]} ${placesText(forecast, wide)}`)
  if (kind === 'stops') return lines
  const isAlone = kind === 'likely' && places.length === 0 && others.length === 0
  if (isAlone && amongMany === undefined) return [ALONE]
  if (missing > 0) lines.push(`no machine seems to have room for ${missing} of them`)
  const isTold = wide || (missing > 0 && kind === 'likely')
  return isTold ? [...lines, ...obstacleLines(others).map((line) => `  ${line}`)] : lines
}

const ALONE = 'no machine may run it: none is yours, and nobody accepts your work'

const VERB: Readonly<Record<Forecast['kind'], string>> = {
  likely: 'likely on',
  stays: 'runs on',
  stops: 'stops on',
}

function placesText({ kind, places, asGood = [] }: Forecast, wide: boolean): string {
  const shown = wide ? places : places.slice(0, PLACES_SHOWN_MAX)
  const more = places.length - shown.length
  const texts = shown.map((place) => placeText(place, kind === 'likely'))
  const text = [...texts, ...(more > 0 ? [`${more} more`] : [])].join(', ')
  if (asGood.length === 0) return text
  const names = asGood.map(({ name }) => name).join(', ')
  return `${text}; ${names} ${asGood.length === 1 ? 'is' : 'are'} as good`
}

function placeText({ name, replicas, why }: ForecastPlace, withReason: boolean): string {
  const count = replicas === 1 ? name : `${name} × ${replicas}`
  return withReason ? `${count} (${why})` : count
}

/** One line for each thing that is in the way, with all whom it keeps away. */
function obstacleLines(others: readonly ForecastObstacle[]): readonly string[] {
  return [...Map.groupBy(others, ({ why }) => why)].map(
    ([why, group]) => `${group.map(({ name }) => name).join(', ')}: ${why}`,
  )
}
