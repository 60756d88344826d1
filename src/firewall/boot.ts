import { execFile } from 'node:child_process'
import { access, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '../model/errors.ts'

/** How a machine loads the rules when it starts. */
export interface Boot {
  /** What it loads. */
  readonly rulesFile: string
  readonly unitFile: string
  /** There while systemd is what starts services. */
  readonly systemdFolder: string
  readonly systemctl: (...args: readonly string[]) => Promise<unknown>
}

const SYSTEMCTL_MS_MAX = 30_000
const run = promisify(execFile)

export const THIS_MACHINE: Boot = {
  rulesFile: '/etc/commune/walls.nft',
  unitFile: '/etc/systemd/system/commune-walls.service',
  systemdFolder: '/run/systemd/system',
  systemctl: (...args) => run('systemctl', args, { timeout: SYSTEMCTL_MS_MAX }),
}

/** Has systemd load the rules before any network is up; where there is none, says what is to be done. */
export async function startAtBoot(boot: Boot): Promise<readonly string[]> {
  const { rulesFile, unitFile, systemctl } = boot
  if (!(await hasSystemd(boot)))
    return [
      `No systemd starts the services here: to keep the rules over a reboot, have this machine run ` +
        `“nft -f ${rulesFile}” when it starts, before the engine.`,
    ]
  const unit = unitText(rulesFile)
  if ((await readFile(unitFile, 'utf8').catch(() => '')) === unit) return []
  await writeFile(unitFile, unit, { mode: 0o644 })
  await systemctl('daemon-reload')
  await systemctl('enable', path.basename(unitFile))
  return [`Wrote ${unitFile} and enabled it: the rules are loaded at every start of this machine.`]
}

export async function stopAtBoot(boot: Boot): Promise<readonly string[]> {
  const { unitFile, systemctl } = boot
  const isThere = await access(unitFile).then(
    () => true,
    () => false,
  )
  if (!isThere) return []
  const name = path.basename(unitFile)
  const problem = (await hasSystemd(boot))
    ? await systemctl('disable', name).then(
        () => undefined,
        (error: unknown) => messageOf(error),
      )
    : undefined
  await rm(unitFile)
  if (await hasSystemd(boot)) await systemctl('daemon-reload')
  const but = problem === undefined ? '' : `, although it could not be disabled (${problem})`
  return [`Removed ${unitFile}${but}.`]
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** As sd_booted(3) asks. */
function hasSystemd({ systemdFolder }: Boot): Promise<boolean> {
  return access(systemdFolder).then(
    () => true,
    () => false,
  )
}

/**
 * After nftables.service, and with it: that one empties all tables when it starts, and when it is
 * reloaded. Table and rules need no network, and nothing is to be on the network before they are there.
 */
function unitText(rulesFile: string): string {
  return `[Unit]
Description=Walls around the containers of commune
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target docker.service podman.service shutdown.target
After=local-fs.target nftables.service
Conflicts=shutdown.target
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'exec nft -f ${rulesFile}'
ExecReload=/bin/sh -c 'exec nft -f ${rulesFile}'

[Install]
WantedBy=multi-user.target
`
}
