/** Refusals: responses in the one form that errors have over HTTP, before a request reaches what it asks for. */

import type { HttpError } from "../http_errors.ts";

/** What a refusal says. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 408 | 413 | 421 | 422 | 429 | 431 | 503;
  readonly tag: HttpError["tag"];
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** After how many seconds the same request may succeed; without it, trying again is of no use. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The response of a refusal. */
export function refuse({ status, tag, message, fields = {}, retryAfter, headers = {} }: Refusal): Response {
  const error: HttpError = { tag, message, fields, retry: retryAfter !== undefined };
  const wait = retryAfter === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfter))) };
  return Response.json({ error }, { status, headers: { "cache-control": "no-store", ...headers, ...wait } });
}
