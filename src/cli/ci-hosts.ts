/** One file of CI: the example to start from, and where it belongs in a repository. */
export interface CiFile {
  readonly example: string
  readonly target: string
}

/** What all of them call. */
const SCRIPT: CiFile = { example: 'commune-ci.sh', target: 'ci/commune-ci.sh' }

/** What each place where CI runs looks for. */
export const CI_HOSTS = {
  github: [{ example: 'github.yaml', target: '.github/workflows/commune.yaml' }, SCRIPT],
  forgejo: [{ example: 'forgejo.yaml', target: '.forgejo/workflows/commune.yaml' }, SCRIPT],
  gitlab: [{ example: 'gitlab.yaml', target: '.gitlab-ci.yml' }, SCRIPT],
  tangled: [
    { example: 'tangled-check.yaml', target: '.tangled/workflows/commune-check.yaml' },
    { example: 'tangled-deploy.yaml', target: '.tangled/workflows/commune-deploy.yaml' },
    SCRIPT,
  ],
} as const satisfies Readonly<Record<string, readonly CiFile[]>>

export type CiHost = keyof typeof CI_HOSTS

/** The folder that the examples speak of. */
export const CI_EXAMPLE_FOLDER = 'workloads'

/** The example for another folder; `.` when the whole repository is one. */
export function ciFileFor(example: string, folder: string): string {
  // A name with blanks or signs of the shell stands in quotes; a single quote is not to be had in it.
  const word = /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", '')}'`
  return example.replaceAll(/(commune-ci\.sh (?:check|deploy) )workloads\b/g, `$1${word}`)
}
