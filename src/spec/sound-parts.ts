import type { ErrorObject } from 'ajv'
import { pathOfPointer } from './schema-findings.ts'
import type { WorkloadFile } from './workload-file.gen.ts'

type Sound<T> = T extends readonly (infer Item)[]
  ? readonly (Sound<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Sound<T[Key]> | undefined }
    : T

/** A document of which whatever its schema refuses is left out, so that the rest can be checked. */
export type SoundParts = Sound<WorkloadFile>

/**
 * Drops what the schema refused from a document. Items of a list keep their index: a faulty one
 * becomes undefined. Keys that the schema does not know stay; nothing asks for them.
 */
export function soundParts(value: unknown, errors: readonly ErrorObject[]): SoundParts {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  const copy = structuredClone(value) as Record<string, unknown>
  for (const error of errors) {
    if (error.keyword === 'additionalProperties' || error.keyword === 'oneOf') continue
    const path = pathOfPointer(error.instancePath, value)
    const isInItem = path.length >= 3 && typeof path[1] === 'number'
    drop(copy, isInItem ? path.slice(0, 2) : path)
  }
  return copy
}

function drop(root: Record<string, unknown>, path: readonly (string | number)[]): void {
  const last = path.at(-1)
  if (last === undefined) return
  let parent: unknown = root
  for (const part of path.slice(0, -1)) {
    if (typeof parent !== 'object' || parent === null) return
    parent = (parent as Record<string | number, unknown>)[part]
  }
  if (typeof parent !== 'object' || parent === null) return
  ;(parent as Record<string | number, unknown>)[last] = undefined
}
