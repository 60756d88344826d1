// Generated from schemas/overlay.schema.json by 'make generate'; change that file instead.

/**
 * What differs in one environment. commune.yaml at the root of the folder gives it a name.
 */
export interface OverlayFile {
  /**
   * Says that this file is no workload.
   */
  kind: 'Overlay'
  /**
   * Name of the set in this environment. The set of the folder, # and the name of the overlay when absent.
   */
  set?: string
  /**
   * Values in this environment of variables that commune.yaml declares.
   */
  variables?: {
    [k: string]: string | number | boolean | null
  }
  /**
   * How many containers run, by the name of the workload.
   */
  replicas?: {
    [k: string]: number | 'everywhere'
  }
  /**
   * Images, by the name of the workload.
   */
  images?: {
    [k: string]: string
  }
  /**
   * Variables of the container, by the name of the workload. They join those of the file; null removes one.
   */
  env?: {
    [k: string]: {
      [k: string]: string | number | boolean | null
    }
  }
  /**
   * Anything else, by the name of the workload: mappings are merged, lists and values replaced, null removes a key (RFC 7396).
   *
   * @maxItems 1000
   */
  patches?: {
    /**
     * Name of the workload to change.
     */
    name: string
    [k: string]: unknown
  }[]
}
