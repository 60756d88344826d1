import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** Bridges of ours, see `bridgeName`. */
const BRIDGE = /^cmn[0-9a-f]{12}$/
const SETTINGS = [
  // A packet whose answer would not leave by the bridge is dropped: since the machine has no address and
  // no route there, that is every packet. Without it a program can send packets to the machine past the
  // routes (SO_BINDTODEVICE with SO_DONTROUTE, or a broadcast), although it never hears an answer.
  ['/proc/sys/net/ipv4/conf', 'rp_filter', '1'],
  // The machine gives itself an address on every bridge otherwise.
  ['/proc/sys/net/ipv6/conf', 'disable_ipv6', '1'],
] as const

/**
 * Makes this machine deaf on the bridges of internal networks, as far as this process may: it takes
 * root on the engine's machine. An engine makes bridges anew when the machine starts, so that it is
 * done again with each new network, of which a trial of the walls makes one and shows whether it helped.
 */
export async function sealBridges(): Promise<void> {
  for (const [folder, name, value] of SETTINGS) {
    const devices = await readdir(folder).catch(() => [])
    const bridges = devices.filter((device) => BRIDGE.test(device))
    await Promise.all(
      bridges.map((bridge) =>
        writeFile(path.join(folder, bridge, name), value).catch(() => undefined),
      ),
    )
  }
}
