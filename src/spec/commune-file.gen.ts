// Generated from schemas/commune.schema.json by 'make generate'; change that file instead.

/**
 * Settings of a folder of workloads, in commune.yaml at its root.
 */
export interface CommuneFile {
  /**
   * Name of this set of workloads. commune sync --prune removes only what its own set has put there. Derived from the git remote or the folder when absent.
   */
  set?: string
  /**
   * Values for ${NAME} in the workload files. Without this key nothing is replaced there. A variable without a value must be given by an overlay or with --var.
   */
  variables?: {
    [k: string]: string | number | boolean | null
  }
  /**
   * Files in this folder that say what differs in an environment, by the name that --overlay takes.
   */
  overlays?: {
    [k: string]: string
  }
}
