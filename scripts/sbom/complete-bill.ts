/** As much of a CycloneDX document as is looked at here. */
export interface Bill {
  readonly bomFormat: string
  readonly specVersion: string
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

interface Component {
  /** `name@version`. */
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
}

interface Lock {
  readonly name?: string
  readonly packages?: Readonly<Record<string, Locked>>
}

interface Locked {
  /** Where the folder has another name than the package. */
  readonly name?: string
  readonly version?: string
  readonly dev?: boolean
}

/**
 * The bill as npm made it of all packages, with those that a release ships, and under the name of the
 * package (npm takes the folder’s). What is shipped is decided by the lock file: npm’s own `--omit=dev`
 * also leaves out what is needed by both sides. Fails when npm does not know a package that is shipped,
 * or its hash.
 */
export function completeBill(bill: Bill, lock: Lock): Bill {
  const shipped = new Set(shippedBy(lock))
  const components = bill.components.filter((one) => shipped.has(one['bom-ref']))
  const known = new Set(components.map((one) => one['bom-ref']))
  const missing = [...shipped].filter((one) => !known.has(one))
  if (missing.length > 0) throw new Error(`npm left out of the bill: ${missing.join(', ')}`)
  const bare = components.filter(({ hashes }) => !hashes?.length)
  if (bare.length > 0)
    throw new Error(`no hash in the lock file: ${bare.map((one) => one['bom-ref']).join(', ')}`)
  const { component } = bill.metadata
  const named = { ...component, name: lock.name ?? component.name }
  return {
    ...bill,
    metadata: { ...bill.metadata, component: named },
    components,
    dependencies: bill.dependencies
      .filter(({ ref }) => known.has(ref) || !bill.components.some((one) => one['bom-ref'] === ref))
      .map((one) => ({ ...one, dependsOn: one.dependsOn.filter((ref) => known.has(ref)) })),
  }
}

function shippedBy({ packages }: Lock): string[] {
  return Object.entries(packages ?? {})
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, { name, version }]) => `${name ?? path.split('node_modules/').at(-1)}@${version}`)
}
