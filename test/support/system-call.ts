import { executable } from '../../src/engine/canary-image.ts'

/** The numbers of calls differ by processor (syscalls(2)). */
const NUMBERS = {
  mount: { x64: 165, arm64: 40 },
  umount: { x64: 166, arm64: 39 },
  pivotRoot: { x64: 155, arm64: 41 },
  chroot: { x64: 161, arm64: 51 },
  unshare: { x64: 272, arm64: 97 },
  setns: { x64: 308, arm64: 268 },
  socket: { x64: 41, arm64: 198 },
  ptrace: { x64: 101, arm64: 117 },
  processVmRead: { x64: 310, arm64: 270 },
  bpf: { x64: 321, arm64: 280 },
  keyctl: { x64: 250, arm64: 219 },
  addKey: { x64: 248, arm64: 217 },
  userfaultfd: { x64: 323, arm64: 282 },
  perfEventOpen: { x64: 298, arm64: 241 },
  openByHandle: { x64: 304, arm64: 265 },
  kexecLoad: { x64: 246, arm64: 104 },
  initModule: { x64: 175, arm64: 105 },
  reboot: { x64: 169, arm64: 142 },
  swapon: { x64: 167, arm64: 224 },
  setHostname: { x64: 170, arm64: 161 },
  setTime: { x64: 227, arm64: 112 },
  quotactl: { x64: 179, arm64: 60 },
} as const

export type SystemCall = keyof typeof NUMBERS

const MACHINES = { x64: 62, arm64: 183 } as const
const ARGUMENTS_MAX = 4

/**
 * A program that makes one system call with up to four numbers and ends with its errno as exit code; 0,
 * or more than 133 (a result that is no error), when the kernel did what was asked.
 */
export function systemCallProgram(call: SystemCall, ...values: readonly number[]): Buffer {
  const processor = process.arch === 'arm64' ? 'arm64' : 'x64'
  const number = NUMBERS[call][processor]
  const given = Array.from({ length: ARGUMENTS_MAX }, (_, index) => values[index] ?? 0)
  const code = processor === 'x64' ? codeForX64(number, given) : codeForArm64(number, given)
  return executable(MACHINES[processor], code)
}

function codeForX64(number: number, values: readonly number[]): Buffer {
  const load = (opcode: string, value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value >>> 0)
    return opcode + bytes.toString('hex')
  }
  // mov to edi, esi, edx, r10d
  const loads = ['bf', 'be', 'ba', '41ba'].map((opcode, index) => load(opcode, values[index] ?? 0))
  const end = [
    'f7d8', // neg eax
    '89c7', // mov edi, eax
    load('b8', 60), // exit
    '0f05',
  ]
  return Buffer.from([...loads, load('b8', number), '0f05', ...end].join(''), 'hex')
}

function codeForArm64(number: number, values: readonly number[]): Buffer {
  const SVC = 0xd400_0001
  const NEGATE_X0 = 0xcb00_03e0
  const EXIT = 93
  const load = (register: number, value: number) => [
    (0xd280_0000 | ((value & 0xffff) << 5) | register) >>> 0, // movz
    (0xf2a0_0000 | ((value >>> 16) << 5) | register) >>> 0, // movk, shifted by 16
  ]
  const words = [
    ...values.flatMap((value, index) => load(index, value)),
    ...load(8, number),
    SVC,
    NEGATE_X0,
    ...load(8, EXIT),
    SVC,
  ]
  const code = Buffer.alloc(words.length * 4)
  words.forEach((word, index) => code.writeUInt32LE(word, index * 4))
  return code
}
