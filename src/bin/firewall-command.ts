import { networkInterfaces } from 'node:os'
import type { Command } from 'commander'
import { THIS_MACHINE } from '../firewall/boot.ts'
import { installWalls, removeWalls } from '../firewall/install.ts'
import { bridgesInUse, publicNeighbours } from '../firewall/neighbours.ts'
import { createNft } from '../firewall/nft.ts'
import { readWalls } from '../firewall/read-walls.ts'
import { renderRules } from '../firewall/rules.ts'
import { CommuneError } from '../model/errors.ts'
import { ipv4Value } from '../model/closed-ranges.ts'

const NFT = createNft()

/** `meshlet firewall install`, `status` and `remove`: the walls that `egress: internet` needs. */
export function addFirewallCommand(program: Command): void {
  const firewall = program
    .command('firewall')
    .description('The walls around containers with egress: internet, as rules of nftables.')
  firewall
    .command('install')
    .description('Set the rules up, now and for every start of this machine. Needs root.')
    .option(
      '--refuse <range>',
      'IPv4 address or range to close besides; may be repeated',
      collect,
      [],
    )
    .option('--dry-run', 'print the rules and change nothing')
    .addHelpText(
      'after',
      `
Containers with egress: internet reach public IPv4 addresses, and nothing else: not this machine, its
LAN, private or reserved ranges, other workloads, or mail servers (ports 25, 465, 587); no IPv6.
Networks of this machine with public addresses are closed too. Give --refuse for other addresses
that are yours, such as your router's public one. What was refused before stays so until "remove".`,
    )
    .action(async (options: { refuse: readonly string[]; dryRun?: boolean }) => {
      const closed = [...publicNeighbours(networkInterfaces()), ...options.refuse.map(checkedRange)]
      if (options.dryRun) return void process.stdout.write(renderRules([...new Set(closed)]))
      mustBeRoot('install')
      say(await installWalls({ nft: NFT, boot: THIS_MACHINE }, closed))
    })
  firewall
    .command('status')
    .description('Say whether the rules are in force. Exit code 0 when they are, else 1.')
    .option('-o, --output <format>', 'text or json', 'text')
    .action(async ({ output }: { output: string }) => {
      if (output !== 'text' && output !== 'json')
        throw new CommuneError('usage', `-o ${output}: expected text or json`)
      await showStatus(output)
    })
  firewall
    .command('remove')
    .description('Take the rules away, now and for good. Needs root.')
    .option('--force', 'also while containers with egress: internet run; they then reach your LAN')
    .action(async ({ force }: { force?: boolean }) => {
      mustBeRoot('remove')
      const inUse = bridgesInUse(networkInterfaces())
      if (inUse.length > 0 && !force)
        throw new CommuneError(
          'conflict',
          `Containers with egress: internet run here, on ${inUse.join(', ')}: without the rules ` +
            'they would reach this machine and its LAN. Nothing was changed.',
          { hint: 'Drain the machine first (commune drain), or give --force.' },
        )
      say(await removeWalls({ nft: NFT, boot: THIS_MACHINE }))
    })
}

async function showStatus(output: 'text' | 'json'): Promise<void> {
  const { closedHere, ...state } = await readWalls(NFT)
  const bridges = bridgesInUse(networkInterfaces())
  process.exitCode = state.kind === 'standing' ? 0 : 1
  if (output === 'json') {
    const answer = { ...state, closedHere, bridges }
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
    return
  }
  const besides = closedHere.length === 0 ? '' : ` Closed besides: ${closedHere.join(', ')}.`
  const first =
    state.kind === 'standing'
      ? `The rules are in force.${besides}`
      : `Not in force, as far as can be seen: ${state.why}.`
  const open = state.kind === 'down' ? ' They reach this machine and its LAN.' : ''
  const second =
    bridges.length === 0
      ? 'No container with egress: internet runs here.'
      : `Containers with egress: internet run on ${bridges.join(', ')}.${open}`
  say([first, second])
}

/** An IPv4 address, alone or with a prefix length. */
function checkedRange(text: string): string {
  const [, address = '', length = '32'] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(text) ?? []
  if (ipv4Value(address) !== undefined && Number(length) >= 1 && Number(length) <= 32) return text
  throw new CommuneError(
    'usage',
    `--refuse ${text}: expected an IPv4 address or range such as 203.0.113.7 or 203.0.113.0/24`,
  )
}

function mustBeRoot(what: string): void {
  if (process.getuid?.() === 0) return
  throw new CommuneError('forbidden', 'Only root may change firewall rules', {
    hint: `Run “meshlet firewall ${what}” as root.`,
  })
}

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
