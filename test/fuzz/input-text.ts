/** An input as text that can be kept in a file, and gives the same input when it is read again. */
export function writeInput(input: unknown): string {
  return JSON.stringify(input, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return { '~bytes': Buffer.from(value).toString('base64') }
    if (typeof value === 'number' && !Number.isFinite(value)) return { '~number': String(value) }
    if (Object.is(value, -0)) return { '~number': '-0' }
    return value
  })
}

/** The input that such a text stands for. */
export function readInput(text: string): unknown {
  return revive(JSON.parse(text))
}

function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive)
  if (typeof value !== 'object' || value === null) return value
  const { '~bytes': bytes, '~number': number } = value as Record<string, unknown>
  if (typeof bytes === 'string') return Uint8Array.from(Buffer.from(bytes, 'base64'))
  if (typeof number === 'string') return Number(number)
  // Keys such as __proto__ stay keys.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]))
}
