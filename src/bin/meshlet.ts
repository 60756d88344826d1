#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parse as parseYaml } from 'yaml'
import { createLog } from '../meshlet/log.ts'
import { meshletCommand, parseSettings, type MeshletSettings } from '../meshlet/flags.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { addDoctorCommand } from './doctor-command.ts'
import { addFirewallCommand } from './firewall-command.ts'
import { startDaemon } from './meshlet-daemon.ts'
import { surviveParserFault } from './parser-fault.ts'
import { addPolicyCommand } from './policy-command.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string }

try {
  await main()
} catch (error) {
  const hint = error instanceof CommuneError && error.hint ? `\n${error.hint}` : ''
  process.stderr.write(`meshlet: ${messageOf(error)}${hint}\n`)
  process.exitCode = error instanceof CommuneError && error.code === 'usage' ? 2 : 1
}

async function main(): Promise<void> {
  const command = meshletCommand(version)
  const settings = () => {
    const flags: Record<string, unknown> = command.opts()
    const said = { ...fromFile(command, flags['config']), ...given(command, flags) }
    return parseSettings(said, process.env)
  }
  addPolicyCommand(command, settings)
  addDoctorCommand(command, settings)
  addFirewallCommand(command)
  await command.action(() => run(settings())).parseAsync(process.argv)
}

/** Works until it is told to end. */
async function run(settings: MeshletSettings): Promise<void> {
  const log = createLog({
    format: settings.logFormat,
    verbose: settings.verbose,
    stream: process.stderr,
  })
  surviveParserFault(() => log.warn('a server broke off its answer; the call goes on without it'))
  const daemon = await startDaemon(settings, version, log)
  process.stdout.write(`meshlet ${daemon.meshlet.config.did} listens on ${daemon.url}\n`)
  const signal = new Promise<string>((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'))
    process.once('SIGTERM', () => resolve('SIGTERM'))
  })
  const departed = daemon.meshlet.departed.then(() => undefined)
  const reason = await Promise.race([signal, departed])
  if (reason === undefined) log.info('ending; nothing runs here any more')
  else log.info('ending; the containers go on running', { signal: reason })
  await daemon[Symbol.asyncDispose]()
}

/** Flags that were really given, so that a default never wins over the file. */
function given(command: ReturnType<typeof meshletCommand>, flags: Record<string, unknown>) {
  return Object.fromEntries(
    Object.entries(flags).filter(([name]) => command.getOptionValueSource(name) !== 'default'),
  )
}

/** Settings of a YAML file, with the flags' names in either spelling. */
function fromFile(
  command: ReturnType<typeof meshletCommand>,
  file: unknown,
): Record<string, unknown> {
  if (typeof file !== 'string') return {}
  let content: unknown
  try {
    content = parseYaml(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CommuneError('usage', `--config: ${file}: ${messageOf(error)}`)
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new CommuneError(
      'usage',
      `--config: ${file}: expected settings by name, such as "owner: did:plc:…"`,
    )
  const settings = Object.entries(content).map(
    ([name, value]) =>
      [name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), value] as const,
  )
  const known = new Set(command.options.map((option) => option.attributeName()))
  const unknown = settings.map(([name]) => name).filter((name) => !known.has(name))
  if (unknown.length > 0)
    throw new CommuneError('usage', `--config: ${file}: unknown settings: ${unknown.join(', ')}`, {
      hint: 'meshlet --help lists all settings.',
    })
  return Object.fromEntries(settings)
}
