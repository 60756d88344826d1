const NAME = 'TimeoutNegativeWarning'
const CULPRIT = /AccountManager\.login/

/**
 * The PDS stretches every login to 350 ms, and where it took longer than that by itself, on a busy
 * machine, it asks for a timeout that is negative. Node takes 1 ms instead and prints a warning that
 * means nothing to anybody. That one is left out here; the same warning from elsewhere is printed.
 * Doing it again changes nothing.
 */
export function quietLoginPadding(target: Pick<NodeJS.Process, 'emitWarning'> = process): void {
  const { emitWarning } = target
  if (emitWarning.name === emitWarningUnlessPadding.name) return
  function emitWarningUnlessPadding(...args: unknown[]): void {
    if (isPadding(args)) return
    Reflect.apply(emitWarning, target, args)
  }
  target.emitWarning = emitWarningUnlessPadding
}

function isPadding(args: readonly unknown[]): boolean {
  return args.includes(NAME) && CULPRIT.test(new Error('for its stack').stack ?? '')
}
