import { command } from './command.ts'

/** Fails with a message for people where this machine does not allow machines of its own on it. */
export async function mustBeAllowed(
  programs: readonly string[],
  namespaces: readonly string[],
): Promise<void> {
  const need = 'Several machines on one need Linux, root, and the right to make namespaces'
  if (process.platform !== 'linux') throw new Error(`${need}: this is ${process.platform}.`)
  if (process.getuid?.() !== 0) throw new Error(`${need}: this is not root.`)
  const missing = await Promise.all(
    programs.map((name) =>
      command('sh', '-c', `command -v ${name}`).then(
        () => [],
        () => name,
      ),
    ),
  )
  if (missing.flat().length > 0)
    throw new Error(`${need}, and these programs: ${missing.flat().join(', ')}.`)
  const tried = ['ip link add try0 type bridge && iptables -w -t nat -L >/dev/null']
  await command('unshare', ...namespaces, 'sh', '-c', ...tried).catch((error: unknown) => {
    throw new Error(`${need}: ${String(error)}`)
  })
}
