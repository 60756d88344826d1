#!/usr/bin/env node
import { keepCompiledCode } from './compiled-code.ts'

keepCompiledCode(import.meta.url)
const { runCommandLine } = await import('./commune-main.ts')
await runCommandLine()
