import { describeValue } from './describe-schema.ts'
import { finding, quote, type Finding, type Path } from './finding.ts'
import type { SoundParts } from './sound-parts.ts'

/** What the container runtime mounts itself; anything mounted over it breaks or weakens the walls. */
const RESERVED = ['/proc', '/sys', '/dev']

const EXPECTED = 'an absolute path such as /data, without “.” and “..”'

interface Mount {
  readonly path: Path
  readonly target: string
}

/** Paths inside the container: absolute, plain, not reserved, and none mounted twice. */
export function checkPaths(document: SoundParts): readonly Finding[] {
  const mounts = mountsOf(document)
  return [
    ...mounts.flatMap(checkMount),
    ...mounts.flatMap((mount, index) => checkFirst(mounts, mount, index)),
    ...checkWorkingDir(document.workingDir),
    ...checkProbePath('healthcheck', document.healthcheck?.http?.path),
    ...checkProbePath('liveness', document.liveness?.http?.path),
  ]
}

function mountsOf({ volumes, tmpfs, secrets }: SoundParts): readonly Mount[] {
  const mounts = [
    ...(volumes ?? []).map((volume, index) => mountOf(['volumes', index, 'path'], volume?.path)),
    // As in Compose, options follow a colon.
    ...(tmpfs ?? []).map((text, index) => mountOf(['tmpfs', index], text?.split(':', 1)[0])),
    ...(secrets ?? []).map((secret, index) => mountOf(['secrets', index, 'file'], secret?.file)),
  ]
  return mounts.filter((mount) => mount !== undefined)
}

function mountOf(path: Path, target: string | undefined): Mount | undefined {
  return target === undefined ? undefined : { path, target }
}

function checkMount({ path, target }: Mount): readonly Finding[] {
  const plain = withoutSlash(target)
  if (!isPlainPath(target) || plain === '') {
    return [finding(path, `found ${describeValue(target)}`, { expected: EXPECTED })]
  }
  const reserved = RESERVED.find((root) => plain === root || plain.startsWith(`${root}/`))
  if (reserved === undefined) return []
  return [finding(path, `nothing can be mounted at ${quote(target)}`, { expected: EXPECTED })]
}

function checkFirst(mounts: readonly Mount[], mount: Mount, index: number): readonly Finding[] {
  const target = withoutSlash(mount.target)
  const first = mounts.findIndex((other) => withoutSlash(other.target) === target)
  if (first === index) return []
  return [finding(mount.path, `something is already mounted at ${quote(mount.target)}`)]
}

function checkWorkingDir(value: string | undefined): readonly Finding[] {
  if (value === undefined || isPlainPath(value)) return []
  return [finding(['workingDir'], `found ${describeValue(value)}`, { expected: EXPECTED })]
}

function checkProbePath(key: string, value: string | undefined): readonly Finding[] {
  // oxlint-disable-next-line no-control-regex
  if (value === undefined || /^\/[^\s\u0000-\u001f\u007f#]*$/.test(value)) return []
  const expected = 'a path that begins with a slash, such as /health'
  const suggestion = /^[\w./-]+$/.test(value) ? { suggestion: `/${value}` } : {}
  const path = [key, 'http', 'path']
  return [finding(path, `found ${describeValue(value)}`, { expected, ...suggestion })]
}

function isPlainPath(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  if (!text.startsWith('/') || /[\u0000-\u001f\u007f:]/.test(text)) return false
  const parts = withoutSlash(text).split('/').slice(1)
  return parts.every((part) => part !== '' && part !== '.' && part !== '..')
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text
}
