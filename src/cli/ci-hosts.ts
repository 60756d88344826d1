/** Where CI runs, the example to start from, and where the host looks for it in a repository. */
export const CI_HOSTS = {
  github: { example: 'github.yaml', target: '.github/workflows/commune.yaml' },
  forgejo: { example: 'forgejo.yaml', target: '.forgejo/workflows/commune.yaml' },
  gitlab: { example: 'gitlab.yaml', target: '.gitlab-ci.yml' },
  tangled: { example: 'tangled.yaml', target: '.tangled/workflows/commune.yaml' },
} as const

export type CiHost = keyof typeof CI_HOSTS

/** The folder that the examples speak of. */
export const CI_EXAMPLE_FOLDER = 'workloads'

/** The example for another folder; `.` when the whole repository is one. */
export function ciFileFor(example: string, folder: string): string {
  // A name with blanks or signs of the shell stands in quotes; a single quote is not to be had in it.
  const word = /^[\w./-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", '')}'`
  return example.replaceAll(/(commune["]? (?:validate|diff|sync) )workloads\b/g, `$1${word}`)
}
