import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const TRIAL_POLICY = `# What the machines of this trial network allow; change it while they run.
kind: Policy
rules:
  # All its owners are you: their work runs also where the walls around containers can’t be tried,
  # which takes root. On a machine for others leave this out.
  - for: members
    canary: advised
`

/** Writes the policy of a trial network into its folder, unless it is there; gives its path. */
export async function trialPolicy(folder: string): Promise<string> {
  const file = join(folder, 'policy.yaml')
  await mkdir(folder, { recursive: true })
  await writeFile(file, TRIAL_POLICY, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  return file
}
