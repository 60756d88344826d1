import Docker from 'dockerode'
import { buffer } from 'node:stream/consumers'
import { PassThrough } from 'node:stream'

/** Seconds that a guest waits for an answer. */
const PATIENCE_S = 3

/** What a container gets when it connects: the listener's name, or why nothing came. */
export async function reach(
  docker: Docker,
  container: string,
  address: string,
  port = 80,
): Promise<string> {
  const script = `busybox nc -w ${PATIENCE_S} ${address} ${port} </dev/null 2>&1`
  return (await inContainer(docker, container, script)).trim()
}

/** The address that a container finds for a name, by the resolver that it was given. */
export async function lookUp(docker: Docker, container: string, name: string): Promise<string> {
  const said = await inContainer(docker, container, `busybox nslookup ${name} 2>&1`)
  return said.split(/\n\n/).slice(1).join(' ').replaceAll(/\s+/g, ' ').trim()
}

/** What a shell in the container prints. */
export async function inContainer(
  docker: Docker,
  container: string,
  script: string,
): Promise<string> {
  const exec = await docker.getContainer(container).exec({
    Cmd: ['/bin/sh', '-c', script],
    AttachStdout: true,
    AttachStderr: true,
  })
  const stream = await exec.start({})
  const out = new PassThrough()
  docker.modem.demuxStream(stream, out, out)
  stream.once('end', () => out.end())
  return (await buffer(out)).toString()
}
