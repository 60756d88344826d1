import type { Io, Screen } from './io.ts'

/**
 * A block at the end of the terminal that is drawn anew whenever it changes. Where narration goes to no
 * terminal nothing is drawn; then whoever waits says in lines what changed.
 */
export class WaitProgress {
  readonly #io: Pick<Io, 'note' | 'screen'>
  #shown: readonly string[] = []

  constructor(io: Pick<Io, 'note' | 'screen'>) {
    this.#io = io
  }

  /** True when it was drawn, or stands there already. */
  show(lines: readonly string[]): boolean {
    const { screen } = this.#io
    if (screen === undefined) return false
    const fitting = fit(lines, screen())
    if (fitting.join('\n') === this.#shown.join('\n')) return true
    const up = this.#shown.length === 0 ? '' : `\u001b[${this.#shown.length}A`
    this.#io.note(`${up}\u001b[J${fitting.map((line) => `${line}\n`).join('')}`)
    this.#shown = fitting
    return true
  }
}

/** What would wrap or scroll away could not be drawn over again. */
function fit(lines: readonly string[], { columns, rows }: Screen): readonly string[] {
  const room = Math.max(1, rows - 1)
  const shown = lines.length <= room ? lines : lines.slice(0, room - 1)
  const more = lines.length - shown.length
  return [...shown, ...(more > 0 ? [`… and ${more} more lines`] : [])].map((line) =>
    line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`,
  )
}
