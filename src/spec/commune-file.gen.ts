// Generated from schemas/commune.schema.json by 'make generate'; change that file instead.

/**
 * Settings of a folder of workloads, in commune.yaml at its root.
 */
export interface CommuneFile {
  /**
   * Name of this set of workloads. commune sync --prune removes only what its own set has put there. Derived from the git remote or the folder when absent.
   */
  set?: string
}
