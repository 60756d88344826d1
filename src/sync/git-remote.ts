/**
 * One name for one repository, whichever way it was cloned: `git@host:me/app.git`,
 * `ssh://git@host:22/me/app` and `https://token@host/me/app.git` all become `host/me/app`.
 * Credentials in a URL never reach a record.
 */
export function normaliseRemote(remote: string): string {
  const scp = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)(.+)$/.exec(remote)
  if (scp?.[1] !== undefined && scp[2] !== undefined) return tidy(scp[1].toLowerCase(), scp[2])
  if (!URL.canParse(remote)) return tidy('', remote)
  const url = new URL(remote)
  return tidy(url.hostname, url.pathname)
}

function tidy(host: string, path: string): string {
  const clean = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')
  return host === '' ? clean : `${host}/${clean}`
}
