/** The guard in front of an application: who calls, what it may, and how much. */

import type { OpenAPIHono } from "@hono/zod-openapi";
import { Hono, type MiddlewareHandler } from "hono";
import { DataError } from "../../core/errors.ts";
import { UPLOAD_PATH } from "../api/uploads.ts";
import { answerError, answerNotFound } from "../app.ts";
import { refuseWhileDraining } from "../operation/drain.ts";
import { authenticate } from "./authenticate.ts";
import { limitBody } from "./body.ts";
import { limitHeaders, secureHeaders } from "./headers.ts";
import { type CheckJwt, jwtChecker } from "./jwt.ts";
import { isLoopback, ownHostOnly } from "./own_host.ts";
import type { GuardVariables } from "./roles.ts";
import type { Access, RequestLimits } from "./settings.ts";
import { limitTime } from "./time.ts";
import { type Tokens, watchTokens } from "./tokens.ts";

/** What a guard is made of. */
export interface GuardOptions {
  readonly keys: Keys;
  readonly limits: RequestLimits;
  /** Names of the server beside localhost. */
  readonly hosts: readonly string[];
  /** Further paths that need no token, because they check their requests themselves or hold no data. */
  readonly isOpen?: (path: string) => boolean;
  /** Requests whose handler reads the body in parts, by limits of its own. */
  readonly isStreamed?: (request: Request) => boolean;
  /** Sees every request and its answer first and last, refused ones too. */
  readonly observe?: MiddlewareHandler<{ Variables: GuardVariables }>;
  /** Whether the server is about to end. */
  readonly isDraining?: () => boolean;
  /** Is told what went wrong on our side. */
  readonly failed: (error: unknown) => void;
}

/** What callers are known by. */
export interface Keys {
  readonly tokens: Tokens;
  readonly checkJwt: CheckJwt | null;
}

/** Opens the keys that settings name. @throws {DataError} if they cannot be used */
export function openKeys({ jwt }: Access, { file, secret, now }: {
  /** The file of tokens. */
  readonly file: string;
  /** Secret of JWTs, from the environment. */
  readonly secret: string | undefined;
  readonly now: () => Date;
}): Keys {
  return { tokens: watchTokens(file, { now }), checkJwt: jwt === null ? null : jwtChecker(jwt, { secret }) };
}

/** True if every request needs a token. @throws {DataError} if the tokens cannot be read */
export function needsToken({ tokens, checkJwt }: Keys): boolean {
  return checkJwt !== null || tokens.isRequired();
}

/**
 * Refuses to be reached from other machines without tokens.
 * @throws {DataError} saying how to make one
 */
export function checkListening(host: string, keys: Keys): void {
  if (isLoopback(host) || needsToken(keys)) return;
  throw new DataError(
    `Cannot listen on ${host}: found no tokens, without which everybody who reaches it may do everything; make one with ` +
      "`exitwave token create NAME --role admin`, set access.jwt, or listen on 127.0.0.1",
    { host },
  );
}

/** What needs no token: whether the server lives says nothing of anybody's data, and who asks often has none. */
const OPEN: readonly string[] = ["/healthz", "/readyz"];

/** Puts the guard in front of an application. Handlers find the caller as `c.get("caller")`. */
export function guarded(app: OpenAPIHono, options: GuardOptions): Hono<{ Variables: GuardVariables }> {
  const { keys, limits, hosts, isOpen = () => false, isStreamed = () => false, failed } = options;
  const { observe, isDraining = () => false } = options;
  const guard = new Hono<{ Variables: GuardVariables }>();
  if (observe !== undefined) guard.use(observe);
  guard.use(
    secureHeaders,
    limitHeaders(limits.headers),
    ownHostOnly({ hosts, isNeeded: () => isTrusting(keys) }),
    authenticate({ ...keys, isOpen: (path) => OPEN.includes(path) || isOpen(path), failed }),
    refuseWhileDraining(isDraining),
    limitBody({ bytes: limits.body, milliseconds: 1000 * limits.body_time, depth: limits.depth }, { isStreamed }),
    limitTime(1000 * limits.request_time, { isLong: (path) => isWork(path) || isOpen(path) }),
  );
  guard.notFound(answerNotFound);
  guard.onError(answerError(failed));
  return guard.route("/", app);
}

/** Whether the answer to a path is work itself, or the end of a body of any size. */
function isWork(path: string): boolean {
  return path.startsWith("/v1/stages/") || path === UPLOAD_PATH;
}

/** True if everybody who reaches us may do everything. Where that cannot be told, nobody may: `authenticate()` says so. */
function isTrusting(keys: Keys): boolean {
  try {
    return !needsToken(keys);
  } catch {
    return false;
  }
}
