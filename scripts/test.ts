/**
 * Runs the tests whose path contains one of the arguments, or all, once. The last line is
 * `N passed, N failed`; errors outside of a test (a hook, an import, a stray rejection) are failures.
 */
import { fileURLToPath } from 'node:url'
import { startVitest, type Vitest } from 'vitest/node'

interface Count {
  readonly passed: number
  readonly failed: number
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
  // Nothing found is a mistake in the filter, and no success.
  return passed + failed === 0 ? { passed, failed: 1 } : { passed, failed }
}

// What each of many programs would compile anew is compiled once; below the packages, so it goes with them.
const compiled = new URL('../node_modules/.cache/compiled', import.meta.url)
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(compiled)
const filters = process.argv.slice(2)
const vitest = await startVitest(filters, { watch: false, run: true })
const { passed, failed } = count(vitest)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
// Not process.exit(): the line must reach a pipe first. A leaked handle must not hang the run either.
process.exitCode = failed === 0 && (process.exitCode ?? 0) === 0 ? 0 : 1
setTimeout(() => process.exit(), 5_000).unref()
