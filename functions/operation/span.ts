/**
 * Spans of OpenTelemetry. Deno exports them where `OTEL_DENO` is true, from every thread; elsewhere they cost next to nothing. What went wrong
 * is told by its name alone: messages go to the log, which hides secrets.
 */

import { type Attributes, context, propagation, SpanStatusCode, trace } from "@opentelemetry/api";
import { TRACEPARENT } from "./trace.ts";

/** What a span is. */
export interface SpanOptions {
  readonly attributes: Attributes;
  /** The header of what called, where it is not this thread; the span at work is the parent if left out. */
  readonly parent?: string | undefined;
}

/** Does work within a span of its own: what the work calls is part of it. */
export function inSpan<T>(name: string, { attributes, parent }: SpanOptions, work: () => Promise<T>): Promise<T> {
  const above = context.active();
  const from = parent === undefined ? above : propagation.extract(above, { [TRACEPARENT]: parent });
  return trace.getTracer("exitwave").startActiveSpan(name, { attributes }, from, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute("error.type", error instanceof Error ? error.name : "Error");
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The header that makes what is called part of the span at work; null where there is none. */
export function parentHeader(): string | null {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier[TRACEPARENT] ?? null;
}
