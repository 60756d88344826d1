/** Tells the story: short lines with the time since the start, on standard output. */
export interface Narrator {
  /** A new chapter. */
  chapter(title: string): void
  /** One line. */
  say(text: string): void
  /** What a program printed, indented. */
  quote(text: string): void
  elapsedMs(): number
}

export function createNarrator(write: (text: string) => void): Narrator {
  const startedMs = performance.now()
  const elapsedMs = () => performance.now() - startedMs
  const stamp = () => `${(elapsedMs() / 1000).toFixed(1).padStart(6)}s`
  return {
    chapter: (title) => write(`\n${stamp()}  ${title}\n`),
    say: (text) => write(`${stamp()}    ${text}\n`),
    quote: (text) => {
      const lines = text.replace(/\n+$/, '').split('\n')
      write(lines.map((line) => `         │ ${line}`.trimEnd()).join('\n') + '\n')
    },
    elapsedMs,
  }
}

/** `1.2 s`, `350 ms`. */
export function formatMs(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
