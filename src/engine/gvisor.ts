import type { GvisorRuntime } from '../ports/engine.ts'

/** A runtime as Docker's `info` tells of it; newer engines name a shim instead of a program. */
export interface RawRuntime {
  readonly path?: string
  readonly runtimeType?: string
  readonly runtimeArgs?: readonly string[] | null
}

/** Names that the allow-list lets through. */
const NAME = /^(?:runsc|gvisor)(?:-[a-z0-9-]{1,32})?$/
const SHIM = 'io.containerd.runsc.v1'
/** The one that a person would mean, then by name. */
const FIRST = ['runsc', 'gvisor']
const OWN_NETWORK =
  'in gVisor a container has a network stack of its own, which this machine can’t enter: ' +
  'its ports can’t be forwarded or checked (add --network=host to the runtimeArgs of runsc; ' +
  'it then uses the network namespace of the container, whose walls stay)'

/** The gVisor that containers are given, of those that the engine knows; undefined when it has none. */
export function findGvisor(
  runtimes: Readonly<Record<string, RawRuntime>> | undefined,
): GvisorRuntime | undefined {
  const found = Object.entries(runtimes ?? {})
    .filter(([name, raw]) => NAME.test(name) && isGvisor(raw))
    .toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))[0]
  if (found === undefined) return undefined
  const [runtime, { runtimeArgs }] = found
  const sharesNetwork = runtimeArgs?.some((text) => /^--?network=host$/.test(text)) === true
  return { runtime, ...(sharesNetwork ? {} : { portsProblem: OWN_NETWORK }) }
}

function isGvisor({ path, runtimeType }: RawRuntime): boolean {
  return runtimeType === SHIM || path === SHIM || /(?:^|\/)runsc$/.test(path ?? '')
}

function rank(name: string): number {
  const place = FIRST.indexOf(name)
  return place === -1 ? FIRST.length : place
}
