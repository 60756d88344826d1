/** Why a claim, or a part of it, does not count. */
export type LedgerFault = keyof typeof FAULTS

/** The same for a person. */
export const FAULTS = {
  'own-work': 'own work on an own machine counts for nothing',
  stranger: 'the workload’s owner is no member here',
  unacknowledged: 'nobody on the other side acknowledged it',
  cut: 'more was claimed than acknowledged: the smaller counts',
  changed: 'the claim was changed after it was acknowledged',
  'no-claim': 'acknowledged, but the machine claims nothing',
  disputed: 'disputed, and not settled',
  'not-a-day': 'its key is no UTC day, or not the day that it names',
  unfinished: 'written before its day was over',
  late: 'written after the day was closed; counts from a later day on',
  'no-time': 'its time can’t be read',
  'no-sequence': 'it has no number',
  'sequence-reused': 'its number was used for another day too',
  'sequence-backwards': 'its number is not above those of earlier days',
  'duplicate-workload': 'it names a workload twice',
  'bad-amount': 'an amount in it is no positive whole number, or of too many seconds',
  'no-capacity': 'it does not say what the machine offered',
  'over-capacity': 'it claims more than the machine offered',
} as const
