/** Who may do what: three roles, each of which may do what the ones before it may. */

import type { Context } from "hono";

/** The roles, the weakest first. */
export const ROLES = ["read", "submit", "admin"] as const;

/** What a caller may do: look; also start work; everything. */
export type Role = (typeof ROLES)[number];

/** Who calls, as found out by `authenticate()`. */
export interface Caller {
  /** Name of the token, or of the subject of a JWT. */
  readonly name: string;
  readonly role: Role;
}

/** Who may do everything because nobody asked for tokens: then the server listens to its own machine only. */
export const LOCAL: Caller = { name: "local", role: "admin" };

/** What the guard leaves in hono's context. */
export interface GuardVariables {
  readonly caller: Caller;
  readonly requestId: string;
}

/** The context of a request that passed the guard. */
export type GuardContext = Context<{ Variables: GuardVariables }>;

/** Who asks, as the guard found out; null if it asks nobody. */
export function callerOf(c: { get(name: never): unknown }): Caller | null {
  return (c.get("caller" as never) as Caller | undefined) ?? null;
}

/** True if a role may do what needs another. */
export function mayDo(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** The role that a request needs: looking is read, starting or ending work is submit, deleting and schedules are admin. */
export function roleNeeded({ method, path }: { readonly method: string; readonly path: string }): Role {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return "read";
  if (method === "DELETE" || /^\/v1\/schedules(\/|$)/.test(path)) return "admin";
  return method === "POST" || method === "PUT" || method === "PATCH" ? "submit" : "admin";
}
