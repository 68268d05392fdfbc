/** What belongs together over processes: the trace of the W3C, whose id is also that of a request in the log. */

import { createHash } from "node:crypto";

/** The header that names a trace. @see https://www.w3.org/TR/trace-context/ */
export const TRACEPARENT = "traceparent";

/** The trace of a run, the same in every process that works for it. */
export function traceIdOfRun(run: string): string {
  return createHash("sha256").update(`run ${run}`).digest("hex").slice(0, 32);
}

/** The trace that a header names; null for none, or no valid one. */
export function traceIdOf(header: string | undefined): string | null {
  const id = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(header ?? "")?.[1];
  return id === undefined || /^0+$/.test(id) ? null : id;
}

/** A header that makes what is called part of the trace of a run, below one span for the whole of it that nobody measures. */
export function runHeader(run: string): string {
  const traceId = traceIdOfRun(run);
  return `00-${traceId}-${createHash("sha256").update(`span ${traceId}`).digest("hex").slice(0, 16)}-01`;
}

/** A trace that nobody knows. */
export function newTraceId(): string {
  return randomHex(16);
}

function randomHex(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}
