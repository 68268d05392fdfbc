/** How long an answer may take to begin. */

import { createMiddleware } from "hono/factory";
import { refuse } from "./refusal.ts";

/** Answers 503 if the handler has not answered within so many milliseconds; not for requests that are work themselves. */
export function limitTime(milliseconds: number, { isLong }: { readonly isLong: (path: string) => boolean }) {
  return createMiddleware(async (c, next) => {
    if (isLong(c.req.path)) return await next();
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), milliseconds);
    try {
      if (await Promise.race([next(), late]) !== "late") return;
    } finally {
      clearTimeout(timer);
    }
    const setting = "limits.request_time";
    const message = `Cannot answer: found no answer after ${
      milliseconds / 1000
    } s, expected one sooner; try again; see ${setting}`;
    return refuse({ status: 503, tag: "Busy", message, retryAfter: 10, fields: { setting } });
  });
}
