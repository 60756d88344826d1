import type { VirtualHost } from '../../support/virtual-host.ts'
import { didOf } from '../../support/virtual-commune.ts'
import { deed, type AnyDeed, type Dice } from '../deed.ts'
import type { Stage } from '../stage.ts'
import { anyRepo } from './network-deeds.ts'
import { anyWhile } from './process-deeds.ts'

/** What goes wrong with the event streams of PDSs, with accounts, and with the directory of DIDs. */
export const FEED_DEEDS: Readonly<Record<string, AnyDeed>> = {
  'events lost': stream(2, 'loses its next events', (host, count) => host.loseNext(count)),
  'events duplicated': stream(1, 'sends its next events twice', (host, count) =>
    host.duplicateNext(count),
  ),
  'events swapped': stream(1, 'swaps its next events', (host) => host.swapNext()),
  'events late': stream(1, 'sends its next event late', (host, count) =>
    host.delayNext(count * 10_000),
  ),
  'events replayed': stream(1, 'sends its last events again', (host, count) => host.replay(count)),
  'stream closed': stream(1, 'hangs up', (host) => host.closeStreams()),
  'cursors outdated': stream(1, 'forgets what it sent, and hangs up', (host) => {
    host.forgetEvents()
    host.closeStreams()
  }),
  'cursors in the future': stream(1, 'counts its events anew', (host) => host.countAnew()),
  'commits too big': account(1, 'makes commits that are too big for the stream', (stage, who) => {
    stage.world.repos.tooBigNext(didOf(who), 2)
  }),
  'stream silent': deed({
    weight: 2,
    isFault: true,
    draw: whoAndWhile,
    act: (stage, { who, forMs }) => {
      const host = hostOf(stage, who)
      if (!host) return undefined
      host.isSilent = true
      stage.forAWhile(`silent ${who}`, forMs, () => {
        host.isSilent = false
      })
      return `the event stream of ${who} is silent for ${forMs / 1000} s`
    },
  }),
  'account taken down': away(2, 'is taken down', (stage, who) =>
    stage.world.repos.takeDown(didOf(who)),
  ),
  'account deactivated': away(2, 'is deactivated', (stage, who) =>
    stage.world.repos.deactivate(didOf(who)),
  ),
  'account migrates': account(2, 'moves to another PDS', (stage, who) => {
    const { repos, clock } = stage.world
    repos.migrate(didOf(who), `${who}-at-${Math.round(clock.monotonicMs())}`)
    // Its old PDS tells of it once, and that event may be lost; of what comes then it knows nothing.
    stage.mayBeUnheard()
  }),
  'key rotated': account(2, 'has a new key', (stage, who) =>
    stage.world.repos.rotateKey(didOf(who)),
  ),
  'directory down': deed({
    weight: 2,
    isFault: true,
    draw: (dice) => ({ forMs: anyWhile(dice) }),
    act: (stage, { forMs }) => {
      const { repos } = stage.world
      repos.directoryIsDown = true
      stage.forAWhile('directory', forMs, () => {
        repos.directoryIsDown = false
      })
      return `the directory of DIDs is down for ${forMs / 1000} s`
    },
  }),
  'PDS restored from a backup': deed({
    weight: 3,
    isFault: true,
    draw: (dice) => ({ who: anyRepo(dice), commits: dice.random.integer(1, 4) }),
    act: (stage, { who, commits }) => {
      if (!stage.repo(who)) return undefined
      stage.world.repos.rollBack(didOf(who), commits)
      stage.writeAgainAtEnd(who)
      return `the PDS of ${who} is restored from a backup ${commits} commits old`
    },
  }),
  'PDS lost its repo': deed({
    weight: 1,
    isFault: true,
    draw: (dice) => ({ who: anyRepo(dice) }),
    act: (stage, { who }) => {
      if (!stage.repo(who)) return undefined
      stage.world.repos.empty(didOf(who))
      stage.writeAgainAtEnd(who)
      return `the PDS of ${who} has lost its repo and begins an empty one`
    },
  }),
}

/** Something happens to the stream of a PDS, at once or with its next events. */
function stream(
  weight: number,
  what: string,
  befall: (host: VirtualHost, count: number) => void,
): AnyDeed {
  return deed({
    weight,
    isFault: true,
    draw: (dice) => ({ who: anyRepo(dice), count: dice.random.integer(1, 3) }),
    act: (stage, { who, count }) => {
      const host = hostOf(stage, who)
      if (!host) return undefined
      befall(host, count)
      stage.writeAgainAtEnd(who)
      return `the PDS of ${who} ${what}`
    },
  })
}

function account(
  weight: number,
  what: string,
  befall: (stage: Stage, who: string) => void,
): AnyDeed {
  return deed({
    weight,
    isFault: true,
    draw: (dice) => ({ who: anyRepo(dice) }),
    act: (stage, { who }) => {
      if (!stage.repo(who)) return undefined
      befall(stage, who)
      // Who was away can't check what was signed with the old key before: deletions are held back.
      stage.writeAgainAtEnd(who)
      return `the account of ${who} ${what}`
    },
  })
}

/** The account is gone for a while: nothing is read of it and nothing is written to it. */
function away(weight: number, what: string, befall: (stage: Stage, who: string) => void): AnyDeed {
  return deed({
    weight,
    isFault: true,
    draw: whoAndWhile,
    act: (stage, { who, forMs }) => {
      if (!stage.repo(who)) return undefined
      befall(stage, who)
      const { repos } = stage.world
      stage.forAWhile(`account ${who}`, forMs, () => repos.activate(didOf(who)))
      return `the account of ${who} ${what} for ${forMs / 1000} s`
    },
  })
}

function whoAndWhile(dice: Dice): { readonly who: string; readonly forMs: number } {
  return { who: anyRepo(dice), forMs: anyWhile(dice) }
}

function hostOf(stage: Stage, who: string): VirtualHost | undefined {
  return stage.repo(who) && stage.world.repos.hostOf(didOf(who))
}
