// Generated from schemas/workload.schema.json by 'make generate'; change that file instead.

/**
 * One workload of a commune: a container that runs for ever (kind: Workload) or to its end (kind: Job), on the machines of members who agree to run it. A file may hold several, separated by lines of three hyphens.
 */
export interface WorkloadFile {
  /**
   * Workload runs for ever and is started again when it ends. Job runs to its end, once or on a schedule.
   */
  kind: 'Workload' | 'Job'
  /**
   * Name of the workload, unique among all workloads of its owner: lower-case letters, digits and inner hyphens. It becomes the key of the record.
   */
  name: string
  /**
   * Container image. commune sync looks a tag up and pins its digest; an image given by digest is taken as it is.
   */
  image: string
  /**
   * pin keeps the digest until the tag in the file changes or you ask for an update. follow looks the tag up at every sync.
   */
  imagePolicy?: 'pin' | 'follow'
  /**
   * How many containers run, or everywhere for one on every machine that may run it.
   */
  replicas?: number | 'everywhere'
  /**
   * What one replica may use. Amounts are Kubernetes quantities.
   */
  resources?: {
    /**
     * Cores, or thousandths of a core with m.
     */
    cpu?: string | number
    /**
     * Memory; the container is stopped when it needs more. Mi and Gi are powers of 1024, M and G of 1000. At least 6Mi.
     */
    memory?: string | number
    /**
     * Disk space for what the container writes outside its volumes.
     */
    storage?: string | number
  }
  /**
   * Replaces the image’s entry point. A list of words; no shell takes part.
   *
   * @maxItems 256
   */
  entrypoint?: string[]
  /**
   * Replaces the image’s command: what follows the entry point. A list of words; no shell takes part.
   *
   * @maxItems 256
   */
  command?: string[]
  /**
   * Environment variables. Everybody can read them, as all records: passwords belong into secrets.
   */
  env?: {
    [k: string]: string | number
  }
  /**
   * Numeric user, or user and group with a colon. 0 (root) needs security: baseline and a member who allows it.
   */
  user?: string | number
  /**
   * Absolute path in which the command starts; the image’s own when absent.
   */
  workingDir?: string
  /**
   * Writable directories in memory, lost with the container. Absolute paths, with options after a colon.
   *
   * @maxItems 32
   */
  tmpfs?: string[]
  /**
   * false asks for a writable root file system, which needs security: baseline.
   */
  readOnly?: boolean
  /**
   * Level of the Pod Security Standards. restricted: no capabilities, not root, read-only. baseline: what the workload asks for with user, capAdd and readOnly, on members who allow it.
   */
  security?: 'restricted' | 'baseline'
  /**
   * gvisor: runs only in gVisor, which keeps the container away from the machine's kernel, on members who have it. Without it the machine chooses.
   */
  runtime?: 'gvisor'
  /**
   * Linux capabilities that the container needs, without CAP_. All but NET_BIND_SERVICE need security: baseline; none beyond these can be had.
   *
   * @maxItems 64
   */
  capAdd?: (
    | 'AUDIT_WRITE'
    | 'CHOWN'
    | 'DAC_OVERRIDE'
    | 'FOWNER'
    | 'FSETID'
    | 'KILL'
    | 'MKNOD'
    | 'NET_BIND_SERVICE'
    | 'SETFCAP'
    | 'SETGID'
    | 'SETPCAP'
    | 'SETUID'
    | 'SYS_CHROOT'
  )[]
  /**
   * How far the container may reach out: none, or internet for public addresses.
   */
  egress?: 'none' | 'internet'
  /**
   * Sealed secrets that the container reads as files.
   *
   * @maxItems 64
   */
  secrets?: {
    /**
     * Name of the secret.
     */
    name: string
    /**
     * Absolute path of the file in the container.
     */
    file: string
  }[]
  /**
   * Ports that the container listens on. Each answers on the loopback address of its machine, on a port that the machine chooses.
   *
   * @maxItems 64
   */
  ports?: {
    /**
     * Port inside the container; above 1023 unless the workload asks for NET_BIND_SERVICE.
     */
    container: number
    /**
     * Name of the port: lower-case letters, digits and inner hyphens.
     */
    name?: string
    /**
     * Transport protocol.
     */
    protocol?: 'tcp' | 'udp'
  }[]
  /**
   * Directories that outlive the container. They stay on the machine that made them, and the workload with them.
   *
   * @maxItems 32
   */
  volumes?: {
    /**
     * Name of the volume, unique in this workload: lower-case letters, digits and inner hyphens.
     */
    name: string
    /**
     * Absolute path in the container.
     */
    path: string
    /**
     * Disk space asked for, a Kubernetes quantity.
     */
    size?: string | number
    /**
     * keep waits for the machine that has the data. empty lets a replacement start elsewhere with an empty volume.
     */
    onLoss?: 'keep' | 'empty'
  }[]
  /**
   * How to tell whether a replica is ready: exactly one of http, tcp and exec. It decides whether traffic goes there and whether a roll-out goes on; it restarts nothing (liveness does).
   */
  healthcheck?: {
    /**
     * A GET request that must be answered with a status from 200 to 399.
     */
    http?: {
      /**
       * Port inside the container.
       */
      port: number
      /**
       * Path of the request.
       */
      path?: string
    }
    /**
     * A connection that must be accepted.
     */
    tcp?: {
      /**
       * Port inside the container.
       */
      port: number
    }
    /**
     * A command in the container that must end with exit code 0.
     */
    exec?: {
      /**
       * Command and arguments; no shell takes part.
       *
       * @minItems 1
       * @maxItems 256
       */
      command: [string, ...string[]]
    }
    /**
     * Time between two probes.
     */
    interval?: string | number
    /**
     * Time after which a probe counts as failed.
     */
    timeout?: string | number
    /**
     * Time after the start in which failures do not count.
     */
    startPeriod?: string | number
    /**
     * Failures in a row that make the replica unhealthy.
     */
    retries?: number
  }
  /**
   * When to start a container again that still runs but does nothing any more: a probe like healthcheck, which never restarts anything.
   */
  liveness?: {
    /**
     * A GET request that must be answered with a status from 200 to 399.
     */
    http?: {
      /**
       * Port inside the container.
       */
      port: number
      /**
       * Path of the request.
       */
      path?: string
    }
    /**
     * A connection that must be accepted.
     */
    tcp?: {
      /**
       * Port inside the container.
       */
      port: number
    }
    /**
     * A command in the container that must end with exit code 0.
     */
    exec?: {
      /**
       * Command and arguments; no shell takes part.
       *
       * @minItems 1
       * @maxItems 256
       */
      command: [string, ...string[]]
    }
    /**
     * Time between two probes.
     */
    interval?: string | number
    /**
     * Time after which a probe counts as failed.
     */
    timeout?: string | number
    /**
     * Time after the start in which failures do not count.
     */
    startPeriod?: string | number
    /**
     * Failures in a row after which the container is started again.
     */
    retries?: number
  }
  /**
   * When a container that ended is started again.
   */
  restart?: {
    /**
     * always, or on-failure for an exit code other than 0, or no. unless-stopped, as in Compose, is the same as always: what is to stay stopped is paused. A Job has on-failure or no.
     */
    policy?: 'always' | 'on-failure' | 'unless-stopped' | 'no'
    /**
     * How long to wait before the next start; the delay doubles each time.
     */
    backoff?: {
      /**
       * Delay before the first restart.
       */
      initial?: string | number
      /**
       * The delay grows no further.
       */
      max?: string | number
    }
  }
  /**
   * How a new version replaces the old one.
   */
  update?: {
    /**
     * Replicas that may be missing during the roll-out.
     */
    maxUnavailable?: number
    /**
     * Replicas that may run beyond the count during the roll-out.
     */
    maxSurge?: number
    /**
     * Whether the new replica starts before the old one stops; start-first unless there are volumes, which two replicas would share.
     */
    order?: 'start-first' | 'stop-first'
    /**
     * How long a new replica must be healthy before the next one is replaced.
     */
    healthyAfter?: string | number
    /**
     * How long one replica may take to become healthy before the roll-out has failed.
     */
    deadline?: string | number
    /**
     * rollback returns to the last good version, halt stops where it is.
     */
    onFailure?: 'rollback' | 'halt'
    /**
     * A container that must succeed before the roll-out begins, such as a database migration.
     */
    before?: {
      /**
       * Its image; the workload’s own when absent.
       */
      image?: string
      /**
       * Replaces the image’s entry point.
       *
       * @maxItems 256
       */
      entrypoint?: string[]
      /**
       * Replaces the image’s command.
       *
       * @maxItems 256
       */
      command?: string[]
      /**
       * Time after which it counts as failed.
       */
      timeout?: string | number
    }
  }
  /**
   * Kubernetes label selectors; all must hold for the labels of a machine.
   *
   * @maxItems 64
   */
  constraints?: string[]
  /**
   * Replicas go to different owners first, or to different meshlets, or to different values of a label. A wish, no rule: when there are fewer of them than replicas, some get several.
   */
  spread?: string
  /**
   * Only machines of these clusters of yours may run it; any when absent.
   *
   * @maxItems 32
   */
  clusters?: string[]
  /**
   * How machines are chosen, and what happens when one is cut off.
   */
  placement?: {
    /**
     * How long a round of bids stays open at most; 60s or less.
     */
    bidWindow?: string | number
    /**
     * keep lets a machine that is cut off run on, stop makes it stop its containers.
     */
    onPartition?: 'keep' | 'stop'
    /**
     * true when two containers must never run at once; needs one replica.
     */
    atMostOne?: boolean
  }
  /**
   * Orders your own waiting workloads, higher first. It never stops what runs.
   */
  priority?: number
  /**
   * Time between the stop signal and the kill.
   */
  stopGracePeriod?: string | number
  /**
   * Signal that asks the container to end.
   */
  stopSignal?:
    | 'SIGTERM'
    | 'SIGINT'
    | 'SIGQUIT'
    | 'SIGHUP'
    | 'SIGUSR1'
    | 'SIGUSR2'
    | 'SIGWINCH'
    | 'SIGABRT'
    | 'SIGALRM'
    | 'SIGKILL'
    | 'SIGRTMIN+3'
  /**
   * When a Job runs, a cron expression in UTC: minute, hour, day of month, month, day of week.
   */
  schedule?: string
  /**
   * true refuses deletion, also by --prune.
   */
  protect?: boolean
}
