import type { Log } from '../ports/log.ts'
import { STANDARD_IMAGE_CARE, type MeshletConfig } from './config.ts'
import type { EngineState } from './engine-state.ts'
import { ImageBook } from './image-book.ts'
import { ImageKeeper, type ImageKeeperOptions } from './image-keeper.ts'
import { ImageRefusals } from './image-refusals.ts'
import { ImageSupply, type ImageSupplyOptions } from './image-supply.ts'
import { SealedLogins, type SealedLoginsOptions } from './sealed-logins.ts'

type Made = 'book' | 'refusals' | 'keeper' | 'engineInfo' | 'config' | 'sealedLogins'

export interface ImagesOptions
  extends Omit<ImageSupplyOptions, Made>, Pick<ImageKeeperOptions, 'needed'>, SealedLoginsOptions {
  readonly config: Pick<MeshletConfig, 'ownerDid' | 'clusters' | 'imageCare'>
  readonly engineState: Pick<EngineState, 'info'>
  readonly log: Log
}

/** Everything of a meshlet that has to do with images. */
export interface Images {
  readonly book: ImageBook
  readonly refusals: ImageRefusals
  readonly keeper: ImageKeeper
  readonly supply: ImageSupply
}

export function createImages(options: ImagesOptions): Images {
  const { engineState, config } = options
  const book = new ImageBook(options)
  const refusals = new ImageRefusals(options)
  const keeper = new ImageKeeper({
    ...options,
    book,
    care: config.imageCare ?? STANDARD_IMAGE_CARE,
  })
  const engineInfo = () => engineState.info
  const sealedLogins = new SealedLogins(options)
  const made = { book, refusals, keeper, engineInfo, sealedLogins }
  const supply = new ImageSupply({ ...options, ...made })
  return { book, refusals, keeper, supply }
}
