/** Routes about one run or batch: how it stands, what changes that, and its removal. */

import { createRoute, z } from "@hono/zod-openapi";
import { RUN_NAME } from "../inputs.ts";
import { errorResponses, jsonResponse } from "./responses.ts";

/** The id in a path. */
export const ONE_ID = z.strictObject({ id: RUN_NAME });

interface RouteText {
  readonly summary: string;
  readonly tags: string[];
}

/** A route that answers with the thing as it stands, of the form `schema`. */
export function oneRoute<M extends "get" | "post", P extends string, S extends z.ZodType>(
  { method, path }: { readonly method: M; readonly path: P },
  { summary, tags, answer, schema }: RouteText & { readonly answer: string; readonly schema: S },
) {
  return createRoute({
    method,
    path,
    summary,
    tags,
    request: { params: ONE_ID },
    responses: { 200: jsonResponse(answer, schema), ...errorResponses(404, 409, 422, 429, 503) },
  });
}

/** A route that removes the thing, once it has ended. */
export function removalRoute<P extends string>(path: P, text: RouteText) {
  return createRoute({
    method: "delete",
    path,
    ...text,
    request: { params: ONE_ID },
    responses: { 204: { description: "It is gone" }, ...errorResponses(404, 409, 422, 503) },
  });
}
