// Generated from schemas/policy.schema.json by 'make generate'; change that file instead.

/**
 * What the owner of a machine allows to run on it, for whom. Of several rules the most specific one that says something of a matter decides it: one for an owner goes before one for a cluster, that before one for all members; of two of the same kind the first in the file. What no rule says is as documented: members get the restricted level and nothing beyond it, your own work may ask for more.
 */
export interface PolicyFile {
  /**
   * Always Policy.
   */
  kind: 'Policy'
  /**
   * Where the hours of the rules are meant; the machine's own time zone when absent.
   */
  timeZone?: string
  reserve?: Amounts
  /**
   * Whose work is never taken, and whose alone, whatever the rules say. Whoever is on both is blocked.
   */
  owners?: {
    /**
     * Owners whose work is never taken.
     *
     * @maxItems 1000
     */
    block?: string[]
    /**
     * With this key or allowLists, nobody else's work is taken.
     *
     * @maxItems 1000
     */
    allow?: string[]
    /**
     * Files of owners whose work is never taken, as text, CSV or JSON; paths begin at this file.
     *
     * @maxItems 64
     */
    blockLists?: string[]
    /**
     * The same of owners who are allowed.
     *
     * @maxItems 64
     */
    allowLists?: string[]
  }
  /**
   * Whether what the members of a cluster vote takes effect on this machine: follow takes nothing new of whom they suspend, and moves away the work of whom they expel; advise only shows it. Nobody is ever let in by a vote.
   */
  decisions?: 'follow' | 'advise'
  /**
   * What is allowed to whom.
   *
   * @maxItems 256
   */
  rules?: Rule[]
}
/**
 * What of the offer is kept for your own work: nobody else's gets it.
 */
export interface Amounts {
  /**
   * Cores, or thousandths of a core with m.
   */
  cpu?: string | number
  /**
   * Mi and Gi are powers of 1024, M and G of 1000.
   */
  memory?: string | number
  /**
   * Disk space, in the same units.
   */
  storage?: string | number
}
export interface Rule {
  /**
   * What the rule is called in every refusal; its subject when absent.
   */
  name?: string
  /**
   * Whom the rule is for: an owner's DID, a cluster of this machine by its name, members (everybody but you), or own (you).
   */
  for: string
  /**
   * False: nothing of theirs runs here.
   */
  allow?: boolean
  /**
   * Images that may run, by registry and repository: * stands for any characters of one part, ** at the end for any further parts.
   *
   * @maxItems 256
   */
  images?: string[]
  /**
   * Most disk that one image may take, unpacked; unlimited takes the limit away.
   */
  imageSize?: string | number
  /**
   * Most disk that the images of all whom the rule decides for may take together, unpacked; unlimited takes the limit away.
   */
  imageTotal?: string | number
  /**
   * Whose signatures count: every image needs one. None is needed when the list is empty.
   *
   * @maxItems 32
   */
  signatures?: Signer[]
  /**
   * The level that may be asked for.
   */
  security?: 'restricted' | 'baseline'
  /**
   * What their containers run in: gvisor (or by the name of its program, runsc) keeps them away from the machine's kernel. With runc a workload may still ask for gvisor itself.
   */
  runtime?: 'runc' | 'gvisor' | 'runsc'
  /**
   * Capabilities that may be asked for with capAdd, as far as the level knows them.
   *
   * @maxItems 64
   */
  capabilities?: string[]
  /**
   * Whether user 0 may be asked for.
   */
  rootUser?: boolean
  /**
   * Whether a writable root file system may be asked for with readOnly: false.
   */
  writableRoot?: boolean
  /**
   * How far containers may reach out.
   */
  egress?: 'none' | 'internet'
  /**
   * Whether volumes may be asked for.
   */
  volumes?: boolean
  /**
   * Whether the owner of a workload may run commands inside of its containers, with commune exec.
   */
  exec?: boolean
  /**
   * required: their work runs here only while a trial from inside a container shows that the walls around containers stand. advised: it runs also when they are open or can't be tried; the machine says so.
   */
  canary?: 'required' | 'advised'
  /**
   * Ports that may be declared: numbers and ranges.
   *
   * @maxItems 64
   */
  ports?: (number | string)[]
  resources?: Amounts1
  total?: Amounts2
  /**
   * When their work may run. What runs when they are over moves away, with fifteen minutes' notice.
   *
   * @maxItems 24
   */
  hours?: string[]
  /**
   * How an owner has to stand with her cluster, at least, for new work to be taken. What runs is left alone until the last step, which drains it.
   */
  standing?: 'good' | 'newcomer' | 'last-in-line' | 'no-new-placements' | 'notice' | 'drain'
}
export interface Signer {
  /**
   * For which images this signature counts, in the patterns of images; for all when absent.
   *
   * @minItems 1
   * @maxItems 64
   */
  images?: [string, ...string[]]
  /**
   * Who vouches for the identity of a signature without a key: the address of the identity provider.
   */
  issuer?: string
  /**
   * Whose identity that is, as in the certificate; * stands for any characters.
   */
  subject?: string
  /**
   * A public key, PEM.
   */
  key?: string
}
/**
 * Most that one replica may ask for.
 */
export interface Amounts1 {
  /**
   * Cores, or thousandths of a core with m.
   */
  cpu?: string | number
  /**
   * Mi and Gi are powers of 1024, M and G of 1000.
   */
  memory?: string | number
  /**
   * Disk space, in the same units.
   */
  storage?: string | number
}
/**
 * Most that all whom the rule decides for may hold here together.
 */
export interface Amounts2 {
  /**
   * Cores, or thousandths of a core with m.
   */
  cpu?: string | number
  /**
   * Mi and Gi are powers of 1024, M and G of 1000.
   */
  memory?: string | number
  /**
   * Disk space, in the same units.
   */
  storage?: string | number
}
