/** Merges a patch into a JSON value as RFC 7396 says: mappings by key, all else replaced, null removes. */
export function mergePatch(value: unknown, patch: unknown): unknown {
  if (!isMapping(patch)) return patch
  const merged: Record<string, unknown> = isMapping(value) ? { ...value } : {}
  for (const [key, part] of Object.entries(patch)) {
    if (part === null) delete merged[key]
    else merged[key] = mergePatch(merged[key], part)
  }
  return merged
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
