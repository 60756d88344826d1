/**
 * The same program, with every character beyond ASCII written as an escape. Node keeps the text of what
 * it runs, with two bytes a character as soon as a single one needs them.
 */
export function asciiOnly(code: string): string {
  return code.replaceAll(/[^\0-\u007f]/g, (character, at: number) => {
    // An escape of an escape would be another text.
    if (code[at - 1] === '\\') throw new Error(`a backslash before "${character}" in what is built`)
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
