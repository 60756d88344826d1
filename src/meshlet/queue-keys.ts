/** Keys of the queue that are no workloads. */
export const KEY = {
  self: 'self',
  liveness: 'liveness',
  ownRepo: 'own-repo',
  room: 'room',
  departure: 'departure',
  storage: 'storage',
  images: 'images',
  walls: 'walls',
  firewall: 'firewall',
} as const

const ALL: ReadonlySet<string> = new Set(Object.values(KEY))

/** What a key stands for, in a word. */
export function kindOfKey(key: string): string {
  return ALL.has(key) ? key : 'workload'
}

/** Whether a look goes through all machines that are around. */
export function looksAtAll(key: string): boolean {
  return key === KEY.self || key === KEY.liveness
}
