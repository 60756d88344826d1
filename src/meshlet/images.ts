import type { EngineState } from './engine-state.ts'
import { ImageBook } from './image-book.ts'
import { ImageRefusals } from './image-refusals.ts'
import { ImageSupply, type ImageSupplyOptions } from './image-supply.ts'

export interface ImagesOptions extends Omit<
  ImageSupplyOptions,
  'book' | 'refusals' | 'engineInfo'
> {
  readonly engineState: Pick<EngineState, 'info'>
}

/** Everything of a meshlet that has to do with images. */
export interface Images {
  readonly book: ImageBook
  readonly refusals: ImageRefusals
  readonly supply: ImageSupply
}

export function createImages(options: ImagesOptions): Images {
  const { engineState } = options
  const book = new ImageBook(options)
  const refusals = new ImageRefusals(options)
  const engineInfo = () => engineState.info
  const supply = new ImageSupply({ ...options, book, refusals, engineInfo })
  return { book, refusals, supply }
}
