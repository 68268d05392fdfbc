/** Headers: what every response says to browsers and caches, and how much of them a request may bring. */

import { createMiddleware } from "hono/factory";
import { refuse } from "./refusal.ts";

/** What an answer that is no page of ours may do in a browser: nothing. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/**
 * Adds what keeps browsers from guessing types, framing, sending addresses on and storing answers. What an answer says itself about
 * storing and about what its page may load stays.
 */
export const secureHeaders = createMiddleware(async (c, next) => {
  await next();
  const { headers } = c.res;
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", NOTHING);
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
});

/** Refuses requests with more than so many bytes of names and values of headers. */
export function limitHeaders(most: number) {
  return createMiddleware(async (c, next) => {
    let bytes = c.req.url.length;
    for (const [name, value] of c.req.raw.headers) bytes += name.length + value.length;
    if (bytes <= most) return await next();
    const setting = "limits.headers";
    const message =
      `Cannot answer: found ${bytes} bytes of address and headers, expected at most ${most}; see ${setting}`;
    return refuse({ status: 431, tag: "TooLarge", message, fields: { limit: most, found: bytes, setting } });
  });
}
