/** The end of a server, in order: what is in hand is done, nothing new is begun, whoever asks is told to come back. */

import { createMiddleware } from "hono/factory";
import { refuse } from "../guard/refusal.ts";

/** After so many seconds another process has most likely taken over. */
const RETRY_SECONDS = 10;

/** Refuses what would begin new work while `isDraining`. */
export function refuseWhileDraining(isDraining: () => boolean) {
  return createMiddleware(async (c, next) => {
    const { method } = c.req;
    if (!isDraining() || method === "GET" || method === "HEAD") return await next();
    const message = `Cannot ${method} ${c.req.path}: found a server that is about to end; try again in a while`;
    return refuse({ status: 503, tag: "Busy", message, retryAfter: RETRY_SECONDS });
  });
}
