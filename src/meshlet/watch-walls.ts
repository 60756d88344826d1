import type { Engine } from '../ports/engine.ts'
import { CanaryWatch, wallsProblem, type CanaryWatchOptions } from './canary-watch.ts'
import { FirewallWatch } from './firewall-watch.ts'
import type { Egress } from '../model/egress.ts'

const EGRESSES: readonly Egress[] = ['none', 'internet']

/** What is known of the walls: what a canary tried, and whether the firewall rules stand. */
export interface WallsWatch {
  readonly canary: CanaryWatch
  readonly firewall: FirewallWatch
}

export function watchWalls(
  options: CanaryWatchOptions & { readonly engine: Pick<Engine, 'firewall'> },
): WallsWatch {
  const canary = new CanaryWatch(options)
  const firewall = new FirewallWatch({
    ...options,
    onDoubt: () => canary.doubt(),
  })
  return { canary, firewall }
}

/** What of them others read. */
export type WallsKnown = {
  readonly canary: Pick<CanaryWatch, 'known'>
  readonly firewall: Pick<FirewallWatch, 'known'>
}

/** Why nobody is given a way to the internet here, in a sentence; undefined when it may be given. */
export function egressProblem({ canary, firewall }: WallsKnown): string | undefined {
  const { known } = firewall
  switch (known.kind) {
    case 'standing':
      return undefined
    case 'untried':
      return 'it is not known yet whether the firewall rules are in force'
    case 'down':
      return known.why
    case 'unknown':
      return canary.known('internet').kind === 'standing'
        ? undefined
        : `whether the firewall rules are in force can’t be read (${known.why}), and no trial has shown it`
  }
}

/** All that looks at workloads go by, as a text that is another one when it has changed. */
export function wallsText(walls: WallsKnown): string {
  const trials = EGRESSES.map((egress) => {
    const known = walls.canary.known(egress)
    return `${known.kind} ${wallsProblem(known) ?? ''}`
  })
  return [walls.firewall.known.kind, egressProblem(walls) ?? '', ...trials].join('\n')
}

/** Whether a workload that asks for a way to the internet may count on this machine. */
export function offersInternet(walls: WallsKnown): boolean {
  return egressProblem(walls) === undefined && walls.canary.known('internet').kind === 'standing'
}

/**
 * What is positively known to be open around containers with a way to the internet, in a sentence: no
 * matter of something that can’t be seen.
 */
export function breach(egress: Egress, { canary, firewall }: WallsKnown): string | undefined {
  if (egress === 'none') return undefined
  if (firewall.known.kind === 'down') return firewall.known.why
  const report = canary.known('internet')
  return report.kind === 'open' ? wallsProblem(report) : undefined
}
