/** The settings of the guard in the configuration of a server. */

import { z } from "zod";
import { JWT_SETTINGS } from "./jwt.ts";

/** Settings of who may come in. */
export const ACCESS = z.strictObject({
  tokens: z.string().min(1).nullable().default(null).meta({
    description: "File of tokens; null for tokens.json in the state folder. Once it is there, every request needs one",
  }),
  jwt: JWT_SETTINGS.nullable().default(null).meta({
    description:
      "How JSON Web Tokens are checked; null where none are taken. The secret of HS256 is EXITWAVE_JWT_SECRET",
  }),
  hosts: z.array(z.string().min(1)).default([]).meta({
    description: "Names of this server beside localhost, for when it asks for no tokens",
  }),
});

/** Limits of requests. */
export const REQUEST_LIMITS = {
  body: z.int().min(1024).max(1e9).default(1 << 20).meta({
    description: "Largest body of a request that is no upload",
    unit: "bytes",
  }),
  body_time: z.number().positive().max(3600).default(30).meta({
    description: "Until when a body that is no upload must be there",
    unit: "s",
  }),
  depth: z.int().min(8).max(1000).default(64).meta({
    description: "How deep lists and groups of a body may be nested",
  }),
  headers: z.int().min(1024).max(1 << 18).default(1 << 14).meta({
    description: "Most bytes of address and headers of a request",
    unit: "bytes",
  }),
  request_time: z.number().positive().max(3600).default(60).meta({
    description: "Until when an answer must have begun, but for stages",
    unit: "s",
  }),
};

/** Settings of who may come in. */
export type Access = z.output<typeof ACCESS>;

/** Limits of requests. */
export type RequestLimits = { readonly [K in keyof typeof REQUEST_LIMITS]: z.output<(typeof REQUEST_LIMITS)[K]> };
