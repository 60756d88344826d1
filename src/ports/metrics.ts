/**
 * What a meshlet counts, under the names that Prometheus shows. Every label has few values, whatever
 * members and workloads there are: no name of theirs is ever a label.
 */
export const COUNTERS = {
  reconciles: {
    name: 'meshlet_reconciles_total',
    help: 'Looks at a key: what the key stands for, and what came of it.',
    labels: ['key', 'outcome'],
  },
  looksLeftOut: {
    name: 'meshlet_looks_left_out_total',
    help: 'Looks at workloads that a resync left out, since nothing had changed on which they depend.',
    labels: [],
  },
  decisions: {
    name: 'meshlet_bid_decisions_total',
    help: 'New decisions about a bid, by kind: offer, pass, refuse, withdraw, keep, wait.',
    labels: ['kind'],
  },
  takeovers: {
    name: 'meshlet_takeovers_total',
    help: 'Replicas started here because the machine that had them is down.',
    labels: [],
  },
  moves: {
    name: 'meshlet_moves_total',
    help: 'Running replicas stopped here because others run them now.',
    labels: [],
  },
  writes: {
    name: 'meshlet_writes_total',
    help: 'Records that the PDS acknowledged, by collection and action (put, delete).',
    labels: ['collection', 'action'],
  },
  commits: {
    name: 'meshlet_commits_total',
    help: 'Commits that the PDS acknowledged; each is one event for a relay.',
    labels: [],
  },
  writeFailures: {
    name: 'meshlet_write_failures_total',
    help: 'Commits that failed, by the code of the failure.',
    labels: ['code'],
  },
  engineErrors: {
    name: 'meshlet_engine_errors_total',
    help: 'Calls to the engine that failed, by operation.',
    labels: ['operation'],
  },
  pulls: {
    name: 'meshlet_pulls_total',
    help: 'Images that were to be pulled, by outcome: done, refused, failed, stalled.',
    labels: ['outcome'],
  },
  imagesRemoved: {
    name: 'meshlet_images_removed_total',
    help: 'Images that nothing needed and that were removed, for their age or to make room.',
    labels: ['reason'],
  },
  doubtedBids: {
    name: 'meshlet_doubted_bids_total',
    help: 'Offers of others that claim another balance than the ledger of their day.',
    labels: [],
  },
} as const

export const HISTOGRAMS = {
  reconcileSeconds: {
    name: 'meshlet_reconcile_duration_seconds',
    help: 'How long a look at a key took.',
    labels: ['key'],
  },
  engineSeconds: {
    name: 'meshlet_engine_call_duration_seconds',
    help: 'How long a call to the engine took, by operation.',
    labels: ['operation'],
  },
} as const

/** Read when somebody asks for them. */
export const GAUGES = {
  queueDepth: {
    name: 'meshlet_queue_depth',
    help: 'Keys that are queued or worked on.',
    labels: [],
  },
  queueOldestSeconds: {
    name: 'meshlet_queue_oldest_seconds',
    help: 'For how long the oldest key in the queue has waited or been worked on; 0: none.',
    labels: [],
  },
  writePointsLeft: {
    name: 'meshlet_write_points_left',
    help: 'Points that may be written at once, by the window of the limit (hour, day).',
    labels: ['window'],
  },
  writeEventsLeft: {
    name: 'meshlet_write_events_left',
    help: 'Commits that a relay takes at once of this account alone, by window (hour, day).',
    labels: ['window'],
  },
  writesPausedSeconds: {
    name: 'meshlet_writes_paused_seconds',
    help: 'For how long the PDS wants nothing more; 0: it takes writes.',
    labels: [],
  },
  feedLagSeconds: {
    name: 'meshlet_feed_lag_seconds',
    help: 'Now minus the time of the last event, by PDS host; the hosts beyond 20 as "other".',
    labels: ['host'],
  },
  feedConnected: {
    name: 'meshlet_feed_connected',
    help: 'Whether the event stream of the host is open, by PDS host.',
    labels: ['host'],
  },
  reposFollowed: {
    name: 'meshlet_repos_followed',
    help: 'Repos that are followed.',
    labels: [],
  },
  reposInDoubt: {
    name: 'meshlet_repos_in_doubt',
    help: 'Followed repos that are to be compared with their PDS.',
    labels: [],
  },
  reposUnreadable: {
    name: 'meshlet_repos_unreadable',
    help: 'Followed repos with a problem; their last verified state holds.',
    labels: [],
  },
  replicas: {
    name: 'meshlet_replicas',
    help: 'Replicas here, by the phase in their status.',
    labels: ['phase'],
  },
  containers: {
    name: 'meshlet_containers',
    help: 'Containers here, by the state that the engine last gave.',
    labels: ['state'],
  },
  peers: {
    name: 'meshlet_peers',
    help: 'Machines that this one works with: heard of late, or silent.',
    labels: ['state'],
  },
  peersDown: {
    name: 'meshlet_peers_down',
    help: 'Machines that are down by the suspicions of the others.',
    labels: [],
  },
  imageBytes: {
    name: 'meshlet_image_bytes',
    help: 'Disk that the images take which this machine pulled, by whose work they are for (own, others).',
    labels: ['for'],
  },
  storageWritable: {
    name: 'meshlet_state_folder_writable',
    help: 'Whether the state folder can be written; 0: its disk is full or read-only.',
    labels: [],
  },
  wallsStanding: {
    name: 'meshlet_walls_standing',
    help: 'Whether the last trial shows that containers are walled in; 0: it does not, by egress.',
    labels: ['egress'],
  },
  problems: {
    name: 'meshlet_problems',
    help: 'What needs attention, as getHealth says.',
    labels: [],
  },
  epoch: { name: 'meshlet_epoch', help: 'The epoch of this machine.', labels: [] },
} as const

export type CounterName = keyof typeof COUNTERS
export type HistogramName = keyof typeof HISTOGRAMS
export type GaugeName = keyof typeof GAUGES

interface Described {
  readonly labels: readonly string[]
}
/** A value for each label. */
export type LabelsOf<D extends Described> = Readonly<Record<D['labels'][number], string>>
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}
export type Readings = Readonly<Record<GaugeName, readonly Sample[]>>

/** Takes note of what happens. Never fails, never waits. */
export interface Metrics {
  count<N extends CounterName>(
    counter: N,
    labels: LabelsOf<(typeof COUNTERS)[N]>,
    by?: number,
  ): void
  observe<N extends HistogramName>(
    histogram: N,
    labels: LabelsOf<(typeof HISTOGRAMS)[N]>,
    seconds: number,
  ): void
}

/** Takes note of nothing. */
export const noMetrics: Metrics = { count() {}, observe() {} }
