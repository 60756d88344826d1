import { expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { runCli } from './run-cli.ts'

it('lists the commands', async () => {
  const { code, out, err } = await runCli(['--help'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatchInlineSnapshot(`
    "Usage: commune [options] [command]

    A declarative, consent-based container orchestrator on AT Protocol.

    Options:
      -V, --version              Print the version.
      -h, --help                 Show help.

    Starting:
      init [folder]              Start a folder of workload files, with an example and what editors and
                                 CI need.
      import <file...>           Turn Compose files into workload files, and tell what was not carried
                                 over.

    Files:
      validate <path...>         Check workload files, without any network.
      render <path>              Print the workloads of a folder with overlay and variables put in.
      diff <path>                Show what sync would change.
      sync [path]                Publish a folder of workload files as your desired state.
      set                        Suspend and resume the syncing of a set of workload files.

    Looking:
      get <kind> [name]          List workloads, meshlets, members, bids, clusters, proposals or
                                 disputes.
      describe <name> [id]       Show all that is known about a workload, a proposal or a dispute.
      explain <name>             Tell from public records who runs a workload, who does not, and why.
      trace <container>          Lead from a container, or a workload, to the commit, its author and the
                                 file.
      verify [name]              Compute the choice anew from public records, and compare it with what
                                 runs.
      balance [owner]            Show who gave and took how much, computed from public records alone.
      events <name>              Tell what happened to a workload and why, in the order of time.
      top [name]                 Show what the replicas use: processor, memory, processes, network.
      logs <name>                Show the last log lines of all replicas, in the order of time.

    Changing what runs:
      delete <name...>           Delete workloads, and so end their containers.
      exec <name> <command...>   Run a command inside of a running replica of your workload.
      rebalance <name...>        Open the bidding for workloads anew, so that they may move to better
                                 places.
      restart <name>             Start the replicas of a workload again, on each machine one after the
                                 other.
      pause <name>               Stop the replicas of a workload where they are; they keep their places.
      resume <name>              Start again what was paused, and let machines have it that were told to
                                 stop.
      stop <name>                End a workload on one machine at once; the next in line takes its
                                 place.
      rollout                    Follow, hold or take back how a new container replaces the old one.
      seal                       Encrypt what only the machines of a workload may read.

    Deciding together:
      propose <action> <about>   Ask the owners of a cluster to decide about a member, or about a
                                 dispute.
      vote <proposal> [choice]   Vote yes, no or abstain; without a choice, say how it stands.
      sponsor <who>              Lend some of your credit line to a newcomer, or take it back.
      acknowledge [claim]        Say yourself what a machine held for you, where none of yours did or
                                 yours was wrong.
      dispute <claim>            Say that a claim in the ledger is wrong; it does not count until that
                                 is settled.
      answer <dispute> <choice>  Contest or concede a dispute about a claim of yours, or withdraw your
                                 own.

    Machines:
      meshlet                    Add or remove a machine of yours.
      cordon <meshlet>           Have a machine of yours take no new work; what runs there goes on.
      uncordon <meshlet>         Have a machine of yours take work again; ends a drain too.
      drain <meshlet>            Have a machine of yours give all its work away, and take none.

    Account:
      login                      Log in to your PDS and remember the session.
      logout                     Forget the session.
      whoami                     Show which account is in use.

    This machine:
      dev                        Run a whole network for trying things out, on this machine only.
      doctor                     Check that everything is in place, and say how to mend what is not.
      completion [shell]         Print the script by which bash, zsh or fish complete commands, options
                                 and names.
      help [command]             Show help for a command.

    Environment:
      COMMUNE_SERVICE            PDS of your account, instead of \`commune login\`
      COMMUNE_IDENTIFIER         your handle or DID
      COMMUNE_PASSWORD           an app password; never given as an option, which others could see
      COMMUNE_REGISTRY_PASSWORD  password that \`commune seal registry\` encrypts
      COMMUNE_PLC_URL            PLC directory, when it is not the public one
      COMMUNE_PRIVATE_ADDRESSES  \`yes\`: machines and PDSs may be in this network, as in a LAN
      COMMUNE_LABELERS           labelers whose advice about accounts is shown, with commas
      COMMUNE_DEBUG              say more, also where an error came from
      NO_COLOR                   no colours
      XDG_CONFIG_HOME            where the login is kept, in the folder commune; ~/.config when absent

    Results go to stdout, everything else to stderr.
    commune COMMAND --help shows options, exit codes and examples.

    "
  `)
})

it.each(COMMANDS)('$name has a help text with examples that parse', async (command) => {
  const { code, out } = await runCli([...command.name.split(' '), '--help'])
  expect(code).toBe(0)
  expect(out).toContain(command.summary)
  expect(out).not.toContain('(default: [])')
  for (const example of command.examples) expect(out).toContain(example)
  for (const example of command.examples) {
    expect(example.startsWith(`commune ${command.name}`)).toBe(true)
  }
})

it.each(COMMANDS)('$name can be loaded', async (command) => {
  expect(await command.load()).toBeTypeOf('function')
})

it('suggests the command that was meant', async () => {
  const { code, out, err } = await runCli(['snyc'])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain('Did you mean sync?')
})
