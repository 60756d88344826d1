import type { AnyDeed } from './deed.ts'
import { BALLOT_DEEDS } from './deeds/ballot-deeds.ts'
import { ENGINE_DEEDS } from './deeds/engine-deeds.ts'
import { EXPECTATIONS } from './deeds/expectations.ts'
import { FEED_DEEDS } from './deeds/feed-deeds.ts'
import { HOSTILE_DEEDS } from './deeds/hostile-deeds.ts'
import { NETWORK_DEEDS } from './deeds/network-deeds.ts'
import { OWNER_DEEDS } from './deeds/owner-deeds.ts'
import { POLICY_DEEDS } from './deeds/policy-deeds.ts'
import { PROCESS_DEEDS } from './deeds/process-deeds.ts'
import { ROLLOUT_DEEDS } from './deeds/rollout-deeds.ts'

/** Everything that can happen in a story, by name. */
export const DEEDS: Readonly<Record<string, AnyDeed>> = {
  ...OWNER_DEEDS,
  ...PROCESS_DEEDS,
  ...NETWORK_DEEDS,
  ...FEED_DEEDS,
  ...ENGINE_DEEDS,
  ...HOSTILE_DEEDS,
  ...ROLLOUT_DEEDS,
  ...BALLOT_DEEDS,
  ...POLICY_DEEDS,
  ...EXPECTATIONS,
}

export function deedOf(name: string): AnyDeed {
  const found = DEEDS[name]
  if (!found) throw new Error(`there is no deed "${name}"`)
  return found
}
