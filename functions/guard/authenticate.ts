/** Who calls, and whether it may: bearer tokens, JWTs, and the role that a request needs. */

import { createMiddleware } from "hono/factory";
import { isPtychoError } from "../../core/errors.ts";
import type { CheckJwt } from "./jwt.ts";
import { refuse } from "./refusal.ts";
import { type Caller, type GuardVariables, LOCAL, mayDo, roleNeeded } from "./roles.ts";
import { TOKEN_PREFIX, type Tokens } from "./tokens.ts";

/** How callers are known. */
export interface AuthenticateOptions {
  readonly tokens: Tokens;
  /** Null where no JWTs are taken. */
  readonly checkJwt: CheckJwt | null;
  /** Paths that need no token: what is asked for without one and says nothing of anybody's data, or checks its requests itself. */
  readonly isOpen: (path: string) => boolean;
  /** Is told why tokens cannot be checked. */
  readonly failed: (error: unknown) => void;
}

/** Finds out who calls and refuses what it may not do: 401 without a valid token, 403 where the role is too low. */
export function authenticate(options: AuthenticateOptions) {
  return createMiddleware<{ Variables: GuardVariables }>(async (c, next) => {
    const { method, path } = c.req;
    if (options.isOpen(path)) return await next();
    const caller = await callerOf(c.req.header("authorization"), options);
    if (caller instanceof Response) return caller;
    const needed = roleNeeded({ method, path });
    if (!mayDo(caller.role, needed)) {
      const message = `Cannot ${method} ${path}: found the role ${caller.role} of "${caller.name}", expected ${needed}`;
      return refuse({ status: 403, tag: "Forbidden", message, fields: { role: caller.role, needed } });
    }
    c.set("caller", caller);
    await next();
  });
}

async function callerOf(header: string | undefined, options: AuthenticateOptions): Promise<Caller | Response> {
  const { tokens, checkJwt, failed } = options;
  try {
    if (checkJwt === null && !tokens.isRequired()) return LOCAL;
    const token = /^Bearer ([\w.~+/=-]{1,8192})$/i.exec(header ?? "")?.[1];
    if (token === undefined) return unauthorized("found no bearer token, expected one", "no token");
    const caller = token.startsWith(TOKEN_PREFIX) ? tokens.find(token) : await checkJwt?.(token) ?? null;
    if (caller === "expired") return unauthorized("found a token that has expired, expected one that is valid");
    return caller ?? unauthorized("found a token that is not known or not valid, expected one that is");
  } catch (error) {
    // A file of tokens that cannot be read lets nobody in.
    if (!isPtychoError(error, "DataError")) throw error;
    failed(error);
    const message = "Cannot check tokens: found them unreadable on the server; its log says why";
    return refuse({ status: 503, tag: "Busy", message, retryAfter: 30 });
  }
}

function unauthorized(what: string, missing?: "no token"): Response {
  const message = `Cannot answer: ${what}; send it as "Authorization: Bearer ..."`;
  const challenge = missing ? 'Bearer realm="exitwave"' : 'Bearer realm="exitwave", error="invalid_token"';
  return refuse({ status: 401, tag: "Unauthorized", message, headers: { "www-authenticate": challenge } });
}
