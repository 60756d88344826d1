import { expect, test } from 'vitest'
import { readText } from './source-tree.ts'

interface Locked {
  readonly hasInstallScript?: boolean
  readonly integrity?: string
  readonly dev?: boolean
}

const { packages } = JSON.parse(readText('package-lock.json')) as {
  packages: Record<string, Locked>
}
const { allowScripts } = JSON.parse(readText('package.json')) as {
  allowScripts: Record<string, boolean>
}
const settings = new Set(readText('.npmrc').split('\n'))

test('no package runs a script when it is installed, and each that would is named', () => {
  const withScripts = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
  expect(Object.keys(allowScripts), 'name it in allowScripts of package.json').toEqual(
    [...new Set(withScripts)].toSorted(),
  )
  expect(Object.values(allowScripts)).toEqual(withScripts.map(() => false))
  const explained = [...readText('docs/dependencies.md').matchAll(/^- `([^`]+)`: its script/gm)]
  expect(explained.map(([, name = '']) => name)).toEqual(Object.keys(allowScripts))
  // npm before 11 knows no list by name; then nothing runs because of this one.
  expect(settings).toContain('ignore-scripts=true')
  expect(settings).toContain('strict-allow-scripts=true')
})

test('what is installed is what the lock file says, byte for byte', () => {
  const installs = [...readText('Makefile').matchAll(/npm (?:ci|install)\b[^\n]*/g)].map(
    ([command]) => command,
  )
  const ofPackages = installs.filter((command) => !command.includes('--prefix .tools'))
  expect(ofPackages.length).toBeGreaterThan(0)
  expect(ofPackages.filter((command) => !command.startsWith('npm ci'))).toEqual([])
  const unproven = Object.entries(packages)
    .filter(([path, { integrity, dev }]) => path !== '' && dev !== true && integrity === undefined)
    .map(([path]) => path)
  expect(unproven).toEqual([])
})

test('continuous integration asks for known faults of the packages', () => {
  expect(readText('.ci/run')).toMatch(/^make check audit\b/m)
})
