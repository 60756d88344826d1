// Generated from schemas/cluster.schema.json by 'make generate'; change that file instead.

/**
 * The rules that the members of a cluster hold to. Each member publishes the ones that she agrees to; those that most of them name hold. What is left out is as documented.
 */
export interface ClusterFile {
  /**
   * Always Cluster.
   */
  kind: 'Cluster'
  /**
   * Name of the cluster, as in the machines' own lists of members. It becomes the key of the record.
   */
  name: string
  /**
   * What is asked of every member.
   */
  contribution?: {
    /**
     * Least share of what one takes that one gives.
     */
    minimum?: string | number
    /**
     * Days before the minimum holds for a newcomer.
     */
    graceDays?: number
  }
  /**
   * What happens, one after the other, to whoever stays below the minimum.
   */
  freeRiders?: {
    /**
     * Days that her work is served last.
     */
    lastInLineDays?: number
    /**
     * Days without new placements after that.
     */
    noNewPlacementsDays?: number
    /**
     * Days from the notice to the drain.
     */
    noticeDays?: number
  }
  /**
   * What a member may owe, in days of the reference machine (4 cores, 8 GiB, 100 GiB).
   */
  credit?: {
    /**
     * Credit that each member starts with.
     */
    startDays?: number
    /**
     * Most credit that a member may lend to newcomers.
     */
    lendDays?: number
  }
  /**
   * What a member needs before she may owe as much as the others.
   */
  newcomers?: {
    /**
     * How many members have to lend her some of their credit; also, how many of those who vote for her admission.
     */
    sponsors?: number
    /**
     * Credit that she starts with until then, in days of the reference machine; 1 when it is left out.
     */
    startDays?: number
  }
  /**
   * What it takes to decide about a member.
   */
  votes?: {
    /**
     * Share of those who may vote that must vote, at least half.
     */
    quorum?: string | number
    /**
     * Share of yes and no that must be yes, at least half.
     */
    majority?: string | number
    /**
     * Days that a vote is open.
     */
    days?: number
    /**
     * Longest suspension.
     */
    suspensionDays?: number
  }
  /**
   * About what the ledger holds.
   */
  disputes?: {
    /**
     * Days to have a contested dispute voted on.
     */
    days?: number
  }
}
