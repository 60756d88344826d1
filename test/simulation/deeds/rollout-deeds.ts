import type { WorkloadRecord } from '../../../src/model/records.ts'
import { imageOf } from '../../support/virtual-owner.ts'
import type { VirtualOwner } from '../../support/virtual-owner.ts'
import { anyWorkload, deed, type AnyDeed } from '../deed.ts'

const CRASH = { exit: { afterMs: 300, code: 1 } }

/** What owners do about roll-outs. Scenarios tell of it: drawn, it would make other stories of all seeds. */
export const ROLLOUT_DEEDS: Readonly<Record<string, AnyDeed>> = {
  'bad image': rollout('publishes a bad image of', (owner, { name }, world) => {
    const image = imageOf(`bad ${name}`)
    world.programsByImage.set(image, CRASH)
    owner.edit(name, { image })
  }),
  undo: rollout('undoes', (owner, { name, previous }) => {
    if (previous) owner.undo(name)
  }),
  'pause roll-out': rollout('pauses', (owner, { name }) => void owner.pause(name, true)),
  'resume roll-out': rollout('resumes', (owner, { name }) => void owner.pause(name, false)),
}

type World = Parameters<AnyDeed['act']>[0]['world']

function rollout(
  what: string,
  act: (owner: VirtualOwner, record: WorkloadRecord, world: World) => void,
): AnyDeed {
  return deed({
    weight: 0,
    isFault: false,
    draw: anyWorkload,
    act: ({ world }, { owner, name }) => {
      const record = world.workload(owner, name)
      if (!record) return undefined
      act(world.owner(owner), record, world)
      return `${owner} ${what} ${name}`
    },
  })
}
