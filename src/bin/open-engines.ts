import { readFile } from 'node:fs/promises'
import type { HostFacts } from '../meshlet/host-audit.ts'

/** The port that Docker’s documents name for requests without encryption. */
const PORT = 2375
const LISTENING = '0A'
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const

/** Where an engine of this machine takes requests without encryption, by the kernel’s table of sockets. */
export async function openEngines(
  tables: readonly string[] = TABLES,
): Promise<NonNullable<HostFacts['openEngines']>> {
  const texts = await Promise.all(tables.map((file) => readFile(file, 'utf8').catch(() => '')))
  const found = texts.flatMap((text) => text.split('\n').slice(1).flatMap(engineAt))
  return found.toSorted((a, b) => (a.address < b.address ? -1 : 1))
}

/** Of one line: number, local address and port in hexadecimal, remote ones, state. */
function engineAt(line: string): { address: string; isLoopback: boolean }[] {
  const [, local = '', , state] = line.trim().split(/\s+/)
  const [host = '', port = ''] = local.split(':')
  if (state !== LISTENING || Number.parseInt(port, 16) !== PORT) return []
  // In the byte order of the machine: 127.0.0.1 ends with 7F, and ::1 with a lone 1.
  const isLoopback = /^.{6}7F$/.test(host) || /^0{24}01000000$/.test(host)
  return [{ address: `port ${PORT}${isLoopback ? ' of 127.0.0.1' : ''}`, isLoopback }]
}
