import PQueue from 'p-queue'
import { CommuneError, messageOf } from '../model/errors.ts'
import { needsLookup, type ImageLookup } from '../sync/pin-image.ts'
import type { DesiredWorkload } from '../sync/plan-sync.ts'
import type { ExistingWorkload } from '../sync/sync-plan.ts'
import type { CommandContext } from './command-spec.ts'

const LOOKUPS_AT_ONCE_MAX = 4

interface LookUpInput {
  readonly desired: readonly DesiredWorkload[]
  readonly existing: readonly ExistingWorkload[]
  readonly offline: boolean
  readonly update: boolean
}

/** Asks the registries for the digest of every tag that needs one; each tag once. */
export async function lookUpImages(
  { io, drivers }: CommandContext,
  input: LookUpInput,
): Promise<ReadonlyMap<string, ImageLookup>> {
  const published = new Map(input.existing.map(({ name, record }) => [name, record?.image]))
  const wanted = input.desired.filter(({ name, record }) =>
    needsLookup({
      image: record.image,
      imagePolicy: record.imagePolicy,
      previous: published.get(name),
      offline: input.offline,
      update: input.update,
    }),
  )
  const lookups = new Map<string, ImageLookup>()
  const queue = new PQueue({ concurrency: LOOKUPS_AT_ONCE_MAX })
  const images = [...new Set(wanted.map(({ record }) => record.image))]
  await Promise.all(
    images.map((image) =>
      queue.add(async () => {
        lookups.set(image, await lookUp(drivers, image, io.signal))
      }),
    ),
  )
  return lookups
}

async function lookUp(
  drivers: CommandContext['drivers'],
  image: string,
  signal: AbortSignal,
): Promise<ImageLookup> {
  // Whoever wrote the file may well keep her registry in her own network.
  const options = { allowPrivateAddresses: true, signal }
  try {
    const { digest, platforms } = await drivers.describeImage(image, options)
    return { kind: 'digest', digest, ...(platforms === undefined ? {} : { platforms }) }
  } catch (error) {
    signal.throwIfAborted()
    const hint = error instanceof CommuneError ? error.hint : undefined
    const message = messageOf(error)
    return { kind: 'failed', message, ...(hint === undefined ? {} : { hint }) }
  }
}
