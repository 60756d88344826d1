import { command } from './command.ts'

/** The hub is a switch, and a server that everybody reaches: directory, PDS and registry listen there. */
export const HUB_ADDRESS = '10.77.0.1'
export const BRIDGE = 'hub0'

/** Undoes what was done. */
export type Undo = () => Promise<void>

/**
 * Sets up the switch in this process's network namespace, which has to be its own: the addresses are
 * the same in every run. What listens on the loopback here is reachable at the hub's address.
 */
export async function openHub(): Promise<void> {
  await command('ip', 'link', 'set', 'lo', 'up')
  await command('ip', 'link', 'add', BRIDGE, 'type', 'bridge')
  await command('ip', 'addr', 'add', `${HUB_ADDRESS}/24`, 'dev', BRIDGE)
  await command('ip', 'link', 'set', BRIDGE, 'up')
  await command('sysctl', '-qw', `net.ipv4.conf.${BRIDGE}.route_localnet=1`)
  await command('iptables', '-w', ...toLoopback(BRIDGE, HUB_ADDRESS))
}

/** Drops what arrives at the hub's own servers and fits these words of iptables; nobody is told. */
export async function dropAtHub(...rule: readonly string[]): Promise<Undo> {
  const words = ['INPUT', '-i', BRIDGE, ...rule, '-j', 'DROP']
  await command('iptables', '-w', '-I', ...words)
  return async () => {
    await command('iptables', '-w', '-D', ...words)
  }
}

/** The rule that leads what arrives for this address to the loopback, as a reverse proxy would. */
export function toLoopback(device: string, address: string, ports?: string): string[] {
  return [
    ...['-t', 'nat', '-A', 'PREROUTING', '-i', device, '-p', 'tcp', '-d', address],
    ...(ports === undefined ? [] : ['--dport', ports]),
    ...['-j', 'DNAT', '--to-destination', '127.0.0.1'],
  ]
}
