import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { CommuneError } from '../model/errors.ts'
import { makePrivateFolder, readKept, writeKept } from '../atproto/private-file.ts'
import { quietLoginPadding } from './login-padding.ts'
import { LOOPBACK, freePort, portError } from './loopback.ts'

/** A PDS that runs. */
export interface RunningPds extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly adminPassword: string
}

interface KeptPds {
  readonly port: number
  readonly jwtSecret: string
  readonly adminPassword: string
  readonly dpopSecret: string
  readonly plcRotationKeyK256PrivateKeyHex: string
}

/**
 * Starts the real PDS on loopback, with its data and secrets in `dir`. Port 0 or none: the one used
 * before, else a free one; it stands in the service's DID and in the DID documents of the accounts.
 * The package is loaded only here, since that alone takes about a second and 100 MB.
 */
export async function startPds(options: {
  readonly dir: string
  readonly port?: number
  readonly plcUrl: string
  /** Enforces the hosted network's limits on writes; off by default, as in the PDS itself. */
  readonly rateLimits?: boolean
}): Promise<RunningPds> {
  const { dir } = options
  const blobs = path.join(dir, 'blobs')
  await makePrivateFolder(dir)
  await makePrivateFolder(blobs)
  const kept = await keptPds(dir, options.port ?? 0)
  const { PDS } = await import('@atproto/pds')
  quietLoginPadding()
  const { port, ...secrets } = kept
  const pds = await PDS.fromEnv({
    ...secrets,
    port,
    hostname: 'localhost',
    serviceDid: `did:web:localhost%3A${port}`,
    devMode: true,
    dataDirectory: dir,
    blobstoreDiskLocation: blobs,
    didPlcUrl: options.plcUrl,
    serviceHandleDomains: ['.test'],
    inviteRequired: false,
    // Its PLC directory and its accounts' services are on loopback as well.
    disableSsrfProtection: true,
    rateLimitsEnabled: options.rateLimits ?? false,
  })
  // The PDS has no setting for the address and would listen on all of them.
  const listen = pds.app.listen.bind(pds.app)
  pds.app.listen = (() => listen(port, LOOPBACK)) as typeof pds.app.listen
  try {
    await pds.start()
  } catch (error) {
    await pds.destroy().catch(() => undefined)
    throw portError(error, port, 'the PDS')
  }
  return {
    url: `http://localhost:${port}`,
    port,
    adminPassword: kept.adminPassword,
    [Symbol.asyncDispose]: () => pds.destroy(),
  }
}

async function keptPds(dir: string, wantedPort: number): Promise<KeptPds> {
  const file = path.join(dir, 'secrets.json')
  const before = await readKept(file)
  if (before === undefined) {
    const fresh: KeptPds = {
      port: wantedPort || (await freePort()),
      jwtSecret: randomBytes(32).toString('hex'),
      adminPassword: randomBytes(16).toString('hex'),
      dpopSecret: randomBytes(32).toString('hex'),
      plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    }
    await writeKept(file, fresh)
    return fresh
  }
  if (!isKeptPds(before)) throw new CommuneError('io', `${file} is damaged: a field is missing.`)
  if (wantedPort !== 0 && wantedPort !== before.port) {
    throw new CommuneError(
      'usage',
      `The PDS in ${dir} has port ${before.port}, not ${wantedPort}.`,
      {
        hint: 'The port is part of its DIDs: leave it out, or choose another folder.',
      },
    )
  }
  return before
}

function isKeptPds(value: unknown): value is KeptPds {
  const kept = value as Partial<Record<keyof KeptPds, unknown>> | null
  return (
    typeof kept === 'object' &&
    typeof kept?.port === 'number' &&
    typeof kept.jwtSecret === 'string' &&
    typeof kept.adminPassword === 'string' &&
    typeof kept.dpopSecret === 'string' &&
    typeof kept.plcRotationKeyK256PrivateKeyHex === 'string'
  )
}
