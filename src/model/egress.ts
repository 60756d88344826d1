export type Egress = 'none' | 'internet'

/** Machine label that says that workloads with `egress: internet` may run there. */
export const EGRESS_LABEL = 'egress'

/** Unknown words of a newer version open nothing. */
export function egressOf({ egress }: { readonly egress?: string | undefined }): Egress {
  return egress === 'internet' ? 'internet' : 'none'
}
