import { CommuneError, messageOf } from '../model/errors.ts'
import { formatRoughBytes } from '../model/quantity.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import {
  diskNeeded,
  isLimited,
  judgeAnnounced,
  judgeTotal,
  judgeUnpacked,
} from '../policy/image-limits.ts'
import type { Policy } from '../policy/policy.ts'
import { isSigner, signersFor } from '../policy/signers.ts'
import { termsFor, type Party } from '../policy/terms-for.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine, EngineImage, EngineInfo, RegistryAuth } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Feed } from '../ports/records.ts'
import type { Registries, RemoteImage } from '../ports/registries.ts'
import type { Chronicle } from './chronicle.ts'
import type { MeshletConfig } from './config.ts'
import { partyOf } from './house-rules.ts'
import type { ImageBook } from './image-book.ts'
import type { ImageKeeper } from './image-keeper.ts'
import type { ImageRefusals } from './image-refusals.ts'
import { PullSlots } from './pull-slots.ts'
import type { SealedLogin, SealedLogins } from './sealed-logins.ts'
import type { Settings } from './settings.ts'
import { StalledPull, watchedPull } from './watched-pull.ts'

export interface ImageSupplyOptions {
  readonly engine: Engine
  readonly feed: Pick<Feed, 'get' | 'repoState' | 'invalidReason'>
  /** What the engine said of the machine; undefined until it first answered. */
  readonly engineInfo: () => EngineInfo | undefined
  readonly config: Pick<MeshletConfig, 'ownerDid' | 'clusters'>
  readonly policy: () => Policy
  readonly registries: Registries
  readonly settings: Settings
  readonly sealedLogins: Pick<SealedLogins, 'find'>
  readonly book: ImageBook
  readonly refusals: ImageRefusals
  readonly keeper: Pick<ImageKeeper, 'makeRoom' | 'removalOf'>
  readonly chronicle: Pick<Chronicle, 'note'>
  readonly clock: Clock
  readonly metrics: Metrics
}

export interface ImageCall {
  /** Reference with digest. */
  readonly image: string
  /** The workload that needs it, and its owner. */
  readonly uri: string
  readonly forOwner: Did
  readonly signal: AbortSignal
  readonly log: Log
  /** A pull begins. */
  readonly onPull: () => void
}

/** A call with what its owner sealed for it. */
interface SealedCall extends ImageCall {
  readonly sealed: SealedLogin
}

const PROOFS_MAX = 1_000
/** How often it is looked whether the workload of a pull is still there. */
const WANTED_LOOK_MS = 2_000

/**
 * Brings images onto the machine. Its owner's registry credentials serve her own workloads alone,
 * and those that somebody sealed for it the one workload that they were sealed for.
 * For others that an image is here already proves nothing: she may have pulled it with credentials,
 * for a workload or by hand, and an engine does not ask the registry again. So they get what was
 * pulled without credentials, or what its registry gives to anybody, or to who has what they sealed. What the policy limits is looked
 * at before it is pulled, watched meanwhile, and weighed afterwards.
 */
export class ImageSupply {
  readonly #options: ImageSupplyOptions
  readonly #slots = new PullSlots()
  /** Images and signers whose signature was found, as text. */
  readonly #proofs = new Set<string>()
  /** Versions of secrets with which a registry gave an image that is here, as text. */
  readonly #grants = new Set<string>()

  constructor(options: ImageSupplyOptions) {
    this.#options = options
  }

  /**
   * Rejects with the engine's or the registry's error, `io` when credentials can't be read, or
   * `forbidden` when the policy is against it; then that is remembered for the bids.
   */
  async ensure(call: ImageCall): Promise<void> {
    const { book, keeper, sealedLogins } = this.#options
    book.noteUsed([call.image], call.forOwner)
    const removal = keeper.removalOf(call.image)
    if (removal) await removal
    const sealed = await sealedLogins.find(call.image, call.uri, call.forOwner)
    try {
      await this.#bring({ ...call, sealed })
    } catch (error) {
      throw sealed.kind === 'unusable' ? withReason(error, sealed.why) : error
    }
  }

