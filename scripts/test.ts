/**
 * Runs the tests whose path contains one of the arguments, or all. When only files on real parts have
 * failures, those files are run a second time from the start, and named; the second run is what counts
 * for them. The last line is `N passed, N failed`; errors outside of a test (a hook, an import, a stray
 * rejection) are failures.
 */
import { startVitest, type TestModule, type Vitest } from 'vitest/node'

interface Count {
  readonly passed: number
  readonly failed: number
}

function count(vitest: Vitest, isCounted: (module: TestModule) => boolean = () => true): Count {
  let passed = 0
  let failed = vitest.state.getUnhandledErrors().length
  for (const module of vitest.state.getTestModules().filter(isCounted)) {
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

/** What failed, if that were files on real parts only. */
function failedOnRealParts(vitest: Vitest): readonly TestModule[] {
  const failed = vitest.state.getTestModules().filter((module) => !module.ok())
  const isAll = failed.every(({ project }) => project.name === 'real parts')
  return isAll && vitest.state.getUnhandledErrors().length === 0 ? failed : []
}

/** Real machines promise things about time that a busy host can't always keep. */
async function runAgain(modules: readonly TestModule[]): Promise<Count> {
  const files = modules.map(({ moduleId }) => moduleId)
  process.stdout.write(`run a second time, from the start: ${files.join(', ')}\n`)
  return count(await startVitest(files, { watch: false, run: true }))
}

const vitest = await startVitest(process.argv.slice(2), { watch: false, run: true })
const again = failedOnRealParts(vitest)
const first = count(vitest, (module) => !again.includes(module))
let second: Count = { passed: 0, failed: 0 }
if (again.length > 0) {
  await vitest.close()
  second = await runAgain(again)
}
const passed = first.passed + second.passed
// Nothing found is a mistake in the filter, and no success.
const failed = passed + first.failed + second.failed === 0 ? 1 : first.failed + second.failed
process.stdout.write(`${passed} passed, ${failed} failed\n`)
// Not process.exit(): the line must reach a pipe first. A leaked handle must not hang the run either.
process.exitCode = failed === 0 ? 0 : 1
setTimeout(() => process.exit(), 5_000).unref()
