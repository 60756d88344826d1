import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { COUNTERS, GAUGES, HISTOGRAMS, type Readings } from '../ports/metrics.ts'
import { silentLog } from '../ports/log.ts'
import { serveMetrics, type MetricsServer } from './metrics-server.ts'
import { createPrometheusMetrics } from './prometheus.ts'

const nothing = Object.fromEntries(
  Object.keys(GAUGES).map((name) => [name, []]),
) as unknown as Readings
const CATALOGUE = [COUNTERS, HISTOGRAMS, GAUGES].flatMap((all) => Object.values(all))

describe('the text for Prometheus', () => {
  it('has what was counted and measured, and every gauge as it is now', async () => {
    const metrics = createPrometheusMetrics()
    metrics.count('reconciles', { key: 'workload', outcome: 'done' }, 3)
    metrics.observe('engineSeconds', { operation: 'createContainer' }, 0.03)
    const first = await metrics.render({
      ...nothing,
      peers: [{ labels: { state: 'silent' }, value: 2 }],
    })
    expect(first).toContain('meshlet_reconciles_total{key="workload",outcome="done"} 3')
    expect(first).toContain(
      'meshlet_engine_call_duration_seconds_bucket{le="0.1",operation="createContainer"} 1',
    )
    expect(first).toContain('meshlet_peers{state="silent"} 2')
    expect(first).toContain('meshlet_takeovers_total 0')
    expect(await metrics.render(nothing)).not.toContain('meshlet_peers{')
  })

  it('is explained in the documents, name by name', () => {
    const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
    for (const { name } of CATALOGUE) expect(text).toContain(`\`${name}\``)
  })

  it('is what the example rules look at', () => {
    const known = new Set<string>(CATALOGUE.map(({ name }) => name))
    const rules = readFileSync(
      new URL('../../examples/prometheus/alerts.yaml', import.meta.url),
      'utf8',
    )
    const used = [...rules.matchAll(/\bmeshlet_[a-z_]+/g)].map(([name]) => name)
    expect(new Set(used).size).toBeGreaterThan(2)
    for (const name of used) expect(known).toContain(name.replace(/_(bucket|sum|count)$/, ''))
  })
})

describe('the server', () => {
  let server: MetricsServer | undefined
  afterEach(() => server?.[Symbol.asyncDispose]())

  async function start(problems: readonly string[]): Promise<string> {
    server = await serveMetrics({
      host: '127.0.0.1',
      port: 0,
      contentType: 'text/plain; version=0.0.4',
      render: () => Promise.resolve('meshlet_epoch 1\n'),
      problems: () => problems,
      log: silentLog,
    })
    return server.url
  }

  it('answers /metrics, and nothing but GET', async () => {
    const url = await start([])
    const answer = await fetch(`${url}/metrics`)
    expect(answer.headers.get('content-type')).toContain('version=0.0.4')
    expect(await answer.text()).toBe('meshlet_epoch 1\n')
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${url}/other`)).status).toBe(404)
  })

  it('says with /healthz whether something needs attention', async () => {
    const well = await fetch(`${await start([])}/healthz`)
    expect([well.status, await well.json()]).toEqual([200, { ok: true, problems: [] }])
    await server?.[Symbol.asyncDispose]()
    const sick = await fetch(`${await start(['The engine does not answer'])}/healthz`)
    expect(sick.status).toBe(503)
    expect(await sick.json()).toMatchObject({ problems: ['The engine does not answer'] })
  })

  it('says what to do when the port is taken', async () => {
    const port = Number(new URL(await start([])).port)
    const again = serveMetrics({
      host: '127.0.0.1',
      port,
      contentType: '',
      render: () => Promise.resolve(''),
      problems: () => [],
      log: silentLog,
    })
    await expect(again).rejects.toMatchObject({ code: 'unavailable' })
  })
})
