/**
 * A server that asks for no tokens trusts everything on its machine, and that includes every page in a browser there. Two checks keep
 * pages out: the host that a request names must be ours, or a page could have its own name lead to us (DNS rebinding) and read all; and
 * what changes something must not come from another page (cross-site request forgery). No header ever allows another origin to read.
 */

import { createMiddleware } from "hono/factory";
import { refuse } from "./refusal.ts";

/** Names of the machine itself. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** True for an address that only programs of the same machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Refuses requests that a page of another origin may have caused, as long as `isNeeded`. `hosts` are further names of ours. */
export function ownHostOnly({ hosts, isNeeded }: {
  readonly hosts: readonly string[];
  readonly isNeeded: () => boolean;
}) {
  const own = new Set([...LOOPBACK, ...hosts.map((host) => host.toLowerCase())]);
  return createMiddleware(async (c, next) => {
    if (!isNeeded()) return await next();
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    if (!own.has(nameOf(host))) {
      const expected = [...own].map((name) => `"${name}"`).join(", ");
      const message = `Cannot answer: found a request to the host "${host}", expected one of ${expected}; ` +
        "create a token to serve under other names";
      return refuse({ status: 421, tag: "Forbidden", message });
    }
    const from = strangerIn(c.req.raw, host);
    if (from === null) return await next();
    const message = `Cannot ${c.req.method} ${c.req.path}: found a request from ${from}, expected none of another page`;
    return refuse({ status: 403, tag: "Forbidden", message });
  });
}

/** The host without its port. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "");
}

/** Where a request that changes something comes from, if it is not from ourselves or from outside of a browser. */
function strangerIn({ method, headers }: Request, host: string): string | null {
  if (method === "GET" || method === "HEAD") return null;
  const origin = headers.get("origin");
  if (origin !== null && origin !== `http://${host}` && origin !== `https://${host}`) return `the origin "${origin}"`;
  const site = headers.get("sec-fetch-site");
  return site === null || site === "same-origin" || site === "none" ? null : `another site (${site})`;
}
