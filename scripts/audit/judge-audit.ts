/** From the mildest to the gravest, as npm calls them. */
const SEVERITIES = ['info', 'low', 'moderate', 'high', 'critical'] as const
type Severity = (typeof SEVERITIES)[number]

/** The written list: what is known and accepted, for a reason and for a time. */
export interface AuditExceptions {
  /** The mildest severity that fails. */
  readonly failFrom: Severity
  readonly exceptions: readonly AuditException[]
}

interface AuditException {
  /** Number of the advisory, `GHSA-…`. */
  readonly advisory: string
  readonly package: string
  readonly reason: string
  /** Last day on which it holds, `YYYY-MM-DD`. */
  readonly until: string
}

/** What an audit came to. */
export interface AuditVerdict {
  readonly failures: readonly string[]
  readonly notes: readonly string[]
}

interface Advisory {
  readonly package: string
  readonly id: string
  readonly title: string
  readonly severity: Severity
}

const DAY = /^\d{4}-\d{2}-\d{2}$/
/** A reason is a sentence, not a word. */
const REASON_LENGTH_MIN = 20
/** Nothing is accepted for ever. */
const EXCEPTION_DAYS_MAX = 180
const DAY_MS = 86_400_000

/**
 * Compares what `npm audit --json` answered with the written list of exceptions, on one day
 * (`YYYY-MM-DD`). A registry that offers no audit is a note and no failure: nothing was checked then.
 * The list itself is checked all the same.
 */
export function judgeAudit(answer: unknown, list: unknown, today: string): AuditVerdict {
  const { exceptions, failFrom, faults } = readExceptions(list, today)
  const advisories = readAdvisories(answer)
  if (typeof advisories === 'string') return { failures: faults, notes: [advisories] }
  const grave = advisories.filter(
    ({ severity }) => SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(failFrom),
  )
  const covers = (exception: AuditException, advisory: Advisory) =>
    exception.advisory === advisory.id && exception.package === advisory.package
  const open = grave.filter((one) => !exceptions.some((exception) => covers(exception, one)))
  const unused = exceptions.filter((one) => !advisories.some((found) => covers(one, found)))
  return {
    failures: [...faults, ...open.map(describe)],
    notes: [
      `${advisories.length} known, ${grave.length} of them ${failFrom} or graver, ` +
        `${grave.length - open.length} accepted by the list`,
      ...unused.map((one) => `${one.advisory} of ${one.package} is not found any more: remove it`),
    ],
  }
}

function describe({ package: name, id, title, severity }: Advisory): string {
  return `${name}: ${title} (${severity}, ${id}): update it, or write down why it does no harm`
}

function readExceptions(list: unknown, today: string): AuditExceptions & { faults: string[] } {
  const given = (list ?? {}) as Partial<AuditExceptions>
  const failFrom = SEVERITIES.find((severity) => severity === given.failFrom)
  const exceptions = Array.isArray(given.exceptions) ? given.exceptions : []
  const faults = [
    ...(failFrom === undefined ? [`failFrom: expected one of ${SEVERITIES.join(', ')}`] : []),
    ...(Array.isArray(given.exceptions) ? [] : ['exceptions: expected a list']),
    ...exceptions.flatMap((exception: Partial<AuditException>, index) =>
      faultsOf(exception, today).map((fault) => `exceptions[${index}]: ${fault}`),
    ),
  ]
  return { failFrom: failFrom ?? 'info', exceptions, faults }
}

function faultsOf(exception: Partial<AuditException>, today: string): string[] {
  const { advisory, package: name, reason, until } = exception
  const latest = new Date(Date.parse(today) + EXCEPTION_DAYS_MAX * DAY_MS)
  return [
    ...(typeof advisory === 'string' && advisory.startsWith('GHSA-')
      ? []
      : ['advisory: GHSA-… expected']),
    ...(typeof name === 'string' && name !== '' ? [] : ['package: a name expected']),
    ...(typeof reason === 'string' && reason.length >= REASON_LENGTH_MIN
      ? []
      : ['reason: a sentence expected, why it does no harm here']),
    ...(typeof until !== 'string' || !DAY.test(until)
      ? ['until: a day expected, YYYY-MM-DD']
      : until < today
        ? [`until: ${until} is over: look at it again`]
        : until > latest.toISOString().slice(0, 10)
          ? [`until: at most ${EXCEPTION_DAYS_MAX} days from now`]
          : []),
  ]
}

/** The advisories in npm's answer, each once; a sentence where there was no audit. */
function readAdvisories(answer: unknown): readonly Advisory[] | string {
  const { vulnerabilities, message } = (answer ?? {}) as {
    vulnerabilities?: Record<string, { via?: readonly unknown[] }>
    message?: string
  }
  if (vulnerabilities === undefined) {
    const why = typeof message === 'string' ? message.split(/ - |\n/, 1)[0] : 'no answer'
    return `nothing was checked: the registry offers no audit (${why})`
  }
  const found = Object.values(vulnerabilities).flatMap(({ via }) => (via ?? []).flatMap(advisoryOf))
  const byKey = new Map(found.map((one) => [`${one.package} ${one.id}`, one]))
  return [...byKey.values()].toSorted((a, b) => a.package.localeCompare(b.package, 'en'))
}

/** A text instead of an object names the package through which it comes, and is told there. */
function advisoryOf(via: unknown): Advisory[] {
  if (typeof via !== 'object' || via === null) return []
  const { name, title, url, severity } = via as Record<string, unknown>
  // What npm calls differently tomorrow is no reason to overlook it.
  const known = SEVERITIES.find((one) => one === severity) ?? 'critical'
  const id = typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : 'no advisory'
  return [{ package: String(name), id, title: String(title), severity: known }]
}
