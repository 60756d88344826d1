import type { farm } from '../lexicons/index.ts'
import type { Did, LogLine } from '../model/records.ts'
import type { InteractInput, InteractOutput, TerminalSize } from '../ports/engine.ts'
import type { Role } from './access.ts'

/** Who calls, proven by the token, and what that makes her here. */
export interface Caller {
  readonly did: Did
  readonly roles: readonly Role[]
}

export interface Call {
  readonly caller: Caller
  /** Aborted when the time for the call is over, the server stops, or who asked a question has left. */
  readonly signal: AbortSignal
}

export interface QueryCall<P> extends Call {
  readonly params: P
}

export interface ProcedureCall<I> extends Call {
  readonly input: I
}

export interface ExecCall extends QueryCall<farm.meshlet.exec.$Params> {
  readonly command: readonly string[]
  readonly terminal?: TerminalSize | undefined
  readonly input: AsyncIterable<InteractInput>
}

/** As of an engine; one that was ended by the machine says why. */
export type ExecOutput = InteractOutput & { readonly reason?: string | undefined }

/**
 * What the daemon does behind each method. May the caller? was answered before. Rejections become
 * answers by their code: `not-found`, `conflict`, `forbidden`, `invalid-input`, `unavailable`,
 * `engine`, `engine-unreachable`, `timeout`, `rate-limited`; anything else is logged and shown as an
 * internal error without its message.
 */
export interface MeshletApi {
  getCapacity(call: Call): Promise<farm.meshlet.getCapacity.$OutputBody>
  listWorkloads(
    call: QueryCall<farm.meshlet.listWorkloads.$Params>,
  ): Promise<farm.meshlet.listWorkloads.$OutputBody>
  getWorkloadStatus(
    call: QueryCall<farm.meshlet.getWorkloadStatus.$Params>,
  ): Promise<farm.meshlet.getWorkloadStatus.$OutputBody>
  deleteWorkload(
    call: ProcedureCall<farm.meshlet.deleteWorkload.$InputBody>,
  ): Promise<farm.meshlet.deleteWorkload.$OutputBody>
  pauseWorkload(
    call: ProcedureCall<farm.meshlet.pauseWorkload.$InputBody>,
  ): Promise<farm.meshlet.pauseWorkload.$OutputBody>
  resumeWorkload(
    call: ProcedureCall<farm.meshlet.resumeWorkload.$InputBody>,
  ): Promise<farm.meshlet.resumeWorkload.$OutputBody>
  stopWorkload(
    call: ProcedureCall<farm.meshlet.stopWorkload.$InputBody>,
  ): Promise<farm.meshlet.stopWorkload.$OutputBody>
  restartWorkload(
    call: ProcedureCall<farm.meshlet.restartWorkload.$InputBody>,
  ): Promise<farm.meshlet.restartWorkload.$OutputBody>
  getUsage(
    call: QueryCall<farm.meshlet.getUsage.$Params>,
  ): Promise<farm.meshlet.getUsage.$OutputBody>
  getLogs(call: QueryCall<farm.meshlet.getLogs.$Params>): Promise<farm.meshlet.getLogs.$OutputBody>
  /** Lines until the signal is aborted. */
  subscribeLogs(call: QueryCall<farm.meshlet.subscribeLogs.$Params>): AsyncIterable<LogLine>
  /** What the command writes, and at last how it ended; killed when the signal is aborted. */
  exec(call: ExecCall): AsyncIterable<ExecOutput>
  listEvents(
    call: QueryCall<farm.meshlet.listEvents.$Params>,
  ): Promise<farm.meshlet.listEvents.$OutputBody>
  getHealth(call: Call): Promise<farm.meshlet.getHealth.$OutputBody>
  pause(call: ProcedureCall<farm.meshlet.pause.$InputBody>): Promise<farm.meshlet.pause.$OutputBody>
  resume(
    call: ProcedureCall<farm.meshlet.resume.$InputBody>,
  ): Promise<farm.meshlet.resume.$OutputBody>
  drain(call: ProcedureCall<farm.meshlet.drain.$InputBody>): Promise<farm.meshlet.drain.$OutputBody>
  shutdown(
    call: ProcedureCall<farm.meshlet.shutdown.$InputBody>,
  ): Promise<farm.meshlet.shutdown.$OutputBody>
  heartbeat(
    call: ProcedureCall<farm.meshlet.heartbeat.$InputBody>,
  ): Promise<farm.meshlet.heartbeat.$OutputBody>
}
