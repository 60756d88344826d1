/** Tokens that were used, by issuer and id, until they expire. */
export class ReplayCache {
  /** Expiry in seconds since 1970, by id, by issuer. */
  readonly #used = new Map<string, Map<string, number>>()
  readonly #perIssuerMax: number

  constructor(perIssuerMax: number) {
    this.#perIssuerMax = perIssuerMax
  }

  /**
   * Takes the token as used. One issuer can't push out the tokens of another, nor her own: when she
   * has too many in use, further ones are refused until some expire.
   */
  use(
    issuer: string,
    id: string,
    expSeconds: number,
    nowSeconds: number,
  ): 'fresh' | 'used' | 'full' {
    const used = this.#used.get(issuer) ?? new Map<string, number>()
    this.#used.set(issuer, used)
    if ((used.get(id) ?? 0) > nowSeconds) return 'used'
    if (used.size >= this.#perIssuerMax) drop(used, nowSeconds)
    if (used.size >= this.#perIssuerMax) return 'full'
    used.set(id, expSeconds)
    return 'fresh'
  }

  /** Forgets what expired; to be called now and then. */
  sweep(nowSeconds: number): void {
    for (const [issuer, used] of this.#used) {
      drop(used, nowSeconds)
      if (used.size === 0) this.#used.delete(issuer)
    }
  }

  get size(): number {
    let size = 0
    for (const used of this.#used.values()) size += used.size
    return size
  }
}

function drop(used: Map<string, number>, nowSeconds: number): void {
  for (const [id, exp] of used) if (exp <= nowSeconds) used.delete(id)
}
