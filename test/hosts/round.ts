/**
 * All faults once, each on what the one before left. Started by start-round.ts in namespaces of its
 * own: `round.ts FOLDER ID PDS_AWAY_MS`. Prints one result a line, as JSON.
 */
import { messageOf } from '../../src/model/errors.ts'
import { startCommuneOfHosts } from './commune-of-hosts.ts'
import { FAULTS, finale, type Fault } from './faults.ts'
import type { Result } from './figures.ts'
import { Stage } from './stage.ts'

const [folder = '', id = '', pdsAwayMs = ''] = process.argv.slice(2)

{
  await using commune = await startCommuneOfHosts(folder, id)
  const stage = new Stage(commune)
  for (const fault of FAULTS) print(await resultOf(fault, stage))
  const late = await finale(stage).then(
    () => undefined,
    (error: unknown) => messageOf(error),
  )
  print({ fault: 'afterwards', ...(late === undefined ? {} : { violation: late }) })
}

async function resultOf(fault: Fault, stage: Stage): Promise<Result> {
  try {
    const figures = await fault.run(stage, { pdsAwayMs: Number(pdsAwayMs) })
    return { fault: fault.name, figures }
  } catch (error) {
    return { fault: fault.name, violation: messageOf(error) }
  }
}

function print(result: Result): void {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
