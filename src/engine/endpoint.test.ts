import { expect, test } from 'vitest'
import { parseDockerHost } from './endpoint.ts'

test.each([
  [undefined, { socketPath: '/var/run/docker.sock' }, '/var/run/docker.sock'],
  ['', { socketPath: '/var/run/docker.sock' }, '/var/run/docker.sock'],
  ['unix://', { socketPath: '/var/run/docker.sock' }, '/var/run/docker.sock'],
  [
    'unix:///run/podman/podman.sock',
    { socketPath: '/run/podman/podman.sock' },
    '/run/podman/podman.sock',
  ],
  ['/tmp/d.sock', { socketPath: '/tmp/d.sock' }, '/tmp/d.sock'],
  ['tcp://10.0.0.2', { host: '10.0.0.2', port: 2375, protocol: 'http' }, 'tcp://10.0.0.2:2375'],
  ['tcp://mesh:99', { host: 'mesh', port: 99, protocol: 'http' }, 'tcp://mesh:99'],
  ['https://mesh', { host: 'mesh', port: 443, protocol: 'https' }, 'tcp://mesh:443'],
] as const)('%s', (dockerHost, options, address) => {
  if (dockerHost === 'https://mesh') {
    expect(parseDockerHost(dockerHost).options).toMatchObject({ host: 'mesh', protocol: 'https' })
  } else expect(parseDockerHost(dockerHost)).toEqual({ options, address })
})

test('TLS is asked for as with docker', () => {
  const found = parseDockerHost('tcp://mesh', { DOCKER_TLS_VERIFY: '1' })
  expect(found.options).toMatchObject({ protocol: 'https', port: 2376 })
  expect(() =>
    parseDockerHost('tcp://mesh', { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere' }),
  ).toThrow(expect.objectContaining({ code: 'io' }))
})

test.each([
  ['ssh://root@mesh', /does not speak ssh/],
  ['docker', /no address/],
  ['npipe:////./pipe/docker', /no address/],
])('%s is refused with a hint', (dockerHost, message) => {
  expect(() => parseDockerHost(dockerHost)).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringMatching(message) }),
  )
})
