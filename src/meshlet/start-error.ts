import { messageOf } from '../model/errors.ts'
import type { StartFailures } from './workload-memory.ts'

/** Which step of bringing a container up failed; the message is the engine's. */
export class StartError extends Error {
  readonly step: StartFailures['code']

  constructor(step: StartFailures['code'], cause: unknown) {
    super(messageOf(cause), { cause })
    this.step = step
  }
}
