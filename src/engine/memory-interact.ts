import { CommuneError } from '../model/errors.ts'
import { sleep, type Clock } from '../ports/clock.ts'
import type { ExecResult, InteractOptions, InteractOutput } from '../ports/engine.ts'
import type { MemoryContainer } from './memory-container.ts'

/** What the program says that the command answers; else it gives back what it reads. */
export async function* memoryInteract(
  container: MemoryContainer,
  { command, input, signal }: InteractOptions,
): AsyncGenerator<InteractOutput> {
  if (!container.running)
    throw new CommuneError('not-found', `Container ${container.id} is not running`)
  const answer = container.program.exec?.(command)
  if (answer !== undefined) {
    yield { kind: 'data', stream: 'stdout', data: new TextEncoder().encode(answer.output) }
    yield { kind: 'end', exitCode: answer.exitCode }
    return
  }
  for await (const item of input) {
    signal.throwIfAborted()
    if (item.kind === 'data') yield { kind: 'data', stream: 'stdout', data: item.data }
  }
  yield { kind: 'end', exitCode: 0 }
}

/** What the program says that the command answers; one that says nothing hangs until its time is over. */
export async function memoryExec(
  container: MemoryContainer,
  command: readonly string[],
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  clock: Clock,
): Promise<ExecResult> {
  if (!container.running)
    throw new CommuneError('engine', `Container ${container.id} is not running`)
  const answer = container.program.exec
    ? container.program.exec(command)
    : { exitCode: 0, output: '' }
  if (answer !== undefined) return answer
  await sleep(clock, options.timeoutMs, options.signal)
  return { output: '' }
}
