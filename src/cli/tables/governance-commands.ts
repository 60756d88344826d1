import { CONNECTION, LABELER, REASON } from '../command-options.ts'
import type { CommandSpec, OptionSpec } from '../command-spec.ts'

const EVIDENCE: OptionSpec = {
  flags: '--evidence URI',
  description: 'a record that shows it; may be given several times',
  repeated: true,
}

/** What the owners of a cluster decide together. */
export const GOVERNANCE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'propose',
    args: ['<action>', '<about>'],
    summary: 'Ask the owners of a cluster to decide about a member, or about a dispute.',
    details:
      'ACTION is admit, suspend, reinstate, expel or uphold. ABOUT is a handle or a DID; of uphold,\na dispute. Whom your machines list, and who works with you, may vote; the member may not.',
    options: [
      { flags: '--cluster NAME', description: 'the cluster', default: 'the only one' },
      REASON,
      EVIDENCE,
      {
        flags: '--days DAYS',
        description: 'how long a suspension lasts after the vote',
        default: 'as the rules of the cluster say',
      },
      LABELER,
      ...CONNECTION,
    ],
    examples: [
      'commune propose suspend mallory.example.org --reason "fills every disk"',
      'commune propose admit carol.example.org --cluster friends',
    ],
    load: async () => (await import('../commands/propose.ts')).runPropose,
  },
  {
    name: 'vote',
    args: ['<proposal>', '[choice]'],
    summary: 'Vote yes, no or abstain; without a choice, say how it stands.',
    details:
      'What has ended is put on record in your repo, too, so that it stays when votes are deleted.',
    options: CONNECTION,
    examples: ['commune vote k7c2q5 yes', 'commune vote k7c2q5'],
    load: async () => (await import('../commands/propose.ts')).runVote,
  },
  {
    name: 'sponsor',
    args: ['<who>'],
    summary: 'Lend some of your credit line to a newcomer, or take it back.',
    options: [
      { flags: '--credit DAYS', description: 'machine-days; 0 takes the loan back' },
      ...CONNECTION,
    ],
    examples: ['commune sponsor bob.example.org --credit 2.5'],
    load: async () => (await import('../commands/sponsor.ts')).runSponsor,
  },
  {
    name: 'acknowledge',
    args: ['[claim]'],
    summary:
      'Say yourself what a machine held for you, where none of yours did or yours was wrong.',
    details:
      'Without CLAIM it lists what waits for your word: claims of the last weeks that none of your\nmachines has acknowledged within half a day. With --all you say yes to those against which\nnothing speaks; what is more than the workload asks for, or never was on that machine, is left.',
    options: [
      { flags: '--all', description: 'all that wait and are not in doubt' },
      { flags: '--nothing', description: 'nothing of it ran' },
      { flags: '-y, --yes', description: 'do not ask' },
      ...CONNECTION,
    ],
    examples: [
      'commune acknowledge',
      'commune acknowledge --all',
      'commune acknowledge at://did:plc:…/…/2026-11-20',
    ],
    load: async () => (await import('../commands/acknowledge.ts')).runAcknowledge,
  },
  {
    name: 'dispute',
    args: ['<claim>'],
    summary: 'Say that a claim in the ledger is wrong; it does not count until that is settled.',
    details:
      'Of a bid that claims another balance than the ledger, CLAIM is its address: that goes on record\nwith what the ledger says, for anybody to compute again, and needs no reason and no vote.',
    options: [{ flags: '--reason TEXT', description: 'why it is wrong' }, EVIDENCE, ...CONNECTION],
    examples: ['commune dispute at://did:plc:…/…/2026-11-20 --reason "it was down"'],
    load: async () => (await import('../commands/dispute.ts')).runDispute,
  },
  {
    name: 'answer',
    args: ['<dispute>', '<choice>'],
    summary: 'Contest or concede a dispute about a claim of yours, or withdraw your own.',
    options: [REASON, EVIDENCE, ...CONNECTION],
    examples: [
      'commune answer k7c2q5 contest --reason "see the status records"',
      'commune answer k7c2q5 withdraw',
    ],
    load: async () => (await import('../commands/dispute.ts')).runAnswer,
  },
]
