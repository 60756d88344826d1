import type { Io } from './io.ts'

interface Printed {
  readonly to: 'out' | 'note'
  readonly text: string
}

/**
 * For what is done again and again: a run that says the same as the one before it is not shown, so
 * that a log holds what happened and nothing more. What a run prints is held back for as long as it
 * could still turn out to be the same, and shown at once from where it differs.
 */
export function onlyNews(io: Io): (run: (quiet: Io) => Promise<void>) => Promise<void> {
  let before: string | undefined
  return async (run) => {
    const held: Printed[] = []
    let all = ''
    let isNews = before === undefined
    const show = () => {
      for (const { to, text } of held.splice(0)) io[to](text)
    }
    const print = (to: Printed['to']) => (text: string) => {
      held.push({ to, text })
      all += text
      isNews ||= !before?.startsWith(all)
      if (isNews) show()
    }
    await run({ ...io, out: print('out'), note: print('note') })
    if (all !== before) show()
    before = all
  }
}
