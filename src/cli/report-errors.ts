import { writeFile } from 'node:fs/promises'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { CommandContext, CommandSpec } from './command-spec.ts'
import { PLAIN_EXITS } from './command-exits.ts'
import { formatGithub, formatJson, formatJunit, type ErrorReport } from './error-formats.ts'
import { EXIT } from './exit.ts'
import type { Problem } from './problem.ts'

const FORMATS = { json: formatJson, github: formatGithub, junit: formatJunit } as const

/** A command that goes on for months must not remember all that was ever wrong. */
const PROBLEMS_MAX = 1_000

/** Annotations belong among the lines of a log; the others are documents of their own. */
const ON_STDERR = 'github'

interface Target {
  readonly format: (report: ErrorReport) => string
  /** Standard error when absent. */
  readonly file?: string
}

interface Options {
  readonly output?: string
  readonly errors?: readonly string[]
}

/**
 * Runs a command and gathers what it says is wrong, for `--errors`, and for `-o json` and `-o yaml`
 * when the command printed no result: whoever parses its output always gets one document.
 *
 * @param exitOf the exit code that an error will lead to
 */
export async function reportErrors(
  context: CommandContext,
  spec: CommandSpec,
  options: Options,
  run: (context: CommandContext) => Promise<number>,
  exitOf: (error: unknown) => number,
): Promise<number> {
  const targets = (options.errors ?? []).map(parseTarget)
  const problems: Problem[] = []
  const known = new Set<string>()
  let hasResult = false
  const io = {
    ...context.io,
    out: (text: string) => {
      hasResult = true
      context.io.out(text)
    },
    // A plan is shown before and after it is applied.
    onProblem: (problem: Problem) => {
      if (problems.length >= PROBLEMS_MAX) return
      const text = JSON.stringify(problem)
      if (!known.has(text)) problems.push(problem)
      known.add(text)
    },
  }
  const finish = async (exitCode: number) => {
    const report = { command: spec.name, exitCode, problems: withVerdict(problems, spec, exitCode) }
    const isData = options.output === 'json' || options.output === 'yaml'
    // JSON is YAML.
    if (isData && !hasResult && report.problems.length > 0) context.io.out(formatJson(report))
    for (const target of targets) await write(context, target, report)
  }
  try {
    const code = await run({ ...context, io })
    await finish(code)
    return code
  } catch (error) {
    problems.push(problemOfError(error))
    await finish(exitOf(error))
    throw error
  }
}

function problemOfError(error: unknown): Problem {
  const isOurs = error instanceof CommuneError
  return {
    code: isOurs ? error.code : 'internal',
    severity: 'error',
    message: messageOf(error),
    ...(isOurs && error.hint !== undefined ? { hint: error.hint } : {}),
  }
}

/** A command that failed without an error of its own, such as one that waited in vain. */
function withVerdict(
  problems: readonly Problem[],
  { exits = PLAIN_EXITS, name }: CommandSpec,
  exitCode: number,
): readonly Problem[] {
  const isTold = problems.some(({ severity }) => severity === 'error')
  const isAnswer = exits[EXIT.failed] !== PLAIN_EXITS[EXIT.failed] && exitCode === EXIT.failed
  if (isTold || exitCode === EXIT.done || isAnswer) return problems
  const message = `${name}: ${exits[exitCode] ?? 'it failed'}`
  const code = exitCode === EXIT.interrupted ? 'interrupted' : 'unavailable'
  return [...problems, { code, severity: 'error', message }]
}

function parseTarget(text: string): Target {
  const [name = '', ...rest] = text.split('=')
  const file = rest.join('=')
  if (!Object.hasOwn(FORMATS, name)) {
    throw new CommuneError('usage', `--errors ${text} is not understood.`, {
      hint: 'Use github, github=FILE, json=FILE or junit=FILE.',
    })
  }
  if (file === '' && name !== ON_STDERR) {
    throw new CommuneError('usage', `--errors ${name} needs a file.`, {
      hint: `For example: --errors ${name}=errors.${name === 'json' ? 'json' : 'xml'}`,
    })
  }
  const format = FORMATS[name as keyof typeof FORMATS]
  return file === '' ? { format } : { format, file }
}

async function write({ io }: CommandContext, target: Target, report: ErrorReport): Promise<void> {
  const text = target.format(report)
  if (target.file === undefined) return io.note(text)
  try {
    await writeFile(target.file, text)
  } catch (error) {
    // What the command itself has to say must not get lost for this.
    io.note(`commune: ${target.file} can't be written: ${messageOf(error)}\n`)
  }
}
