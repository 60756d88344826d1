import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { initializeCA, initializeCTLog, initializeTLog } from '@sigstore/mock'
import type { LocalRegistry } from '../../src/dev/registry.ts'
import type { StandInImage } from '../../src/dev/stand-in.ts'
import { digestOf } from './hostile-registry.ts'

const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
export const SIGN_TYPE = 'https://sigstore.dev/cosign/sign/v1'
/** Of Fulcio’s certificates: who vouches for the identity, as a DER text. */
const ISSUER_OID = '1.3.6.1.4.1.57264.1.8'
const LONG_AGO = '2020-01-01T00:00:00Z'

export interface Statement {
  readonly digest: string
  readonly predicateType?: string
}

/** A key pair as `cosign generate-key-pair` makes it. */
export function newKeyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { publicKey, privateKey, pem: String(publicKey.export({ type: 'spki', format: 'pem' })) }
}

/** A bundle that is signed with a key, without a log. */
export function signWithKey(statement: Statement, privateKey: KeyObject): string {
  const { envelope } = envelopeOf(statement, privateKey)
  const verificationMaterial = { publicKey: { hint: 'a key' }, tlogEntries: [] }
  return JSON.stringify({ mediaType: BUNDLE_TYPE, verificationMaterial, dsseEnvelope: envelope })
}

/** Certificate authority and logs as sigstore runs them, for this test alone. */
export async function startAuthority() {
  const [ca, ct, log] = [newKeyPair(), newKeyPair(), newKeyPair()]
  const ctLog = await initializeCTLog(ct)
  const authority = await initializeCA(ca, ctLog)
  const transparency = await initializeTLog('https://rekor.test', log)
  const logKey = (key: KeyObject) => {
    const rawBytes = key.export({ type: 'spki', format: 'der' })
    return {
      baseUrl: 'https://rekor.test',
      hashAlgorithm: 'SHA2_256',
      publicKey: {
        rawBytes: rawBytes.toString('base64'),
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        validFor: { start: LONG_AGO },
      },
      logId: { keyId: createHash('sha256').update(rawBytes).digest('base64') },
    }
  }
  const trustedRoot = JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logKey(log.publicKey)],
    ctlogs: [logKey(ct.publicKey)],
    certificateAuthorities: [
      {
        subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
        uri: 'https://fulcio.test',
        certChain: { certificates: [{ rawBytes: base64(authority.rootCertificate) }] },
        validFor: { start: LONG_AGO },
      },
    ],
    timestampAuthorities: [],
  })
  return {
    trustedRoot,
    /** Signs with a key that lives for this signature only, under an identity. */
    async sign(statement: Statement, issuer: string, subject: string): Promise<string> {
      const key = newKeyPair()
      const { envelope, payload, signature } = envelopeOf(statement, key.privateKey)
      const certificate = await authority.issueCertificate({
        publicKey: key.publicKey.export({ type: 'spki', format: 'der' }),
        subjectAltName: subject,
        extensions: [{ oid: ISSUER_OID, value: issuer }],
      })
      const entry = {
        apiVersion: '0.0.1',
        kind: 'dsse',
        spec: {
          envelopeHash: { algorithm: 'sha256', value: hex(JSON.stringify(envelope)) },
          payloadHash: { algorithm: 'sha256', value: hex(payload) },
          signatures: [{ signature, verifier: base64(certificate) }],
        },
      }
      return JSON.stringify({
        mediaType: BUNDLE_TYPE,
        verificationMaterial: {
          certificate: { rawBytes: base64(certificate) },
          tlogEntries: [logEntryOf(await transparency.log(entry))],
        },
        dsseEnvelope: envelope,
      })
    },
  }
}

/**
 * Puts bundles beside an image, as cosign does on a registry that keeps no list of referrers; the list
 * also names what is `missing`, before them.
 */
export function addBundles(
  registry: LocalRegistry,
  repository: string,
  imageDigest: string,
  bundles: readonly string[],
  missing: readonly string[] = [],
): void {
  const artifacts = bundles.map(artifactOf)
  for (const artifact of artifacts) registry.add(repository, artifact, artifact.digest.slice(7, 40))
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [...missing, ...artifacts.map(({ digest }) => digest)].map((digest) => ({
        ...{ mediaType: MANIFEST_TYPE, digest, size: 1, artifactType: BUNDLE_TYPE },
      })),
    }),
  )
  const all = { manifest: index, digest: digestOf(index), blobs: new Map<string, Buffer>() }
  registry.add(repository, all, imageDigest.replace(':', '-'))
}

function artifactOf(bundle: string): StandInImage {
  const [config, layer] = [Buffer.from('{}'), Buffer.from(bundle)]
  const descriptor = (mediaType: string, blob: Buffer) => ({
    ...{ mediaType, digest: digestOf(blob), size: blob.length },
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      artifactType: BUNDLE_TYPE,
      config: descriptor('application/vnd.oci.empty.v1+json', config),
      layers: [descriptor(BUNDLE_TYPE, layer)],
    }),
  )
  const blobs = new Map([config, layer].map((blob) => [digestOf(blob), blob]))
  return { manifest, digest: digestOf(manifest), blobs }
}

/** DSSE 1.0.2: what is signed is the type and the payload with their lengths. */
function envelopeOf({ digest, predicateType = SIGN_TYPE }: Statement, privateKey: KeyObject) {
  const payload = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'app', digest: { sha256: digest.replace('sha256:', '') } }],
      predicateType,
      predicate: {},
    }),
  )
  const head = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `
  const signature = sign('sha256', Buffer.concat([Buffer.from(head), payload]), privateKey)
  const sig = signature.toString('base64')
  const envelope = {
    payload: payload.toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ sig, keyid: '' }],
  }
  return { envelope, payload, signature: sig }
}

/** Rekor’s answer in the form that bundles have. */
function logEntryOf(answer: object) {
  const [entry] = Object.values(answer) as {
    body: string
    integratedTime: number
    logID: string
    logIndex: number
    verification: {
      signedEntryTimestamp: string
      inclusionProof: { rootHash: string; treeSize: number; checkpoint: string; logIndex: number }
    }
  }[]
  if (entry === undefined) throw new Error('the log gave no entry')
  const { inclusionProof: proof, signedEntryTimestamp } = entry.verification
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: Buffer.from(entry.logID, 'hex').toString('base64') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(entry.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
      treeSize: String(proof.treeSize),
      hashes: [],
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: entry.body,
  }
}

function base64(bytes: ArrayBufferView): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function hex(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
