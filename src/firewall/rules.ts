import { CLOSED_PORTS, CLOSED_RANGES } from '../model/closed-ranges.ts'

/** The table of nftables that holds all rules of ours, and nothing else. */
export const TABLE = 'inet commune'
/** What the owner of the machine closes beyond what is closed everywhere. */
export const OWN_SET = 'closed_here'
/** Bridges of workloads’ networks begin so; nothing else may. */
export const BRIDGE_PREFIX = 'cmn'

const NO = 'reject with icmpx admin-prohibited'
/** Answers to whoever called from the other side; what the container itself began is judged anew. */
const ANSWERS = 'ct direction reply ct state established,related accept'

/**
 * The rules as text for `nft -f`, loaded as one transaction whatever was there before. They stand in a
 * table of their own: what is refused in any table is refused, so the rules of an engine or another
 * firewall can neither open them nor sweep them away with their own. Both families are meant where
 * nothing is said. `closedHere` are IPv4 ranges as nftables writes them.
 *
 * Connections that a container began are judged packet by packet, so that those from before the rules
 * stand under them too. A packet that is to leave by the bridge on which it came goes to a replica of
 * the same workload; such packets come by here only where the kernel hands bridged ones to the firewall
 * (bridge-nf-call-iptables).
 */
export function renderRules(closedHere: readonly string[]): string {
  const elements = (ranges: readonly string[]) =>
    ranges.length === 0 ? '' : ` elements = { ${ranges.join(', ')} };`
  return `# Walls around the containers of commune; written by “meshlet firewall install”.
table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
  set closed {
    type ipv4_addr; flags interval;
    elements = {
${CLOSED_RANGES.map(({ range, what }) => `      ${range}, # ${what}`).join('\n')}
    }
  }
  set ${OWN_SET} {
    type ipv4_addr; flags interval; auto-merge;${elements(closedHere)}
  }
  chain input {
    type filter hook input priority filter - 10; policy accept;
    iifname "${BRIDGE_PREFIX}*" jump to_host
  }
  chain forward {
    type filter hook forward priority filter - 10; policy accept;
    iifname "${BRIDGE_PREFIX}*" jump outward
    oifname "${BRIDGE_PREFIX}*" jump inward
  }
  chain to_host {
    ${ANSWERS}
    ${NO}
  }
  chain outward {
    fib daddr . iif oif exists accept
    ${ANSWERS}
    meta nfproto ipv6 ${NO}
    oifname "${BRIDGE_PREFIX}*" ${NO}
    ct status dnat ${NO}
    ip daddr @closed ${NO}
    ip daddr @${OWN_SET} ${NO}
    meta l4proto { tcp, udp } th dport { ${CLOSED_PORTS.join(', ')} } ${NO}
    meta l4proto { tcp, udp, icmp } accept
    ${NO}
  }
  chain inward {
    ${ANSWERS}
    ${NO}
  }
}
`
}
