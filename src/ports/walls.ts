/** What is known of the walls around containers that have a way to the internet. */
export type WallState =
  | { readonly kind: 'standing' }
  /** Positively known: the rules are not in force, or not all of them. */
  | { readonly kind: 'down'; readonly why: string }
  /** It can’t be read from here. */
  | { readonly kind: 'unknown'; readonly why: string }

/** The firewall rules of this machine, as far as this program sees them. */
export interface Walls {
  /** Never rejects, but for an aborted signal. */
  state(signal?: AbortSignal): Promise<WallState>
  /**
   * Whether a bridge is in the network namespace whose rules this program sees: an engine without root,
   * or inside a virtual machine, has its networks elsewhere.
   */
  sees(bridge: string): Promise<boolean>
}
