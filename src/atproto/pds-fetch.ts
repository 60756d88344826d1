import { createGuardedFetch } from './guarded-fetch.ts'
import type { GuardedFetchOptions } from './guarded-fetch.ts'

/**
 * A fetch for the library's clients. They look at an answer's body before its status, so that a
 * proxy's empty or broken "503" would look like a malformed answer; here such a body is replaced.
 */
export function createPdsFetch(options: GuardedFetchOptions): typeof globalThis.fetch {
  const fetch = createGuardedFetch(options)
  return async (input, init) => {
    const response = await fetch(input, init)
    if (response.ok) return response
    const text = await response.text()
    const headers = new Headers(response.headers)
    headers.set('content-type', 'application/json')
    return new Response(isErrorBody(text) ? text : '{}', { status: response.status, headers })
  }
}

function isErrorBody(text: string): boolean {
  try {
    const body = JSON.parse(text) as unknown
    return typeof body === 'object' && body !== null
  } catch {
    return false
  }
}
