import { join } from 'node:path'
import { Interposer } from './interposer.ts'
import type { MachineOptions, RealCommune } from './real-commune.ts'

/** What stands between the machines of a real commune and everything that they lean on. */
export interface RealSubstrate extends AsyncDisposable {
  readonly pds: Interposer
  readonly plc: Interposer
  readonly engine: Interposer
  /** For machines that are to call the network through here. */
  readonly options: MachineOptions
  /** The same for those that call the engine through here too. */
  readonly withEngine: MachineOptions
}

/** The directory names the interposer as everybody's PDS, so reads and streams go through it too. */
export async function startSubstrate({ network }: RealCommune): Promise<RealSubstrate> {
  await using stack = new AsyncDisposableStack()
  const rewrite = (text: string) => text.replaceAll(network.pdsUrl, pds.url)
  const upstream = (url: string) => ({ upstream: { port: Number(new URL(url).port) }, rewrite })
  const pds: Interposer = stack.use(await Interposer.start(upstream(network.pdsUrl)))
  const plc = stack.use(await Interposer.start(upstream(network.plcUrl)))
  const socketPath = join(network.dir, 'engine.sock')
  const engine = stack.use(
    await Interposer.start({ upstream: { socketPath: engineSocket() }, socketPath }),
  )
  const options = { service: pds.url, plcUrl: plc.url }
  const running = stack.move()
  return {
    pds,
    plc,
    engine,
    options,
    withEngine: { ...options, dockerHost: `unix://${socketPath}` },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function engineSocket(): string {
  const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock'
  return host.replace(/^unix:\/\//, '')
}
