import { describe, expect, test } from 'vitest'
import { CommuneError } from '../model/errors.ts'
import { meshletCommand, parseSettings } from './flags.ts'

const GOOD = { owner: 'did:plc:alice', service: 'https://pds.example' }

/** The settings as the command line gives them. */
function fromLine(line: string): Record<string, unknown> {
  const command = meshletCommand('1.2.3')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return command.parse(line.split(' '), { from: 'user' }).opts()
}

function faultsOf(raw: Record<string, unknown>): string[] {
  try {
    parseSettings(raw, {})
  } catch (error) {
    if (error instanceof CommuneError && error.code === 'usage') return error.message.split('\n')
    throw error
  }
  return []
}

test('the command of the brief', () => {
  const line =
    '--did=did:plc:alice-mesh --owner=did:plc:alice --cluster-members=did:plc:bob,did:web:carol.example'
  const settings = parseSettings(fromLine(line), { COMMUNE_SERVICE: 'https://pds.example/' })
  expect(settings).toMatchObject({
    did: 'did:plc:alice-mesh',
    owner: 'did:plc:alice',
    service: 'https://pds.example',
    listenHost: '127.0.0.1',
    listenPort: 0,
    liveness: 'normal',
    labels: {},
  })
  expect([...settings.clusters]).toEqual([['default', ['did:plc:bob', 'did:web:carol.example']]])
})

test('proxies and private addresses', () => {
  const line = '--owner did:plc:alice --trust-proxy 127.0.0.1,10.0.0.0/8 --private-addresses'
  expect(parseSettings(fromLine(line), {})).toMatchObject({
    trustProxy: ['127.0.0.1', '10.0.0.0/8'],
    privateAddresses: true,
  })
  expect(parseSettings({ ...GOOD, trustProxy: ['::1'] }, {}).trustProxy).toEqual(['::1'])
  expect(parseSettings(GOOD, {})).not.toHaveProperty('privateAddresses')
})

test('everything else', () => {
  const line =
    '--owner did:plc:alice --service http://127.0.0.1:2583 --listen [::1]:4000 --cpu 500m --memory 2Gi' +
    ' --storage 10Gi --label zone=eu --label gpu= --cluster home=did:plc:bob --cluster work=' +
    ' --private-registry registry.lan:5000 --private-registry 10.0.0.5' +
    ' --keep-images 24h --image-disk 70% --liveness fast --log-format json -v'
  const settings = parseSettings(fromLine(line), { MESHLET_PASSWORD: 'secret' })
  expect(settings).toMatchObject({
    listenHost: '::1',
    listenPort: 4000,
    privateRegistries: ['registry.lan:5000', '10.0.0.5'],
    keepImagesMs: 24 * 60 * 60_000,
    imageDiskShare: 0.7,
    cpuMilli: 500,
    memoryBytes: 2 * 1024 ** 3,
    storageBytes: 10 * 1024 ** 3,
    labels: { zone: 'eu', gpu: '' },
    liveness: 'fast',
    logFormat: 'json',
    verbose: true,
    password: 'secret',
  })
  expect([...settings.clusters]).toEqual([
    ['home', ['did:plc:bob']],
    ['work', []],
  ])
})

describe('every bad setting is named with what was expected', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['owner', { owner: 'alice' }, /^--owner: "alice" is no DID/],
    ['owner', { owner: undefined }, /^--owner: missing/],
    ['did', { did: 'did:plc' }, /^--did: "did:plc" is no DID/],
    ['did', { did: ['x'] }, /^--did: expected text/],
    ['service', { service: 'pds.example' }, /^--service: "pds.example" is no URL/],
    ['service', { service: 'ftp://pds.example' }, /^--service: .* is no URL/],
    ['plcUrl', { plcUrl: 'x' }, /^--plc-url: "x" is no URL/],
    ['endpoint', { endpoint: 'x' }, /^--endpoint: "x" is no URL/],
    ['listen', { listen: '4000' }, /^--listen: "4000" expected HOST:PORT/],
    ['listen', { listen: 'localhost:70000' }, /^--listen: .* expected HOST:PORT/],
    ['cpu', { cpu: 'many' }, /^--cpu: "many" is no quantity/],
    ['cpu', { cpu: '-1' }, /^--cpu: "-1" is no quantity; expected a quantity that is not negative/],
    ['memory', { memory: '4 Gi' }, /^--memory: "4 Gi" is no quantity/],
    ['storage', { storage: '1X' }, /^--storage: "1X" is no quantity/],
    ['keepImages', { keepImages: 'a week' }, /^--keep-images: "a week" expected a duration/],
    ['imageDisk', { imageDisk: '0' }, /^--image-disk: "0" expected a percentage/],
    ...['registry', 'https://registry.lan', 'registry.lan/team'].map(
      (one): [string, Record<string, unknown>, RegExp] => [
        'privateRegistry',
        { privateRegistry: [one] },
        /^--private-registry: .* expected HOST:PORT, as images name it/,
      ],
    ),
    ['label', { label: ['zone'] }, /^--label: "zone" expected NAME=VALUE/],
    ['label', { label: ['zone=a b'] }, /^--label: .* expected NAME=VALUE/],
    [
      'clusterPolicy',
      { clusterPolicy: ['home=bob'] },
      /^--cluster-policy: "home=bob" expected NAME=DID/,
    ],
    ['cluster', { cluster: ['home'] }, /^--cluster: "home" expected NAME=DID,DID/],
    ['cluster', { cluster: ['Home=did:plc:bob'] }, /^--cluster: .* with a DNS label as name/],
    ['cluster', { cluster: ['home=bob'] }, /^--cluster: "bob" is no DID/],
    [
      'clusterMembers',
      { clusterMembers: 'did:plc:bob,bob' },
      /^--cluster-members: "bob" is no DID/,
    ],
    ['liveness', { liveness: 'hasty' }, /^--liveness: "hasty" .*fast, normal, patient/],
    ['logFormat', { logFormat: 'xml' }, /^--log-format: "xml" .*auto, json, text/],
    ['dns', { dns: '9.9.9.9,192.168.1.1' }, /^--dns: "192.168.1.1" expected a public IPv4 address/],
    [
      'dns',
      { dns: '1.1.1.1,1.0.0.1,9.9.9.9,8.8.8.8' },
      /^--dns: 4 name servers; expected at most 3/,
    ],
    ['label', { label: 'zone=eu' }, /^--label: expected a list/],
    ['cluster', { cluster: 'home=did:plc:bob' }, /^--cluster: expected a list/],
  ])('%s: %j', (_, raw, message) => {
    const faults = faultsOf({ ...GOOD, ...raw })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(message)
  })

  test('all together', () => {
    expect(faultsOf({ owner: 'x', cpu: 'y', memory: 'z' })).toHaveLength(3)
  })
})

test.each(['--liveness hasty', '--log-format xml', '--nonsense'])(
  '%s is refused by the parser',
  (line) => {
    expect(() => fromLine(`--owner did:plc:alice ${line}`)).toThrow()
  },
)
