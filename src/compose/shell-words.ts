/**
 * A command line as Compose splits it: white space between words, quotes and backslashes as in a
 * POSIX shell, nothing else. Undefined when a quote is not closed.
 */
export function splitShellWords(line: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? ''
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else if (char === "'") {
      const end = line.indexOf("'", at + 1)
      if (end === -1) return undefined
      word = (word ?? '') + line.slice(at + 1, end)
      at = end
    } else if (char === '"') {
      const quoted = /"((?:[^"\\]|\\[\s\S])*)"/y
      quoted.lastIndex = at
      const match = quoted.exec(line)
      if (match === null) return undefined
      word = (word ?? '') + (match[1] ?? '').replaceAll(/\\(["\\$`])/g, '$1').replaceAll('\\\n', '')
      at += match[0].length - 1
    } else if (char === '\\') {
      const next = line[at + 1] ?? ''
      // A backslash before the end of a line joins the lines.
      if (next !== '\n') word = (word ?? '') + next
      at += 1
    } else {
      word = (word ?? '') + char
    }
  }
  return word === undefined ? words : [...words, word]
}
