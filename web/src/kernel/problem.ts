import type { components } from '@/generated/api'

type ProblemBody = components['schemas']['Problem'] & Record<string, unknown>

/** An answer of the server that says no, with the code the words are looked up by (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: string
  readonly status: number
  readonly reference: string
  readonly body: ProblemBody

  constructor(body: ProblemBody) {
    super(body.title)
    this.code = body.code
    this.status = body.status
    this.reference = body.reference
    this.body = body
  }

  /** The code of the error at one field, if the server named that field. */
  fieldCode(field: string): string | undefined {
    return this.body.errors?.find((error) => error.field === field || error.field.endsWith(`.${field}`))?.code
  }

  text(name: string): string | undefined {
    const value = this.body[name]
    return typeof value === 'string' ? value : undefined
  }

  number(name: string): number | undefined {
    const value = this.body[name]
    return typeof value === 'number' ? value : undefined
  }
}

/** The request may not have arrived, or its answer was lost: nobody knows what happened. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** Parses any failing answer; a body that is no problem document still becomes one. */
export const parseProblem = (status: number, body: unknown): Problem => {
  const read = (body !== null && typeof body === 'object' ? body : {}) as Record<string, unknown>
  return new Problem({
    ...read,
    type: isText(read.type) ? read.type : 'about:blank',
    title: isText(read.title) ? read.title : `HTTP ${status}`,
    status,
    code: isText(read.code) ? read.code : codeOf(status),
    reference: isText(read.reference) ? read.reference : '',
    errors: Array.isArray(read.errors) ? (read.errors as ProblemBody['errors']) : null,
    detail: isText(read.detail) ? read.detail : null,
  })
}

const CODES: Record<number, string> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  412: 'precondition_failed',
  413: 'too_large',
  422: 'invalid',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}
const codeOf = (status: number): string => CODES[status] ?? 'unexpected'
