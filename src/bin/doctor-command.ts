import type { Command } from 'commander'
import { formatTable, LAST_CELL_MAX } from '../cli/table.ts'
import type { MeshletSettings } from '../meshlet/flags.ts'
import { auditHost, type HostFinding } from '../meshlet/host-audit.ts'
import { CommuneError } from '../model/errors.ts'
import { gatherHostFacts } from './host-facts.ts'
import { defaultStateDir } from './state-dir.ts'

/** `meshlet doctor`; the settings are those of the program itself. */
export function addDoctorCommand(program: Command, settings: () => MeshletSettings): void {
  program
    .command('doctor')
    .description('Look whether this machine is fit for containers of others, and how to mend it.')
    .option('-o, --output <format>', 'table or json', 'table')
    .addHelpText(
      'after',
      `
Takes the settings of the meshlet: meshlet doctor --config /etc/meshlet.yaml
Exit code 0 when there is no problem (there may be warnings), else 1. For two seconds it runs a
container without network from an image that is on the machine already, to see whether limits hold.`,
    )
    .action(async ({ output }: { output: string }) => {
      if (output !== 'table' && output !== 'json')
        throw new CommuneError('usage', `-o ${output}: expected table or json`)
      const findings = auditHost(await gatherHostFacts(inputOf(program, settings)))
      process.stdout.write(
        output === 'json' ? `${JSON.stringify(findings, null, 2)}\n` : formatFindings(findings),
      )
      process.exitCode = findings.some(({ state }) => state === 'problem') ? 1 : 0
    })
}

/** Faulty settings are a finding; everything else is looked at all the same. */
function inputOf(program: Command, settings: () => MeshletSettings) {
  const flags: Record<string, unknown> = program.opts()
  const text = (name: string) => {
    const value = flags[name]
    return typeof value === 'string' ? value : undefined
  }
  const common = { configFile: text('config'), environment: process.env }
  try {
    const read = settings()
    const { did, stateDir = did === undefined ? undefined : defaultStateDir(did) } = read
    return { ...common, settings: read, stateDir }
  } catch (error) {
    if (!(error instanceof CommuneError)) throw error
    const dockerHost = text('dockerHost')
    return {
      ...common,
      settings: dockerHost === undefined ? {} : { dockerHost },
      settingsProblem: error.message,
      stateDir: text('stateDir'),
    }
  }
}

function formatFindings(findings: readonly HostFinding[]): string {
  const rows = findings.map(({ state, check, message }) => [state, check, message])
  const fixes = findings.flatMap(({ check, fix }) =>
    fix === undefined ? [] : [`  ${check}: ${fix}\n`],
  )
  const table = formatTable(['STATE', 'CHECK', 'FOUND'], rows, LAST_CELL_MAX)
  return fixes.length === 0 ? table : `${table}\nWhat to do:\n${fixes.join('')}`
}
