/**
 * Runs the tests whose path contains one of the arguments, or all, once. The last line is
 * `N passed, N failed`; errors outside of a test (a hook, an import, a stray rejection) are failures.
 * Tests on real parts mostly wait; those that need none run meanwhile, in a process that takes what these leave.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createVitest, startVitest, type CliOptions, type Vitest } from 'vitest/node'

interface Count {
  readonly passed: number
  readonly failed: number
}

/** As vitest.config.ts calls them. */
const REAL = 'real parts'
const ALONE = ['by itself', 'rooms']
/** Set in the process beside. */
const IS_BESIDE = 'COMMUNE_TESTS_BESIDE'
/** No picture that is drawn over again: two of them would spoil each other. */
const OPTIONS: CliOptions = {
  watch: false,
  run: true,
  reporters: [['default', { summary: false }]],
}

// What each of many programs would compile anew is compiled once; below the packages, so it goes with them.
const compiled = new URL('../node_modules/.cache/compiled', import.meta.url)
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(compiled)
const filters = process.argv.slice(2)
if (process.env[IS_BESIDE] === undefined) await runHere()
else await runBeside()
// Not process.exit(): the line must reach a pipe first. A leaked handle must not hang the run either.
setTimeout(() => process.exit(), 5_000).unref()

async function runHere(): Promise<void> {
  const found = await projectsFound()
  const isSplit = found.has(REAL) && found.size > 1
  const beside = isSplit ? startBeside() : undefined
  const here = await run(isSplit ? { project: REAL } : {})
  const there = (await beside) ?? { passed: 0, failed: 0 }
  const passed = here.passed + there.passed
  const failed = here.failed + there.failed
  // Nothing found is a mistake in the filter, and no success.
  const failures = passed + failed === 0 ? 1 : failed
  process.stdout.write(`${passed} passed, ${failures} failed\n`)
  process.exitCode = failures === 0 && (process.exitCode ?? 0) === 0 ? 0 : 1
}

async function projectsFound(): Promise<ReadonlySet<string>> {
  const vitest = await createVitest(OPTIONS)
  const found = await vitest.globTestSpecifications(filters)
  await vitest.close()
  return new Set(found.map(({ project }) => project.name))
}

/** Resolves with what the process beside counted; one that ends without a word is a failure. */
async function startBeside(): Promise<Count> {
  const line = ['-n', '19', process.execPath, fileURLToPath(import.meta.url), ...filters]
  const child = spawn('nice', line, {
    env: { ...process.env, [IS_BESIDE]: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let counted: Count | undefined
  child.on('message', (message) => {
    counted = message as Count
  })
  const [code] = await once(child, 'close')
  if (counted === undefined) return { passed: 0, failed: 1 }
  return code === 0 || counted.failed > 0 ? counted : { ...counted, failed: 1 }
}

async function runBeside(): Promise<void> {
  // Whoever started it is gone.
  process.once('disconnect', () => process.exit(1))
  const counted = await run({ project: ALONE, maxWorkers: 1 })
  process.removeAllListeners('disconnect')
  process.send?.(counted, () => process.disconnect())
}

async function run(options: CliOptions): Promise<Count> {
  return count(await startVitest(filters, { ...OPTIONS, ...options }))
}

function count(vitest: Vitest): Count {
  let passed = 0
  let failed = vitest.state.getUnhandledErrors().length
  for (const module of vitest.state.getTestModules()) {
    if (module.errors().length > 0) failed += 1
    for (const suite of module.children.allSuites()) if (suite.errors().length > 0) failed += 1
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      // A test that is still pending after the run was cut off.
      if (state === 'failed' || state === 'pending') failed += 1
    }
  }
  return { passed, failed }
}
