/**
 * Control characters, line and paragraph separators, and what turns the direction of writing or has
 * no width (Unicode's categories Cc, Cf, Zl and Zp). None of them belongs into a name, and in what
 * strangers wrote any of them could deceive who looks at it.
 */
export const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
