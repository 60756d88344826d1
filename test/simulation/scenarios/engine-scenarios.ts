import { imageOf } from '../../support/virtual-owner.ts'
import type { Scenario } from '../story.ts'
import { cast } from './cast.ts'

const PUBLISHED = {
  afterMs: 5_000,
  do: 'publish',
  owner: 'alice',
  name: 'w0',
  replicas: 2,
  size: 1,
} as const

const IMAGE = { do: 'new image', owner: 'alice', name: 'w0' } as const

/** What the meshlet does with its engine. */
export const ENGINE_SCENARIOS = {
  'an image that crashes is taken back': {
    machines: cast({ 'alice-1': 4, 'bob-1': 4, 'carol-1': 4 }),
    steps: [
      { ...PUBLISHED, replicas: 3 },
      { afterMs: 30_000, do: 'images crash', images: ['bad'], forMs: 1_000_000 },
      { ...IMAGE, afterMs: 0, fields: { image: imageOf('bad') } },
      {
        afterMs: 200_000,
        do: 'so many calls',
        machine: 'alice-1',
        call: 'startContainer',
        most: 0,
        forMs: 600_000,
      },
      {
        afterMs: 0,
        do: 'so many calls',
        machine: 'bob-1',
        call: 'startContainer',
        most: 0,
        forMs: 600_000,
      },
      {
        afterMs: 0,
        do: 'so many calls',
        machine: 'carol-1',
        call: 'startContainer',
        most: 0,
        forMs: 600_000,
      },
      { ...IMAGE, afterMs: 600_000, fields: { image: imageOf('good') } },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'a restart touches nothing': {
    machines: cast({ 'alice-1': 3, 'bob-1': 3 }),
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'nothing stops', forMs: 60_000 },
      {
        afterMs: 0,
        do: 'so many writes',
        machine: 'alice-1',
        collection: 'bid',
        most: 0,
        forMs: 60_000,
      },
      { afterMs: 0, do: 'daemon killed', machine: 'alice-1' },
      { afterMs: 3_000, do: 'start', machine: 'alice-1' },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'a restart without its state touches nothing': {
    machines: cast({ 'alice-1': 3, 'bob-1': 3 }),
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'nothing stops', forMs: 90_000 },
      { afterMs: 0, do: 'so many run', name: 'w0', least: 2, most: 2, forMs: 90_000 },
      { afterMs: 0, do: 'epoch grows', machine: 'alice-1', forMs: 89_000 },
      { afterMs: 0, do: 'state lost', machine: 'alice-1' },
      { afterMs: 90_000, do: 'heal' },
    ],
  },
  'a bid that the PDS did not take is written later': {
    machines: cast({ 'alice-1': 3 }),
    steps: [
      { afterMs: 4_000, do: 'writes refused', machine: 'alice-1', forMs: 20_000 },
      { ...PUBLISHED, afterMs: 1_000 },
      { afterMs: 60_000, do: 'so many run', name: 'w0', least: 2, forMs: 1_000 },
      { afterMs: 2_000, do: 'heal' },
    ],
  },
  'who failed at a container leaves it to others': {
    machines: cast({ 'alice-1': 9, 'bob-1': 4 }),
    steps: [
      { afterMs: 4_000, do: 'creates fail', machine: 'alice-1', forMs: 10 * 60_000 },
      { ...PUBLISHED, afterMs: 1_000, replicas: 1 },
      {
        afterMs: 0,
        do: 'so many writes',
        machine: 'alice-1',
        collection: 'bid',
        most: 2,
        forMs: 5 * 60_000,
      },
      { afterMs: 60_000, do: 'so many run', name: 'w0', least: 1, on: 'bob-1', forMs: 60_000 },
      { afterMs: 60_000, do: 'start', machine: 'alice-1' },
      { afterMs: 4 * 60_000, do: 'heal' },
    ],
  },
  'a container that somebody changed is made anew': {
    machines: cast({ 'alice-1': 3 }),
    steps: [
      PUBLISHED,
      { afterMs: 20_000, do: 'container changed', machine: 'alice-1', nth: 0 },
      { afterMs: 60_000, do: 'heal' },
    ],
  },
  'a missing image is asked for less and less often': {
    machines: cast({ 'alice-1': 3 }),
    steps: [
      PUBLISHED,
      { afterMs: 0, do: 'image missing', owner: 'alice', name: 'w0', forMs: 20 * 60_000 },
      {
        afterMs: 0,
        do: 'so many calls',
        machine: 'alice-1',
        call: 'pullImage',
        most: 16,
        forMs: 20 * 60_000,
      },
      { afterMs: 21 * 60_000, do: 'heal' },
    ],
  },
  'how it ended is forgotten in time': {
    machines: cast({ 'alice-1': 2 }),
    steps: [
      { afterMs: 5_000, do: 'publish', owner: 'alice', name: 'w0', replicas: 1, size: 1 },
      { afterMs: 20_000, do: 'power cut', machine: 'alice-1' },
      // Another takes its place, so that it is not started again, and how it ended is told meanwhile.
      { afterMs: 1_000, ...IMAGE, fields: { image: imageOf('good') } },
      { afterMs: 20_000, do: 'start', machine: 'alice-1' },
      { afterMs: 15 * 60_000, do: 'heal' },
    ],
  },
} as const satisfies Readonly<Record<string, Scenario>>
