import { notParsed, parsed, type Parsed } from './parsed.ts'

/** Length limit of a DNS label (RFC 1123). */
export const DNS_LABEL_LENGTH_MAX = 63

const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/

/** True for a lower-case DNS label as in RFC 1123: letters, digits and inner hyphens. */
export function isDnsLabel(text: string): boolean {
  return text.length <= DNS_LABEL_LENGTH_MAX && DNS_LABEL.test(text)
}

/** Parses the name of a workload, cluster, port, volume or secret. */
export function parseDnsLabel(text: string): Parsed<string> {
  if (isDnsLabel(text)) return parsed(text)
  if (text.length > DNS_LABEL_LENGTH_MAX) {
    return notParsed(`at most ${DNS_LABEL_LENGTH_MAX} characters, not ${text.length}`)
  }
  return notParsed('lower-case letters, digits and hyphens, with a letter or digit at both ends')
}

/** The DNS label nearest to a text, or undefined when nothing of it is left. */
export function suggestDnsLabel(text: string): string | undefined {
  const label = text
    .slice(0, 4 * DNS_LABEL_LENGTH_MAX)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, DNS_LABEL_LENGTH_MAX)
    .replaceAll(/^-|-$/g, '')
  return isDnsLabel(label) ? label : undefined
}
