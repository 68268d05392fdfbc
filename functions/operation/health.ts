/** Whether the process lives, whether it can take work, and what it counted: `/healthz`, `/readyz`, `/metrics`. */

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { jsonResponse } from "../api/responses.ts";
import type { Gauge, Meter } from "./meter.ts";

/** What must be so for a process to take work. */
export interface Readiness {
  /** What is not as it should be, in words; null where all is. May throw instead. */
  readonly checks: Readonly<Record<string, () => Promise<string | null> | string | null>>;
  /** Milliseconds from an arbitrary start. */
  readonly now: () => number;
}

/** What is behind the routes. */
export interface HealthOptions {
  readonly readiness: Readiness;
  readonly meter: Meter;
  readonly gauges: () => Promise<readonly Gauge[]>;
}

/** Who asks more often gets the answer of before: checks cost a write to a disk, and anybody may ask. */
const ANSWER_KEEPS_MS = 1000;

const REPORT = z.strictObject({
  ready: z.boolean(),
  reasons: z.array(z.strictObject({ check: z.string(), found: z.string() })).meta({
    description: "What is not as it should be",
  }),
});

const READY = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Says whether the process can take work, and if not, why",
  tags: ["operation"],
  responses: { 200: jsonResponse("It can", REPORT), 503: jsonResponse("It cannot", REPORT) },
});

const ALIVE = createRoute({
  method: "get",
  path: "/healthz",
  summary: "Says that the process lives",
  tags: ["operation"],
  responses: { 200: jsonResponse("It does", z.strictObject({ alive: z.literal(true) })) },
});

const METRICS = createRoute({
  method: "get",
  path: "/metrics",
  summary: "Says what the process counted, as Prometheus reads it",
  tags: ["operation"],
  responses: { 200: { description: "All metrics", content: { "text/plain": { schema: z.string() } } } },
});

/** Adds the routes to an application. */
export function mountHealth(app: OpenAPIHono, { readiness, meter, gauges }: HealthOptions): void {
  const ask = remembering(readiness);
  app.openapi(ALIVE, (c) => c.json({ alive: true as const }, 200));
  app.openapi(READY, async (c) => {
    const reasons = await ask();
    return c.json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
  });
  app.openapi(METRICS, async (c) => {
    const text = meter.text(await gauges());
    return c.text(text, 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  });
}

type Reasons = z.output<typeof REPORT>["reasons"];

function remembering({ checks, now }: Readiness): () => Promise<Reasons> {
  let last: { readonly at: number; readonly reasons: Promise<Reasons> } | null = null;
  return () => {
    if (last === null || now() - last.at >= ANSWER_KEEPS_MS) last = { at: now(), reasons: reasonsOf(checks) };
    return last.reasons;
  };
}

async function reasonsOf(checks: Readiness["checks"]): Promise<Reasons> {
  const reasons = await Promise.all(
    Object.entries(checks).map(async ([check, look]) => {
      try {
        return { check, found: await look() };
      } catch (error) {
        return { check, found: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  return reasons.flatMap(({ check, found }) => found === null ? [] : [{ check, found }]);
}
