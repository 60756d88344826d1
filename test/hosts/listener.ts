/**
 * `listener.ts NAME PORT… [--dns ADDRESS] [--registry]`: says its name to whoever connects, and what
 * it serves in one line of JSON. As a resolver it knows `public.example`; as a registry it offers an
 * image of busybox on this namespace's loopback.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { startRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'

const [name = '', ...words] = process.argv.slice(2)
/** Keeps the connection until it hears something. */
const TALKS = '7701'
/** 11.22.33.44 */
const PUBLIC = [11, 22, 33, 44]

const dns = words.includes('--dns') ? words[words.indexOf('--dns') + 1] : undefined
for (const port of words.filter((word) => /^\d+$/.test(word))) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).write(`${name}\n`)
    if (port === TALKS) socket.once('data', () => socket.end('heard\n'))
    else socket.end()
  })
  await once(server.listen(Number(port), '::'), 'listening')
}
if (dns !== undefined) {
  const socket = createSocket('udp4')
  socket.on('message', (question, from) => socket.send(answerTo(question), from.port, from.address))
  await once(socket.bind(53, dns), 'listening')
}
const image = words.includes('--registry') ? await serveImage() : undefined
process.stdout.write(`${JSON.stringify({ name, image })}\n`)

async function serveImage(): Promise<string> {
  const registry = await startRegistry()
  return registry.add('guest', await buildImage({ entrypoint: ['/bin/sleep', 'infinity'] }))
}

/** RFC 1035, section 4.1: the same header and question, and one address or none. */
function answerTo(question: Buffer): Buffer {
  const isKnown = question.includes('\x06public\x07example\0', 12, 'latin1')
  const isIpv4 = question.readUInt16BE(question.length - 4) === 1
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...PUBLIC])
  const has = isKnown && isIpv4
  const header = Buffer.from([0x81, isKnown ? 0x80 : 0x83, 0, 1, 0, has ? 1 : 0, 0, 0, 0, 0])
  return Buffer.concat([
    question.subarray(0, 2),
    header,
    question.subarray(12),
    ...(has ? [answer] : []),
  ])
}
