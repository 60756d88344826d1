import { CONNECTION, OUTPUT, REASON } from '../command-options.ts'
import { DRAIN_EXITS } from '../command-exits.ts'
import type { CommandSpec } from '../command-spec.ts'

/** What an owner does with machines. */
export const MACHINE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'meshlet add',
    args: ['<did>'],
    summary: 'Declare a machine yours: your half of the link between you and it.',
    options: [
      { flags: '--name HOST', description: 'name of the machine; its DID when absent' },
      ...CONNECTION,
    ],
    examples: ['commune meshlet add did:web:box.example.org --name box'],
    load: async () => (await import('../commands/meshlet-add.ts')).runMeshletAdd,
  },
  {
    name: 'meshlet remove',
    args: ['<meshlet>'],
    summary: 'Take your half of the link back; the machine then drains.',
    options: CONNECTION,
    examples: ['commune meshlet remove box'],
    load: async () => (await import('../commands/meshlet-remove.ts')).runMeshletRemove,
  },
  {
    name: 'cordon',
    args: ['<meshlet>'],
    summary: 'Have a machine of yours take no new work; what runs there goes on.',
    options: [OUTPUT, REASON, ...CONNECTION],
    examples: ['commune cordon box', 'commune cordon box --reason "disk is to be changed"'],
    load: async () => (await import('../commands/cordon.ts')).runCordon,
  },
  {
    name: 'uncordon',
    args: ['<meshlet>'],
    summary: 'Have a machine of yours take work again; ends a drain too.',
    options: [OUTPUT, ...CONNECTION],
    examples: ['commune uncordon box'],
    load: async () => (await import('../commands/cordon.ts')).runUncordon,
  },
  {
    name: 'drain',
    args: ['<meshlet>'],
    summary: 'Have a machine of yours give all its work away, and take none.',
    details:
      'Each container stops when its replacement runs, or when the time is over. It lasts until uncordon.',
    exits: DRAIN_EXITS,
    options: [
      OUTPUT,
      REASON,
      { flags: '--timeout DURATION', description: 'time for a replacement', default: '15m' },
      { flags: '--wait', description: 'wait until nothing runs there any more' },
      { flags: '--shutdown', description: 'then end the meshlet there' },
      ...CONNECTION,
    ],
    examples: ['commune drain box --wait', 'commune drain box --timeout 2m --shutdown --wait'],
    load: async () => (await import('../commands/drain.ts')).runDrain,
  },
]
