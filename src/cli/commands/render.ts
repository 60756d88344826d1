import { Document } from 'yaml'
import type { SpecWorkload } from '../../spec/parse-documents.ts'
import { hasErrors } from '../../spec/issue.ts'
import type { LayerOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { noteIssues, readOptions, requirePath } from '../load-folder.ts'
import { parseOutput, printData } from '../output.ts'

interface RenderOptions extends LayerOptions {
  readonly output?: string
}

/** Prints what a folder means, as plain files would say it. */
export async function runRender(
  { io, drivers }: CommandContext,
  [path = '.']: readonly string[],
  options: RenderOptions,
): Promise<number> {
  const format = parseOutput(options.output)
  await requirePath(path)
  const folder = await drivers.readFolder(path, { ...readOptions(options), signal: io.signal })
  noteIssues(io, folder.issues)
  switch (format) {
    case 'json':
      printData(
        io,
        format,
        folder.workloads.map(({ document }) => document),
      )
      break
    case 'name':
      io.out(folder.workloads.map(({ record }) => `${record.name}\n`).join(''))
      break
    case 'table':
    case 'wide':
    case 'yaml':
      io.out(folder.workloads.map(renderOne).join(''))
      break
  }
  return hasErrors(folder.issues) ? EXIT.usage : EXIT.done
}

function renderOne({ file, line, document }: SpecWorkload): string {
  const rendered = new Document(document)
  rendered.commentBefore = ` ${file}:${line}`
  // Long commands stay on one line, so that a diff shows what changed.
  return `---\n${rendered.toString({ lineWidth: 0 })}`
}
