/**
 * A warning when no machine that may run a workload has an architecture of its image; undefined when
 * one has, or when it is not known. Variants, as in `linux/arm/v7`, are left to the engine, which
 * knows better which ones its processor runs.
 *
 * @param image `os/architecture[/variant]` of the image
 * @param machines `os/architecture` of each machine that says so
 */
export function platformNote(
  image: readonly string[] | undefined,
  machines: readonly string[] | undefined,
): string | undefined {
  if (image === undefined || image.length === 0) return undefined
  if (machines === undefined || machines.length === 0) return undefined
  const offered = new Set(image.map(withoutVariant))
  if (machines.some((machine) => offered.has(machine))) return undefined
  const has = [...offered].toSorted().join(', ')
  const need = [...new Set(machines)].toSorted().join(', ')
  return `the image is for ${has}, but the machines that may run it are ${need}: nobody can start it`
}

function withoutVariant(platform: string): string {
  return platform.split('/').slice(0, 2).join('/')
}
