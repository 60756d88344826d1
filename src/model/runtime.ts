/** What a workload asks for that must not reach the machine’s kernel, and the machine’s label for having it. */
export const GVISOR = 'gvisor'

/** Machine label that says what a workload may ask for with `runtime`. */
export const RUNTIME_LABEL = 'runtime'
