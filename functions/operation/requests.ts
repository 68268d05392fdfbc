/** What is known of every request: an id that follows it through the logs, its line in the log, its part of the metrics. */

import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { GuardVariables } from "../guard/roles.ts";
import type { Log } from "./log.ts";
import type { Meter } from "./meter.ts";
import { newTraceId, traceIdOf, TRACEPARENT } from "./trace.ts";

/** Asked for every few seconds by machines. */
const QUIET: readonly string[] = ["/healthz", "/readyz", "/metrics"];

/** Gives each request an id, notes how it was answered, and answers with the id. */
export function observeRequests({ log, meter, now }: {
  readonly log: Log;
  readonly meter: Meter;
  /** Milliseconds from an arbitrary start. */
  readonly now: () => number;
}) {
  return createMiddleware<{ Variables: GuardVariables }>(async (c, next) => {
    const requestId = traceIdOf(c.req.header(TRACEPARENT)) ?? newTraceId();
    c.set("requestId", requestId);
    const began = now();
    await next();
    c.res.headers.set("x-request-id", requestId);
    const seconds = (now() - began) / 1000;
    const { method, path } = c.req;
    const { status } = c.res;
    // Paths as they come would make as many series as there are runs, and as a stranger likes.
    const route = status === 404 && routePath(c) === "/*" ? "none" : routePath(c, -1);
    meter.add("exitwave_requests_total", 1, {
      method: KNOWN.has(method) ? method : "other",
      route,
      status: String(status),
    });
    meter.observe("exitwave_request_seconds", seconds, { route });
    const level = status >= 500 ? "warn" : QUIET.includes(path) ? "debug" : "info";
    const who = c.get("caller")?.name;
    log.write(level, `${method} ${path} ${status}`, {
      request: requestId,
      seconds,
      ...(who === undefined ? {} : { who }),
    });
  });
}

const KNOWN: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
