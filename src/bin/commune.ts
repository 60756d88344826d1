#!/usr/bin/env node
import { runCommandLine } from './commune-main.ts'

await runCommandLine()
