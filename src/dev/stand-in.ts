import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { CommuneError } from '../model/errors.ts'

/** An image in memory, in the shapes of the OCI image specification 1.0. */
export interface StandInImage {
  readonly manifest: Buffer
  /** `sha256:…` of the manifest. */
  readonly digest: string
  /** Configuration and layer by digest. */
  readonly blobs: ReadonlyMap<string, Buffer>
}

export type StandInFile =
  | string
  | Buffer
  | { readonly content: string | Buffer; readonly mode: number }

export interface StandInOptions {
  /** Content by absolute path; a value with `mode` sets the permission bits (0o644 otherwise). */
  readonly files?: Readonly<Record<string, StandInFile>>
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly user?: string
  readonly workingDir?: string
  /** Paths. */
  readonly volumes?: readonly string[]
  /** A statically linked busybox; Debian's busybox-static has it at /bin/busybox. */
  readonly busybox?: string
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json'
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip'
const BUSYBOX = '/bin/busybox'
const APPLETS = (
  'sh ash awk basename cat chmod cp cut date dd df dirname du echo env expr false find free grep ' +
  'head hostname httpd id kill ln ls md5sum mkdir mktemp mount mv nc nproc printenv printf ps pwd ' +
  'readlink rm rmdir sed seq sha256sum sleep sort stat sync tail tar tee test timeout touch tr true ' +
  'uname uniq uptime usleep vi wc wget which whoami xargs yes'
).split(' ')
/** Go's names of the architectures that Node runs on. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/**
 * Builds a small image out of busybox and the given files, without any engine or network. The same
 * input gives the same bytes, and so the same digest. Fails with `unsupported` without a static busybox.
 */
export async function buildImage(options: StandInOptions): Promise<StandInImage> {
  const tar = await layerTar(options)
  const layer = gzipSync(tar, { level: 6 })
  const config = Buffer.from(JSON.stringify(imageConfig(options, digestOf(tar))))
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, digest: digestOf(config), size: config.length },
      layers: [{ mediaType: LAYER_TYPE, digest: digestOf(layer), size: layer.length }],
    }),
  )
  const blobs = new Map([config, layer].map((blob) => [digestOf(blob), blob]))
  return { manifest, digest: digestOf(manifest), blobs }
}

/** `sha256:` and 64 hexadecimal digits. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function imageConfig(options: StandInOptions, diffId: string): object {
  const env = { PATH: '/bin:/usr/bin:/sbin:/usr/sbin', ...options.env }
  return {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ...(options.entrypoint === undefined ? {} : { Entrypoint: options.entrypoint }),
      ...(options.command === undefined ? {} : { Cmd: options.command }),
      ...(options.labels === undefined ? {} : { Labels: options.labels }),
      ...(options.user === undefined ? {} : { User: options.user }),
      ...(options.workingDir === undefined ? {} : { WorkingDir: options.workingDir }),
      ...(options.volumes === undefined
        ? {}
        : { Volumes: Object.fromEntries(options.volumes.map((path) => [path, {}])) }),
    },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created_by: 'commune stand-in' }],
  }
}

async function layerTar(options: StandInOptions): Promise<Buffer> {
  const tar = pack()
  const bytes = buffer(tar)
  const common = { uid: 0, gid: 0, mtime: new Date(0) }
  const folders = new Set<string>()
  const folder = (path: string) => {
    const parent = path.slice(0, path.lastIndexOf('/'))
    if (path === '' || folders.has(path)) return
    folder(parent)
    folders.add(path)
    tar.entry({
      ...common,
      name: `${path.slice(1)}/`,
      type: 'directory',
      mode: path === '/tmp' ? 0o1777 : 0o755,
    })
  }
  for (const path of ['/bin', '/dev', '/etc', '/proc', '/sys', '/tmp']) folder(path)
  tar.entry({ ...common, name: 'bin/busybox', mode: 0o755 }, await staticBusybox(options.busybox))
  for (const applet of APPLETS) {
    tar.entry({ ...common, name: `bin/${applet}`, type: 'symlink', linkname: 'busybox' })
  }
  const files: Record<string, StandInFile> = {
    '/etc/passwd': 'root:x:0:0:root:/:/bin/sh\n',
    ...options.files,
  }
  for (const [path, file] of Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const plain = typeof file === 'string' || Buffer.isBuffer(file)
    folder(path.slice(0, path.lastIndexOf('/')))
    const mode = plain ? 0o644 : file.mode
    tar.entry({ ...common, name: path.slice(1), mode }, Buffer.from(plain ? file : file.content))
  }
  tar.finalize()
  return bytes
}

async function staticBusybox(path = BUSYBOX): Promise<Buffer> {
  const hint = 'apt-get install busybox-static (scripts/engine.sh start does it as root)'
  const program = await readFile(path).catch((cause: unknown) => {
    throw new CommuneError('unsupported', `There is no ${path} to build images from`, {
      hint,
      cause,
    })
  })
  // A dynamically linked program names its loader near the start of the file; no image has that one.
  if (program.subarray(0, 4096).includes('/ld-')) {
    throw new CommuneError('unsupported', `${path} is not statically linked`, { hint })
  }
  return program
}
