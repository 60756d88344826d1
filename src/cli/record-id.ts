/** What people call a record: the last part of its uri. */
export function idOf(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1)
}
