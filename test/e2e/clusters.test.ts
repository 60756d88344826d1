import { afterAll, beforeAll, expect, it } from 'vitest'
import { LABEL } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'

/** Who lists whom. Erin’s machine claims her, but she never says that it is hers. */
const MEMBERS = {
  alice: ['bobby'],
  bobby: ['alice', 'carol', 'erin'],
  carol: ['alice', 'bobby'],
  dave: ['alice', 'bobby'],
  erin: ['bobby'],
} as const
type Owner = keyof typeof MEMBERS
const OWNERS = Object.keys(MEMBERS) as Owner[]
/** Well-formed, and nobody’s. */
const NOBODY: Did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

let commune: RealCommune

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await Promise.all(OWNERS.filter((owner) => owner !== 'erin').map((owner) => commune.link(owner)))
  await commune.commune('dave', 'meshlet', 'add', commune.did('erin-mesh'), '--name', 'borrowed')
  await Promise.all(
    OWNERS.map((owner) => {
      const listed: readonly Did[] = MEMBERS[owner].map((member) => commune.did(member))
      const members = owner === 'dave' ? [...listed, NOBODY] : listed
      return commune.start(owner, { clusters: new Map([['default', members]]) })
    }),
  )
})
afterAll(() => commune?.[Symbol.asyncDispose]())

/** What `commune get members` says, by machine or owner: the verdict and why. */
async function membersOf(viewer: Owner): Promise<ReadonlyMap<string, string>> {
  const { out } = await commune.commune(viewer, 'get', 'members')
  const rows = out.trim().split('\n').slice(1)
  return new Map(
    rows.map((row) => {
      const [owner = '', machine = '', verdict = '', , ...why] = row.split(/ {2,}/)
      return [machine === '-' ? owner : machine, `${verdict}: ${why.join(' ').trim()}`]
    }),
  )
}

it('says of everybody in one line whether they work together, and why', async () => {
  const unlisted = 'no: you list them, but this meshlet does not list you'
  const expected: Readonly<Record<Owner, Readonly<Record<string, string>>>> = {
    alice: {
      'alice.test/box': 'yes: your own',
      'bobby.test/box': 'yes: you list each other',
      'carol.test/box': 'no: they list you, but you do not list them',
    },
    bobby: {
      'bobby.test/box': 'yes: your own',
      'alice.test/box': 'yes: you list each other',
      'carol.test/box': 'yes: you list each other',
      'erin.test': 'no: the owner has no meshlet record yet',
    },
    carol: {
      'carol.test/box': 'yes: your own',
      'bobby.test/box': 'yes: you list each other',
      'alice.test/box': unlisted,
    },
    dave: {
      'dave.test/box': 'yes: your own',
      'erin-mesh.test': `no: one-way link: the meshlet names ${commune.did('erin')} as its owner`,
      'alice.test/box': unlisted,
      'bobby.test/box': unlisted,
      [NOBODY]: `unknown: the owner’s repo can’t be read: ${NOBODY} is not registered in the PLC directory.`,
    },
    erin: { 'erin.test': 'no: the owner has no meshlet record yet' },
  }
  for (const owner of OWNERS) {
    let last: Readonly<Record<string, string>> = {}
    const isSaid = async () => {
      last = Object.fromEntries(await membersOf(owner))
      return JSON.stringify(sorted(last)) === JSON.stringify(sorted(expected[owner]))
    }
    await commune.until(`${owner} sees them all`, isSaid, 60_000).catch(() => undefined)
    expect(last).toEqual(expected[owner])
  }
})

const sorted = (rows: Readonly<Record<string, string>>) =>
  Object.entries(rows).toSorted(([a], [b]) => (a < b ? -1 : 1))

/** Where the agent of each owner should run; Dave’s may wait for whom he lists in vain. */
const PLACES = {
  alice: ['alice', 'bobby'],
  bobby: ['alice', 'bobby', 'carol'],
  carol: ['bobby', 'carol'],
  erin: [],
} as const

async function placesOf(owner: Owner): Promise<readonly string[]> {
  const seen = await commune.engine.containers('agent')
  return seen
    .filter(
      ({ inspected }) => inspected.Config.Labels[LABEL.workload] === commune.uri(owner, 'agent'),
    )
    .filter(({ state }) => state === 'running')
    .map(({ meshlet }) => commune.ownerOf(meshlet))
    .toSorted()
}

it('lets clusters overlap: work goes where both sides agreed, and no further', async () => {
  const agent = webWorkload(commune, 'agent', 'replicas: everywhere')
  await Promise.all(OWNERS.map((owner) => commune.sync(owner, { agent })))
  for (const owner of Object.keys(PLACES) as (keyof typeof PLACES)[]) {
    const wanted = PLACES[owner].join()
    await commune.until(
      `${owner}’s runs on ${wanted}`,
      async () => (await placesOf(owner)).join() === wanted,
    )
  }
})

it('has bids of nobody else', async () => {
  for (const owner of OWNERS) {
    const bidders: readonly string[] = owner === 'dave' ? ['dave'] : PLACES[owner]
    for (const machine of OWNERS) {
      if (bidders.includes(machine)) continue
      const bid = await commune.bid(`${machine}-mesh`, owner, 'agent')
      expect([machine, bid?.value]).toEqual([machine, undefined])
    }
  }
})