  async #bring(call: SealedCall): Promise<void> {
    const { engine, refusals } = this.#options
    if (await engine.inspectImage(call.image, call.signal)) return this.#allowPresent(call)
    const known = refusals.of(call.image, call.forOwner)
    if (known) throw new CommuneError('forbidden', known.message)
    call.onPull()
    await this.#whileWanted(call, (signal) =>
      this.#slots.run(call.forOwner, signal, () => this.#pullCounted({ ...call, signal })),
    )
  }

  /**
   * Gives up when the owner deletes the workload. Another workload with the same image has a pull of
   * its own.
   */
  async #whileWanted(
    { image, uri, signal }: ImageCall,
    pull: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { clock } = this.#options
    const stop = new AbortController()
    let cancel = () => {}
    const look = () => {
      if (this.#isGone(uri))
        stop.abort(new CommuneError('interrupted', `Nothing that is wanted here needs ${image}`))
      else cancel = clock.schedule(WANTED_LOOK_MS, look)
    }
    look()
    try {
      await pull(AbortSignal.any([signal, stop.signal]))
    } finally {
      cancel()
    }
  }

  /** Only what its owner deleted is gone: what can't be read may be there. */
  #isGone(uri: string): boolean {
    const { feed } = this.#options
    const parsed = parseWorkloadUri(uri)
    if (parsed === undefined || feed.repoState(parsed.owner) === 'unknown') return false
    const at = [parsed.owner, COLLECTION.workload, parsed.name] as const
    return feed.get(...at) === undefined && feed.invalidReason(...at) === undefined
  }

  async #allowPresent(call: SealedCall): Promise<void> {
    const { registries, settings, config } = this.#options
    const { image, forOwner, sealed, signal } = call
    await this.#requireSignature(call, partyOf(config, forOwner))
    if (forOwner === config.ownerDid || settings.isPublic(image)) return
    if (sealed.kind === 'login') {
      if (this.#grants.has(grantOf(image, sealed))) return
      await registries.proveReadable(image, { auth: sealed.auth, signal })
      return this.#noteGiven(call)
    }
    await registries.proveReadable(image, { signal })
    settings.notePublic(image)
  }

  async #pullCounted(call: SealedCall): Promise<void> {
    const { engine, metrics } = this.#options
    // Another workload may have brought it while this one waited.
    if (await engine.inspectImage(call.image, call.signal)) return this.#allowPresent(call)
    try {
      await this.#pull(call)
      metrics.count('pulls', { outcome: 'done' })
    } catch (error) {
      if (call.signal.aborted) throw error
      metrics.count('pulls', { outcome: outcomeOf(error) })
      if (error instanceof StalledPull) this.#raiseAlarm(call, error)
      throw error
    }
  }

  async #pull(call: SealedCall): Promise<void> {
    const { engine, registries, config, clock, book } = this.#options
    const { image, forOwner, signal } = call
    const party = partyOf(config, forOwner)
    await this.#requireSignature(call, party)
    const remote = await this.#examine(call, party)
    const auth =
      authOf(call) ?? (party.isOwn ? await registries.credentials(image, signal) : undefined)
    const sentBytes = remote?.sentBytes
    const pulled = await watchedPull({ engine, clock, image, auth, sentBytes, signal })
    await this.#weigh(call, party, pulled)
    if (!party.isOwn || call.sealed.kind === 'login') this.#noteGiven(call)
    book.notePulled(image, pulled.sizeBytes, forOwner)
  }

  /** What came with somebody's login is hers; what came without any is everybody's. */
  #noteGiven({ image, sealed }: SealedCall): void {
    if (sealed.kind !== 'login') return this.#options.settings.notePublic(image)
    if (this.#grants.size >= PROOFS_MAX) this.#grants.clear()
    this.#grants.add(grantOf(image, sealed))
  }

  /** Once it was found it need not be looked for again while the same signers count. */
  async #requireSignature(call: SealedCall, party: Party): Promise<void> {
    const { image, signal } = call
    const wanted = signersFor(this.#options.policy(), party, image)
    if (wanted === undefined) return
    const { signers, rule } = wanted
    const proof = JSON.stringify([image, signers])
    if (this.#proofs.has(proof)) return
    const verdict = await this.#options.registries.findSignature(image, {
      isWanted: (identity) => signers.some((signer) => isSigner(signer, identity)),
      keys: signers.flatMap((signer) => (signer.kind === 'key' ? [signer.key] : [])),
      isOwn: party.isOwn,
      auth: authOf(call),
      signal,
    })
    if (verdict.kind === 'unsigned')
      throw this.#refuse(call, `it has no signature that counts: ${verdict.why} (${rule})`)
    if (this.#proofs.size >= PROOFS_MAX) this.#proofs.clear()
    this.#proofs.add(proof)
  }

  /** Of the machine's owner nothing is asked beforehand unless she limits herself. */
  async #examine(call: SealedCall, party: Party): Promise<RemoteImage | undefined> {
    const { engine, engineInfo, registries, policy } = this.#options
    const { image, signal } = call
    if (party.isOwn && !isLimited(policy(), party)) return undefined
    const platform = engineInfo() ?? (await engine.info(signal))
    const { isOwn } = party
    const remote = await registries.examine(image, { platform, isOwn, auth: authOf(call), signal })
    const { sentBytes, layers } = remote
    const announced = { layers: layers.length, sentBytes }
    const objection =
      judgeAnnounced(policy(), party, announced) ?? (await this.#makeTotal(party, sentBytes))
    if (objection !== undefined) throw this.#refuse(call, objection)
    await this.#requireDisk(call, sentBytes)
    return remote
  }

  async #requireDisk({ image, signal }: ImageCall, sentBytes: number): Promise<void> {
    const { engine, keeper } = this.#options
    const needed = diskNeeded(sentBytes)
    const before = await engine.diskSpace(signal)
    if (before === undefined || before.freeBytes >= needed) return
    await keeper.makeRoom(needed - before.freeBytes, () => true)
    const space = await engine.diskSpace(signal)
    if (space === undefined || space.freeBytes >= needed) return
    const [needs, free] = [needed, space.freeBytes].map(formatRoughBytes)
    const message = `Pulling ${image} needs ${needs} of free disk, and ${free} are free`
    throw new CommuneError('engine', message, { retry: true })
  }

  /** Only now it is known what it takes: a small archive may hold a large file. */
  async #weigh(call: ImageCall, party: Party, { sizeBytes }: EngineImage): Promise<void> {
    const { engine, policy } = this.#options
    const objection =
      judgeUnpacked(policy(), party, sizeBytes) ?? (await this.#makeTotal(party, sizeBytes))
    if (objection === undefined) return
    const refusal = this.#refuse(call, objection)
    try {
      await engine.removeImage(call.image, call.signal)
    } catch (error) {
      const fields = { image: call.image, error: messageOf(error) }
      call.log.warn('an image that is refused could not be removed', fields)
    }
    throw refusal
  }

  /** What nothing needs of the same rule's images goes first; says why that is not enough. */
  async #makeTotal(party: Party, addedBytes: number): Promise<string | undefined> {
    const { config, book, keeper } = this.#options
    const policy = this.#options.policy()
    const { rule, value } = termsFor(policy, party).term('imageTotal')
    const isMeant = (owner: Did) =>
      termsFor(policy, partyOf(config, owner)).term('imageTotal').rule === rule
    const judged = () =>
      judgeTotal(policy, party, { besideBytes: book.heldBytes(isMeant), addedBytes })
    if (judged() === undefined) return undefined
    await keeper.makeRoom(book.heldBytes(isMeant) + addedBytes - value, isMeant)
    return judged()
  }

  #refuse({ image, forOwner }: ImageCall, message: string): CommuneError {
    this.#options.refusals.note(image, forOwner, message)
    return new CommuneError('forbidden', message)
  }

  #raiseAlarm({ image, uri, log }: ImageCall, error: StalledPull): void {
    log.error('a pull stalled and was given up', { image, error: error.message })
    this.#options.chronicle.note('pull-stalled', { workload: uri, reason: error.message })
  }
}

function authOf({ sealed }: SealedCall): RegistryAuth | undefined {
  return sealed.kind === 'login' ? sealed.auth : undefined
}

/** The version of a record names its owner and the workload, too. */
function grantOf(image: string, { cid }: { readonly cid: string }): string {
  return `${cid} ${image}`
}

/** A registry that refuses may do so because what was sealed for it could not be used. */
function withReason(error: unknown, why: string): unknown {
  const isDenied =
    error instanceof CommuneError && ['image-denied', 'image-not-found'].includes(error.code)
  if (!isDenied) return error
  const { code, message, hint } = error
  return new CommuneError(code, `${message}; ${why}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  })
}

function outcomeOf(error: unknown): 'stalled' | 'refused' | 'failed' {
  if (error instanceof StalledPull) return 'stalled'
  return error instanceof CommuneError && error.code === 'forbidden' ? 'refused' : 'failed'
}
