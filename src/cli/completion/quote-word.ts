/** A word in single quotes, as bash and zsh read it. */
export function quoteWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** The same for fish, where a backslash counts in quotes. */
export function quoteFishWord(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`)}'`
}
