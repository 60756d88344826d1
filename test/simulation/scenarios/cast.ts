import type { StoryMachine } from '../story.ts'

/** Machines `OWNER-NUMBER` with room for so many replicas; all their owners list each other. */
export function cast(slots: Readonly<Record<string, number>>): readonly StoryMachine[] {
  const ownerOf = (name: string) => name.split('-')[0] ?? name
  const owners = [...new Set(Object.keys(slots).map((name) => ownerOf(name)))]
  return Object.entries(slots).map(([name, count]) => {
    const owner = ownerOf(name)
    return { name, owner, members: owners.filter((other) => other !== owner), slots: count }
  })
}
