import { expect, it } from 'vitest'
import { platformNote } from './platform-note.ts'

it('warns only when no machine fits, and names both sides', () => {
  expect(platformNote(['linux/arm64/v8'], ['linux/amd64', 'linux/amd64'])).toBe(
    'the image is for linux/arm64, but the machines that may run it are linux/amd64: nobody can start it',
  )
  expect(platformNote(['linux/amd64', 'linux/arm/v7'], ['linux/arm'])).toBeUndefined()
})

it.each([
  [undefined, ['linux/amd64']],
  [[], ['linux/amd64']],
  [['linux/arm64'], undefined],
  [['linux/arm64'], []],
])('says nothing without knowledge: %j on %j', (image, machines) => {
  expect(platformNote(image, machines)).toBeUndefined()
})
