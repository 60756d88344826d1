/** What the exit codes of a command mean, by code (DESIGN §9). */
export type ExitMeanings = Readonly<Record<number, string>>

/** Of every command that says nothing else. */
export const PLAIN_EXITS: ExitMeanings = {
  0: 'done',
  1: 'it failed',
  2: 'wrong usage or invalid input',
  130: 'interrupted',
}

/** Of commands that answer a question. */
export const ANSWER_EXITS: ExitMeanings = {
  0: 'the same',
  1: 'different',
  2: 'an error, so there is no answer',
  130: 'interrupted',
}

/** Of commands that can wait until work runs. */
export const WAIT_EXITS: ExitMeanings = {
  ...PLAIN_EXITS,
  3: 'published but not placed',
  4: 'placed but not healthy, or rolled back',
  5: 'timed out waiting',
}

/** Of commands that can wait until work is gone. */
export const DRAIN_EXITS: ExitMeanings = { ...PLAIN_EXITS, 5: 'timed out waiting' }

/** Of `exec`, which ends as the command does. */
export const EXEC_EXITS: ExitMeanings = {
  0: 'the command ended with 0',
  1: 'it was not run, or the command ended with 1',
  2: 'wrong usage, or the command ended with 2',
  130: 'interrupted; the command was ended',
}

/** Of `import`, whose result may need a hand. */
export const IMPORT_EXITS: ExitMeanings = {
  ...PLAIN_EXITS,
  1: 'it failed, or something has to be mended before the result can run',
}
