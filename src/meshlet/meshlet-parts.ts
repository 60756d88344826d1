import type { Candidate } from '../cluster/membership.ts'
import type { RecordView } from '../ports/records.ts'
import { PROFILES } from '../selection/liveness.ts'
import { compareClaims } from '../selection/waiting-line.ts'
import { BidArrivals } from './bid-arrivals.ts'
import { bookkeeping, type Bookkeeping } from './bookkeeping.ts'
import { Bidder } from './bidder.ts'
import { Chronicle } from './chronicle.ts'
import { ClusterLaw } from './cluster-law.ts'
import { Comeback } from './comeback.ts'
import { PUBLIC_RESOLVERS, type MeshletConfig } from './config.ts'
import { amountsOf } from './elbow-room.ts'
import { Departure } from './departure.ts'
import { Duty } from './duty.ts'
import { EngineState } from './engine-state.ts'
import { Exposure } from './exposure.ts'
import { Forwards } from './forwards.ts'
import { HouseRules } from './house-rules.ts'
import { Heartbeats } from './heartbeats.ts'
import { HeldContainers } from './held-containers.ts'
import { createImages, type Images } from './images.ts'
import { lastInLine } from './last-in-line.ts'
import { LastWords } from './last-words.ts'
import { Leasing } from './leasing.ts'
import { LivenessWatch } from './liveness-watch.ts'
import { MachineFacts } from './machine-facts.ts'
import type { MeshletPorts, Triggers } from './meshlet-ports.ts'
import { measuredEngine } from './measured-engine.ts'
import { Moves } from './moves.ts'
import { neededNow } from './needed-images.ts'
import { Neighbourhood } from './neighbourhood.ts'
import { Objections } from './objections.ts'
import { Obstacles } from './obstacles.ts'
import { overlayView } from './overlay-view.ts'
import { OwnRecords } from './own-records.ts'
import { OwnRepo } from './own-repo.ts'
import { OwnersWord } from './owners-word.ts'
import { Peace } from './peace.ts'
import { Probes } from './probes.ts'
import { Reservations } from './reservations.ts'
import { Runner } from './runner.ts'
import { ownWorkloads, SelfRecords } from './self-records.ts'
import { Settings } from './settings.ts'
import { StatusWriter } from './status-writer.ts'
import { StorageWatch } from './storage-watch.ts'
import { UnreadPatience } from './unread-patience.ts'
import { offersInternet, watchWalls, type WallsWatch } from './watch-walls.ts'
import { WaitingRoom } from './waiting-room.ts'
import { WorkloadActor } from './workload-actor.ts'
import { WorkloadNetworks } from './workload-networks.ts'
import { WorkloadObserver } from './workload-observer.ts'
import { claimOf, storageOf } from './workload-claims.ts'
import { WorkloadReconciler } from './workload-reconciler.ts'
import { WorldStamps } from './world-stamp.ts'

/** What a meshlet consists of. */
export interface Parts {
  readonly view: RecordView
  readonly own: OwnRecords
  readonly ownRepo: OwnRepo
  readonly settings: Settings
  readonly chronicle: Chronicle
  readonly duty: Duty
  readonly departure: Departure
  readonly arrivals: BidArrivals
  readonly neighbourhood: Neighbourhood
  readonly engineState: EngineState
  readonly facts: MachineFacts
  readonly reservations: Reservations
  readonly waiting: WaitingRoom
  readonly heartbeats: Heartbeats
  readonly liveness: LivenessWatch
  readonly selfRecords: SelfRecords
  readonly exposure: Exposure
  readonly forwards: Forwards
  readonly leasing: Leasing
  readonly books: Bookkeeping
  readonly reconciler: WorkloadReconciler
  readonly lastWords: LastWords
  readonly images: Images
  readonly storageWatch: StorageWatch
  readonly walls: WallsWatch
  readonly ownersWord: OwnersWord
}

