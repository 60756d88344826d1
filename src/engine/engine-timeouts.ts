/** Time-outs of calls by what they ask of the engine, milliseconds. */
export const ENGINE_TIMEOUT_MS = {
  /** Answers from the engine's memory. */
  read: 15_000,
  /** Creates, starts, removes: a slow disk can take long. */
  write: 60_000,
  /** On top of the grace period that a container gets to stop. */
  stopMargin: 20_000,
} as const
