import type { Policy, Rule, Terms } from './policy.ts'

const ALL_PORTS = [{ first: 1, last: 65_535 }]
const EVERY_IMAGE = [{ text: '**', parts: ['**'] }]

/** Capabilities that the level `baseline` of Kubernetes’ Pod Security Standards knows. */
export const BASELINE_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
] as const

const GIB = 1024 ** 3
/** Of others, where the owner says nothing: room for all but images with models or data in them. */
const IMAGE_SIZE = 4 * GIB
const IMAGE_TOTAL = 20 * GIB

type Differing =
  | 'security'
  | 'capabilities'
  | 'rootUser'
  | 'writableRoot'
  | 'imageSize'
  | 'imageTotal'
  | 'canary'

const COMMON: Omit<Terms, Differing> = {
  allow: true,
  runtime: 'runc',
  images: EVERY_IMAGE,
  signatures: [],
  egress: 'none',
  volumes: false,
  exec: false,
  ports: ALL_PORTS,
  resources: {},
  total: {},
  hours: [],
  standing: 'last-in-line',
}

/** What holds where the owner’s file says nothing: neighbours are strangers, one’s own work is not. */
export const STANDARD_RULES: readonly Rule[] = [
  {
    name: 'standard for your own work',
    subject: { kind: 'own' },
    terms: {
      ...COMMON,
      imageSize: Infinity,
      imageTotal: Infinity,
      security: 'baseline',
      capabilities: BASELINE_CAPABILITIES,
      rootUser: true,
      writableRoot: true,
      egress: 'internet',
      volumes: true,
      canary: 'advised',
    },
  },
  {
    name: 'standard for members',
    subject: { kind: 'members' },
    terms: {
      ...COMMON,
      imageSize: IMAGE_SIZE,
      imageTotal: IMAGE_TOTAL,
      security: 'restricted',
      capabilities: [],
      rootUser: false,
      writableRoot: false,
      canary: 'required',
    },
  },
]

/** The policy of an owner who wrote none. */
export const STANDARD_POLICY: Policy = {
  reserve: { cpuMilli: 0, memoryBytes: 0, storageBytes: 0 },
  rules: [],
}
