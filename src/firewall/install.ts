import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { CommuneError } from '../model/errors.ts'
import { isMissing, startAtBoot, stopAtBoot, type Boot } from './boot.ts'
import type { Nft } from './nft.ts'
import { ownRanges, readWalls } from './read-walls.ts'
import { renderRules } from './rules.ts'

export interface WallsOptions {
  readonly nft: Nft
  readonly boot: Boot
}

/**
 * Sets the rules up, now and for the next boot, and says line by line what was done. What was closed
 * here before stays closed. Fails, and leaves nothing half done in the kernel, when the rules that are
 * read back are others.
 */
export async function installWalls(
  { nft, boot }: WallsOptions,
  closedHere: readonly string[],
): Promise<readonly string[]> {
  const before = await readWalls(nft)
  if (before.kind === 'unknown') throw new CommuneError('forbidden', before.why)
  const closed = await closedAltogether({ nft, boot }, [...before.closedHere, ...closedHere])
  const rules = renderRules(closed)
  const isThere = before.kind === 'standing' && sameRanges(before.closedHere, closed)
  if (!isThere) {
    await nft.load(rules)
    const after = await readWalls(nft)
    if (after.kind !== 'standing') {
      await nft.removeTable()
      throw new CommuneError('io', `The rules were taken back: ${after.why}`)
    }
  }
  const said = isThere ? 'The rules stand already.' : 'Loaded the rules into the kernel.'
  const also = closed.length === 0 ? [] : [`Closed on this machine besides: ${closed.join(', ')}.`]
  return [said, ...also, ...(await keepRules(boot, rules)), ...(await startAtBoot(boot))]
}

/** Takes everything away that `installWalls` set up, and says line by line what was done. */
export async function removeWalls({ nft, boot }: WallsOptions): Promise<readonly string[]> {
  const isLoaded = (await nft.read()) !== undefined
  if (isLoaded) await nft.removeTable()
  const done = [
    ...(isLoaded ? ['Took the rules out of the kernel.'] : []),
    ...(await stopAtBoot(boot)),
    ...(await dropRules(boot)),
  ]
  return done.length === 0 ? ['There was nothing to remove.'] : done
}

/** With what the file for the next boot closes: the rules in the kernel may have been lost. */
async function closedAltogether(
  { nft, boot }: WallsOptions,
  ranges: readonly string[],
): Promise<readonly string[]> {
  const kept = await readFile(boot.rulesFile, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  const before = kept === undefined ? [] : ownRanges((await nft.tryOut(kept)).json)
  // The kernel joins ranges that overlap: what it makes of them is the one way to write them.
  const { json } = await nft.tryOut(renderRules([...new Set([...ranges, ...before])]))
  return ownRanges(json)
}

function sameRanges(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join() === b.toSorted().join()
}

async function keepRules({ rulesFile }: Boot, rules: string): Promise<readonly string[]> {
  if ((await readFile(rulesFile, 'utf8').catch(() => '')) === rules) return []
  await mkdir(path.dirname(rulesFile), { recursive: true, mode: 0o755 })
  await writeFile(rulesFile, rules, { mode: 0o644 })
  return [`Wrote ${rulesFile}.`]
}

async function dropRules({ rulesFile }: Boot): Promise<readonly string[]> {
  const isGone = await rm(rulesFile).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false
      throw error
    },
  )
  if (!isGone) return []
  // Other files of the owner keep the folder.
  await rmdir(path.dirname(rulesFile)).catch(() => undefined)
  return [`Removed ${rulesFile}.`]
}
