/**
 * The whole story on this machine: three people, a machine each, a folder of YAML files. Takes
 * everything down again, and ends with `demo: ok`. With KEEP=1 it stays up after that line until
 * SIGTERM or Ctrl-C.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createNarrator } from './demo/narrator.ts'
import { openStory } from './demo/story.ts'

const stopped = new AbortController()
// The signal may come several times: from the terminal, and from the script around this one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => stopped.abort(new Error('interrupted')))

const tell = createNarrator((text) => process.stdout.write(text))
const keep = process.env['KEEP'] === '1'
try {
  await run()
  if (!keep) process.stdout.write('demo: ok\n')
} catch (error) {
  process.stdout.write(
    `\ndemo: failed: ${error instanceof Error ? error.message : String(error)}\n`,
  )
  process.exitCode = stopped.signal.aborted ? 130 : 1
}

async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'commune-demo-'))
  const examples = fileURLToPath(new URL('../examples/workloads', import.meta.url))
  await using story = await openStory({ folder, examples, tell, signal: stopped.signal })
  await story.play()
  if (!keep) return
  process.stdout.write('demo: ok\n')
  tell.say('it stays up until SIGTERM or Ctrl-C; in another terminal, to act as alice:')
  tell.quote([...story.exports, 'bin/commune get workloads'].join('\n'))
  if (!stopped.signal.aborted)
    await new Promise((resolve) =>
      stopped.signal.addEventListener('abort', resolve, { once: true }),
    )
}
