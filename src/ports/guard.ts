/**
 * A process beside the daemon that kills what runs past its deadline, also when the daemon hangs or was
 * killed. It knows workloads by their uri and nothing else about them.
 */
export interface Guard {
  /** Milliseconds since the machine started, sleep included; the clock of all deadlines. */
  nowMs(): number
  /** Why nothing guards, for people, and since when by `nowMs`; undefined while all is well. */
  readonly problem: { readonly message: string; readonly sinceMs: number } | undefined
  /** What it was told last, by this daemon or by one before it. */
  readonly deadlines: ReadonlyMap<string, number>
  /**
   * From this moment on nothing of the workload may run, until a later moment is told. Resolves when the
   * guard has taken note; rejects when there is none.
   */
  set(uri: string, deadlineMs: number): Promise<void>
  /** Nothing of the workload runs, and nothing is going to: it need not be watched any more. */
  clear(uri: string): void
}
