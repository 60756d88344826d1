import type { Problem } from './problem.ts'

/** What a command has to say about what went wrong. */
export interface ErrorReport {
  readonly command: string
  readonly exitCode: number
  readonly problems: readonly Problem[]
}

const SCHEMA = 'https://meshlet.farm/schemas/errors.schema.json'

/** One JSON document, as schemas/errors.schema.json describes it. */
export function formatJson(report: ErrorReport): string {
  return `${JSON.stringify({ $schema: SCHEMA, version: 1, ...report }, null, 2)}\n`
}

/**
 * Workflow commands of GitHub Actions, one line a problem (docs.github.com, “Workflow commands”).
 * Forgejo and Gitea print them as they are.
 */
export function formatGithub({ problems }: ErrorReport): string {
  return problems
    .map((problem) => {
      const { severity, file, line, column } = problem
      const properties = Object.entries({ file, line, col: column, title: titleOf(problem) })
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
      return `::${severity} ${properties.join(',')}::${escapeData(textOf(problem))}\n`
    })
    .join('')
}

/** One test suite with a failure for each error, which pipelines show beside a change. */
export function formatJunit({ command, exitCode, problems }: ErrorReport): string {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const cases = errors.map((problem) => {
    const place = [problem.file, problem.line].filter((part) => part !== undefined).join(':')
    const file = problem.file === undefined ? '' : ` file="${escapeXml(problem.file)}"`
    return [
      `    <testcase classname="${escapeXml(problem.file ?? command)}" name="${escapeXml(titleOf(problem))}"${file}>`,
      `      <failure message="${escapeXml(problem.message)}" type="${problem.code}">${escapeXml([place, textOf(problem)].filter(Boolean).join('\n'))}</failure>`,
      '    </testcase>',
    ].join('\n')
  })
  // A suite without a case looks like one that did not run.
  const all =
    cases.length > 0 ? cases : [`    <testcase classname="commune" name="${escapeXml(command)}"/>`]
  const counts = `tests="${all.length}" failures="${errors.length}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="commune ${escapeXml(command)}" ${counts}>`,
    `    <properties><property name="exitCode" value="${exitCode}"/></properties>`,
    ...all,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function titleOf({ workload, path, code }: Problem): string {
  return workload ?? path ?? code
}

function textOf({ path, message, expected, suggestion, hint }: Problem): string {
  return [
    path === undefined ? message : `${path}: ${message}`,
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(suggestion === undefined ? [] : [`try: ${suggestion}`]),
    ...(hint === undefined ? [] : [hint]),
  ].join('\n')
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

const XML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** Control characters can't stand in XML 1.0 in any form. */
function escapeXml(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll(/[&<>"]/g, (character) => XML[character] ?? character)
  )
}