/** Makes the parts and joins them; nothing begins to work yet. */
export function createParts(config: MeshletConfig, ports: MeshletPorts, triggers: Triggers): Parts {
  const { clock, random, log, metrics, feed } = ports
  const engine = measuredEngine(ports)
  const meshletDid = config.did
  const profile = PROFILES[config.liveness]
  const settings = new Settings(ports.journal)
  const duty = new Duty({ settings, clock, log, onChange: triggers.dutyChanged })
  const epoch = () => settings.epoch ?? 1
  const own = new OwnRecords({ ...ports, onAcknowledged: triggers.acknowledged })
  const facts = new MachineFacts({
    ...{ config, own, engineInfo: () => engineState.info },
    offersInternet: () => offersInternet(walls),
  })
  const chronicle = new Chronicle({ ...ports, self: config.did, own })
  const view = overlayView(feed, own, config.did, () => ownRepo.isAdopted)
  const law = new ClusterLaw({ config, view, policy: ports.policy, clock })
  const busyWith = () => [...ownWorkloads(own), ...(engineState.lastSeen?.byWorkload.keys() ?? [])]
  const fairShare = lastInLine({ view, config, clock, law })
  const neighbourhood = new Neighbourhood(config, view, feed, { busyWith, law, fairShare })
  const peers = () => neighbourhood.meshlets
  const ownRepo = new OwnRepo({ did: config.did, feed, own, settings, duty, clock, log })
  const reservations = new Reservations(
    () => facts.capacity(),
    triggers.roomFreed,
    (a, b) => compareClaims(claimOf(view, a), claimOf(view, b)),
  )
  const waiting = new WaitingRoom({
    fairShare,
    clock,
    offer: () => facts.capacity(),
    free: () => reservations.freeBeside(undefined),
    held: () => reservations.held(),
    onMove: triggers.roomFreed,
  })
  const held = new HeldContainers({ settings, log, onLost: triggers.lookAtSelf })
  const engineState = new EngineState({
    engine,
    meshletDid,
    clock,
    random,
    log,
    onListed(snapshot) {
      reservations.noteRunning(amountsOf(snapshot.byWorkload, (uri) => storageOf(view, uri)))
      held.noteListed(snapshot)
    },
    onBack: () => walls.canary.doubt(),
    onChange: (uri) => (uri === undefined ? triggers.lookAtAll() : triggers.lookAt(uri)),
  })
  const leasing = new Leasing({
    self: config.did,
    view,
    guard: ports.guard,
    clock,
    random,
    journal: ports.journal,
    log,
    profile,
    placementOf: (uri) => reconciler.placementOf(uri),
    call: (dids) => heartbeats.callNow(dids),
    onChange: triggers.lookAt,
  })
  const heartbeats = new Heartbeats({
    leases: leasing,
    self: config.did,
    peers: ports.peers,
    clock,
    log,
    intervalMs: profile.heartbeatMs,
    peersNow: () => neighbourhood.peers,
    peerOf: (did) => neighbourhood.peerOf(did),
    isFollowed: (did) => neighbourhood.follows(did),
    epoch,
    onHint: triggers.hint,
    onHeard: triggers.lookAtLiveness,
  })
  const liveness = new LivenessWatch({
    self: config.did,
    view,
    own,
    heartbeats,
    clock,
    log,
    profile,
    candidateSets: () => neighbourhood.candidateSets,
  })
  const images = createImages({
    ...{ ...ports, view, engine, config, settings, engineState, chronicle },
    needed: () => neededNow({ view, own, engineState }),
  })
  const houseRules = new HouseRules({
    config,
    imageRefusals: images.refusals,
    policy: ports.policy,
    reservations,
    capacity: () => facts.capacity(),
    engineInfo: () => engineState.info,
    clock,
  })
  const walls = watchWalls({
    ...{ engine, meshletDid, chronicle, clock, random, log },
    ownPorts: config.ownPorts ?? [],
    onDoubt: triggers.lookAtWalls,
    onChange: triggers.lookAtAll,
  })
  const obstacles = new Obstacles({
    config,
    walls,
    houseRules,
    law,
    settings,
    duty,
    engineState,
    facts,
    guard: ports.guard,
    clock,
  })
  const objections = new Objections({
    log,
    self: meshletDid,
    view,
    own,
    onNew: triggers.lookAtSelf,
  })
  const bidder = new Bidder({
    config,
    view,
    own,
    obstacles,
    facts,
    houseRules,
    reservations,
    waiting,
    callOf: (uri) => reconciler.bidCallOf(uri),
    fairShare,
    epoch,
    clock,
    metrics,
  })
  const comeback = new Comeback({
    self: config.did,
    view,
    own,
    settings,
    clock,
    log,
    answerMs: profile.answerMs,
    peers,
    currentForMs: (did) => feed.currentForMs(did),
    callOf: (uri) => reconciler.bidCallOf(uri),
    decide: (call, newEpoch) => bidder.decideReplaced(call, newEpoch),
    write: (placement, decision) => bidder.write(placement, decision),
  })
  const selfRecords = new SelfRecords({
    config,
    law,
    view,
    own,
    duty,
    facts,
    reservations,
    objections,
    epoch,
    peers,
    prepareComeback: () => comeback.prepare(),
    clock,
  })
  const probes = new Probes({ engine, clock, log, onChange: triggers.lookAt })
  const livenessProbes = new Probes({ engine, clock, log, onChange: triggers.lookAt })
  const forwards = new Forwards({ engine, meshletDid, log })
  const exposure = new Exposure({ forwards, probes, liveness: livenessProbes })
  const arrivals = new BidArrivals()
  const patience = new UnreadPatience(view, clock)
  const lastWords = new LastWords()
  const onFailed = (uri: string) => engineState.doubt(uri)
  const networks = new WorkloadNetworks({ engine, meshletDid, onFailed })
  const runner = new Runner({
    ...{ engine, networks },
    images: images.supply,
    resolvers: config.resolvers ?? PUBLIC_RESOLVERS,
    meshletDid,
    clock,
    random,
    chronicle,
    onProgress: triggers.lookAt,
    holdsLease: (uri, epoch) => leasing.holds(uri, epoch),
    lastWords,
    onRemoving: (id) => held.noteRemoving(id),
  })
  const observer = new WorkloadObserver({
    config,
    view,
    probes,
    obstacles,
    bidder,
    leasing,
    duty,
    clock,
    downOf: (all, atMostOne) => liveness.downOf(all, atMostOne),
    contactWith: (all, down) => liveness.contactWith(all, down),
    viaOf: (bid) => arrivals.viaOf(bid),
    isAwaited: (did) => patience.isAwaited(did),
    isComingBack: () => selfRecords.isComingBack(),
    isCatchingUp: () => comeback.isCatchingUp(),
  })
  const actor = new WorkloadActor({
    config,
    engineState,
    ...{ runner, networks },
    exposure,
    reservations,
    leasing,
    settings,
    statusWriter: new StatusWriter({ own, probes, exposure, settings, clock }),
    moves: new Moves({ self: config.did, view, metrics, chronicle }),
    clock,
  })
  const isAnySuspected = (all: readonly Candidate[]) => liveness.isAnySuspected(all)
  const peace = new Peace({
    ...{ self: config.did, own, clock, exposure, imageRefusals: images.refusals },
    world: new WorldStamps({
      ...{ ...ports, view, settings, duty, engineState, walls, reservations, waiting, law },
      imageRefusals: images.refusals,
    }),
    isAnySuspected,
    onBroken: ports.onBrokenPeace,
  })
  const reconciler = new WorkloadReconciler({
    ...{ feed, view, own, engineState, observer, actor, bidder },
    ...{ objections, leasing, duty, peace, clock, log },
  })
  return {
    walls,
    view,
    own,
    ownRepo,
    settings,
    chronicle,
    duty,
    departure: new Departure({ duty, own, engineState, clock }),
    arrivals,
    neighbourhood,
    engineState,
    facts,
    reservations,
    waiting,
    heartbeats,
    liveness,
    selfRecords,
    exposure,
    forwards,
    leasing,
    books: bookkeeping({
      ...{ config, view, own, engineState, facts, settings, chronicle, metrics, clock, log },
      placementOf: (uri) => reconciler.placementOf(uri),
      isAnySuspected,
    }),
    reconciler,
    lastWords,
    images,
    ownersWord: new OwnersWord({ config, view, duty, settings, log }),
    storageWatch: new StorageWatch({ storage: ports.storage, settings, own, duty, clock }),
  }
}
