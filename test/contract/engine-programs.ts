import type { Program } from '../../src/engine/memory-container.ts'

/** What the containers of the suite do: as a shell script for busybox, and as told to the memory engine. */
export const PROGRAMS = {
  server: {
    script: 'mkdir -p /tmp/www; echo hello >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www',
    memory: {
      ports: { 8080: 200 },
      exec: ([, , script]) => {
        switch (script) {
          case 'echo out; echo err >&2; exit 3':
            return { exitCode: 3, output: 'out\nerr\n' }
          case 'sleep 600':
            return undefined
          default:
            return { exitCode: 0, output: '' }
        }
      },
    },
  },
  writer: {
    script:
      'for i in 1 2 3; do echo out $i; done; echo err 1 >&2; sleep 1; echo late; exec sleep 600',
    memory: {
      output: [
        { stream: 'stdout', line: 'out 1' },
        { stream: 'stdout', line: 'out 2' },
        { stream: 'stdout', line: 'out 3' },
        { stream: 'stderr', line: 'err 1' },
        { stream: 'stdout', line: 'late', afterMs: 1000 },
      ],
    },
  },
  failing: { script: 'exit 7', memory: { exit: { afterMs: 20, code: 7 } } },
  stubborn: {
    script: "trap '' TERM; while true; do sleep 0.1; done",
    memory: { ignoresStop: true },
  },
  hungry: {
    script: 'head -c 100000000 /dev/zero | tail -c 90000000 >/dev/null; exit $?',
    memory: { exit: { afterMs: 100, code: 137, oom: true } },
  },
} as const satisfies Record<string, { script: string; memory: Program }>

export type ProgramName = keyof typeof PROGRAMS

/** The command of a container that runs the program. */
export function commandOf(name: ProgramName): string[] {
  return ['/bin/sh', '-c', PROGRAMS[name].script]
}
