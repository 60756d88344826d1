import { notParsed, parsed, type Parsed } from './parsed.ts'

/** Longer texts are refused unread; the longest sensible quantity has some twenty characters. */
const TEXT_LENGTH_MAX = 64
/** Exponents beyond this overflow, or vanish, whatever stands before them (64 digits at most). */
const EXPONENT_MAX = 100

const BINARY_SUFFIXES = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const
const DECIMAL_SUFFIXES = ['k', 'M', 'G', 'T', 'P', 'E'] as const
const SMALL_SUFFIXES = { n: -9, u: -6, m: -3 } as const

const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([eE])([+-]?\d+)|([A-Za-z]*))$/

const EXPECTED = 'a quantity such as 250m, 0.5, 64Mi, 1.5Gi or 2G'

/** numerator ÷ denominator, both positive except for the sign of the numerator. */
interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

/**
 * CPU in thousandths of a core: `250m`, `0.5`, `2`. Grammar of Kubernetes quantities; what is finer
 * than a thousandth is rounded up, as Kubernetes does.
 */
export function parseCpuMilli(value: string | number): Parsed<number> {
  return parseScaled(value, 1000n)
}

/**
 * An amount of memory or disk in bytes: `64Mi`, `1.5Gi`, `1e6`. Grammar of Kubernetes quantities;
 * fractions of a byte are rounded up, as Kubernetes does.
 */
export function parseBytes(value: string | number): Parsed<number> {
  return parseScaled(value, 1n)
}

/** Thousandths of a core as Kubernetes writes them: `250m`, `2`. */
export function formatCpu(milli: number): string {
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`
}

/** Bytes, exactly, in the shortest way: `64Mi`, `1536Mi`, `10G`, `1001`. */
export function formatBytes(bytes: number): string {
  const binary = scaleDown(bytes, 1024, BINARY_SUFFIXES)
  const decimal = scaleDown(bytes, 1000, DECIMAL_SUFFIXES)
  return decimal.length < binary.length ? decimal : binary
}

/** Measured bytes, to a tenth of the largest unit that fits: `64Mi`, `1.5Gi`, `812`. */
export function formatRoughBytes(bytes: number): string {
  const steps =
    bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), BINARY_SUFFIXES.length)
  const tenths = Math.round((bytes / 1024 ** steps) * 10)
  return `${tenths / 10}${BINARY_SUFFIXES[steps - 1] ?? ''}`
}

function scaleDown(value: number, base: number, suffixes: readonly string[]): string {
  let rest = value
  let steps = 0
  while (rest !== 0 && steps < suffixes.length && rest % base === 0) {
    rest /= base
    steps += 1
  }
  return `${rest}${suffixes[steps - 1] ?? ''}`
}

function parseScaled(value: string | number, scale: bigint): Parsed<number> {
  const fraction = parseFraction(String(value))
  if (!fraction.ok) return fraction
  const { numerator, denominator } = fraction.value
  if (numerator < 0n) return notParsed('a quantity that is not negative')
  const scaled = numerator * scale
  const rounded = (scaled + denominator - 1n) / denominator
  if (rounded > BigInt(Number.MAX_SAFE_INTEGER)) return notParsed('a smaller quantity')
  return parsed(Number(rounded))
}

function parseFraction(text: string): Parsed<Fraction> {
  const match = text.length <= TEXT_LENGTH_MAX ? QUANTITY.exec(text) : null
  if (match === null) return notParsed(EXPECTED)
  const [, sign = '', number = '', exponentMark, exponentText = '', suffix = ''] = match
  const exponent = exponentMark === undefined ? 0 : Number(exponentText)
  const factor = exponentMark === undefined ? factorOf(suffix) : powerOfTen(exponent)
  if (factor === undefined) return notParsed(expectedSuffix(suffix))
  const [whole = '', decimals = ''] = number.split('.')
  const digits = BigInt(`${whole}${decimals}`)
  return parsed({
    numerator: (sign === '-' ? -digits : digits) * factor.numerator,
    denominator: 10n ** BigInt(decimals.length) * factor.denominator,
  })
}

function factorOf(suffix: string): Fraction | undefined {
  if (suffix === '') return { numerator: 1n, denominator: 1n }
  const binary = (BINARY_SUFFIXES as readonly string[]).indexOf(suffix)
  if (binary >= 0) return { numerator: 1024n ** BigInt(binary + 1), denominator: 1n }
  const decimal = (DECIMAL_SUFFIXES as readonly string[]).indexOf(suffix)
  if (decimal >= 0) return powerOfTen(3 * (decimal + 1))
  return suffix === 'n' || suffix === 'u' || suffix === 'm'
    ? powerOfTen(SMALL_SUFFIXES[suffix])
    : undefined
}

function powerOfTen(exponent: number): Fraction {
  const size = 10n ** BigInt(Math.min(Math.abs(exponent), EXPONENT_MAX))
  return exponent < 0 ? { numerator: 1n, denominator: size } : { numerator: size, denominator: 1n }
}

/** People write `64MB`, `1g` and `1K`; the nearest suffix of the standard is named. */
function expectedSuffix(suffix: string): string {
  const letter = suffix.charAt(0)
  const binary = BINARY_SUFFIXES.find((known) => known.charAt(0) === letter.toUpperCase())
  const decimal = DECIMAL_SUFFIXES.find((known) => known.toUpperCase() === letter.toUpperCase())
  if (binary === undefined || decimal === undefined) return EXPECTED
  return `${EXPECTED}; write ${binary} (powers of 1024) or ${decimal} (powers of 1000) instead of ${suffix}`
}
