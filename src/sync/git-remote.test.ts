import { expect, it } from 'vitest'
import { normaliseRemote } from './git-remote.ts'

it.each([
  ['git@GitHub.com:me/app.git', 'github.com/me/app'],
  ['https://github.com/me/app.git', 'github.com/me/app'],
  ['https://github.com/me/app/', 'github.com/me/app'],
  ['https://user:token@github.com/me/app.git', 'github.com/me/app'],
  ['ssh://git@github.com:22/me/app', 'github.com/me/app'],
  ['git://host/me/app', 'host/me/app'],
  ['host:me/app', 'host/me/app'],
  ['/srv/git/app.git', 'srv/git/app'],
  ['file:///srv/git/app.git', 'srv/git/app'],
])('%s is %s', (remote, expected) => {
  expect(normaliseRemote(remote)).toBe(expected)
})
