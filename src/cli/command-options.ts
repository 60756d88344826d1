import type { OptionSpec } from './command-spec.ts'

/** For every command whose result a program may want to read. */
export const OUTPUT: OptionSpec = {
  flags: '-o, --output FORMAT',
  description: 'table, wide, json, yaml or name',
}

/** For commands that take a machine out of service. */
export const REASON: OptionSpec = {
  flags: '--reason TEXT',
  description: 'why, shown to the others',
}

/** For every command that talks to a PDS. */
export const CONNECTION: readonly OptionSpec[] = [
  { flags: '--service URL', description: 'PDS of your account (COMMUNE_SERVICE)' },
  { flags: '--identifier NAME', description: 'your handle or DID (COMMUNE_IDENTIFIER)' },
  { flags: '--plc-url URL', description: 'PLC directory (COMMUNE_PLC_URL)' },
]

export interface ConnectionOptions {
  readonly service?: string
  readonly identifier?: string
  readonly plcUrl?: string
}

/** For every command that only reads: nobody needs to be logged in for that. */
export const READING: readonly OptionSpec[] = [
  OUTPUT,
  { flags: '--owner WHO', description: 'handle or DID of the owner to look at; you, when absent' },
  ...CONNECTION,
]

export interface ReadingOptions extends ConnectionOptions {
  readonly output?: string
  readonly owner?: string
}

/** For every command with which somebody decides about others. */
export const LABELER: OptionSpec = {
  flags: '--labeler URL',
  description: 'also what this labeler says of them (COMMUNE_LABELERS); may be given several times',
  repeated: true,
}

export interface LabelerOptions {
  readonly labeler?: readonly string[]
}

/** For every command that a pipeline runs. */
export const ERRORS: OptionSpec = {
  flags: '--errors FORMAT',
  description: 'also as github, json=FILE or junit=FILE; may be given several times',
  repeated: true,
}

/** For every command that reads a folder. */
export const LAYERS: readonly OptionSpec[] = [
  { flags: '--overlay NAME', description: 'put this overlay of commune.yaml on top' },
  {
    flags: '--var ASSIGNMENT',
    description: 'NAME=VALUE: the value of a variable; may be given several times',
    repeated: true,
  },
]

export interface LayerOptions {
  readonly overlay?: string
  readonly var?: readonly string[]
}

/** For commands that compare a folder with the repo. */
export const FOLDER: readonly OptionSpec[] = [
  ...LAYERS,
  { flags: '--set NAME', description: 'name of the set of files, instead of the one derived' },
  { flags: '--prune', description: 'delete what this set published and no longer holds' },
  { flags: '--adopt', description: 'take over records of another set, or of none' },
  { flags: '--redo', description: 'publish again what "rollout undo" took back' },
  {
    flags: '--update-images',
    description: 'look every tag up anew, and publish what it means now',
  },
  { flags: '--offline', description: 'ask no registry: keep the published digest of each tag' },
]

export interface FolderOptions extends LayerOptions {
  readonly set?: string
  readonly prune?: boolean
  readonly adopt?: boolean
  readonly redo?: boolean
  readonly updateImages?: boolean
  readonly offline?: boolean
}
