import { withPause } from '../../sync/rollout-record.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { editWorkloads } from '../edit-workload.ts'
import { EXIT } from '../exit.ts'
import { openLogin } from '../open-login.ts'
import { openSessionReader } from '../reading.ts'

/** From now on no replica is replaced; those that are missing are started all the same. */
export function runRolloutPause(
  context: CommandContext,
  names: readonly string[],
  options: ConnectionOptions,
): Promise<number> {
  return setPause(context, names, options, true)
}

/** A roll-out that was held goes on. */
export function runRolloutResume(
  context: CommandContext,
  names: readonly string[],
  options: ConnectionOptions,
): Promise<number> {
  return setPause(context, names, options, false)
}

async function setPause(
  context: CommandContext,
  [name = '']: readonly string[],
  options: ConnectionOptions,
  isPaused: boolean,
): Promise<number> {
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const reader = await openSessionReader(context, session, connection)
  let wasPaused = false
  await editWorkloads(
    context,
    { session, reader },
    {
      names: [name],
      change: (record) => {
        wasPaused = record.rollout?.paused === true
        return withPause(record, isPaused)
      },
      consequences: ['in place'],
      reason: isPaused ? 'its owner holds the roll-out' : 'its owner lets the roll-out go on',
    },
  )
  if (wasPaused === isPaused) {
    context.io.out(`${name}: ${isPaused ? 'was paused already' : 'was not paused'}\n`)
    return EXIT.done
  }
  const next = isPaused
    ? 'paused: no replica is replaced until "commune rollout resume"'
    : 'goes on'
  context.io.out(`${name}: the roll-out ${isPaused ? 'is ' : ''}${next}\n`)
  return EXIT.done
}
