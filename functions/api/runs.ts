/** Runs over HTTP: submit, list, look, cancel, resume, forget. */

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { callerOf, LOCAL } from "../guard/roles.ts";
import { RUN_NAME } from "../inputs.ts";
import { idOfKey } from "../run_ids.ts";
import { oneRoute, removalRoute } from "./one_routes.ts";
import { errorResponses, jsonResponse } from "./responses.ts";
import { type LinkedRun, RUN, withLinks } from "./run_links.ts";
import { RUN_KIND, RUN_STATUS, type RunRequest, type RunService } from "./run_service.ts";
import { readTreeBody, TREE, treeBody } from "./tree_body.ts";

/** Name of a run, in bodies. */
export const NAME = z.string().min(1).max(100).optional().meta({
  description: "Name of the run in file names, where the tree has no `run`; the id if left out",
});

/** Interval of pictures, in bodies. */
export const PREVIEW = z.int().min(1).max(1_000_000_000).nullable().optional().meta({
  description: "Iterations between two pictures; null for none; a tenth of the run, but at least 5, if left out",
});

const OVERWRITE = z.boolean().optional().meta({
  description: "Whether files that the tree names may be those of other runs; if not, that is a conflict",
});

const BODY = z.strictObject({ parameters: TREE, name: NAME, preview: PREVIEW, overwrite: OVERWRITE });

const SIMULATION_BODY = z.strictObject({ parameters: TREE, name: NAME, overwrite: OVERWRITE });

const SIMULATION_QUERY = z.strictObject({
  name: NAME,
  overwrite: z.enum(["true", "false"]).transform((text) => text === "true").optional().meta({
    description: "As in a JSON body; only with a YAML body",
    type: "string",
  }),
});

const QUERY = SIMULATION_QUERY.extend({
  preview: z.union([z.literal("none").transform(() => null), z.coerce.number().pipe(z.int().min(1))]).optional().meta({
    description: "Iterations between two pictures; none for none; only with a YAML body",
    type: "string",
  }),
});

/** The header that makes a submission safe to repeat. */
export const KEY = z.object({
  "idempotency-key": z.string().min(1).max(255).optional().meta({
    description: "Any text: the same key again, with an equal body, gives the run that is there; with another, 409",
  }),
});

const TAGS = ["runs"];

const SUBMIT = createRoute({
  method: "post",
  path: "/v1/runs",
  summary: "Submits a reconstruction; it is checked at once and done later",
  tags: TAGS,
  request: { query: QUERY, headers: KEY, body: treeBody(BODY) },
  responses: { 202: jsonResponse("It is there", RUN), ...errorResponses(400, 409, 422, 429, 501, 503) },
});

const SIMULATE = createRoute({
  method: "post",
  path: "/v1/simulations",
  summary: "Submits a simulation: a run that leaves the frames of its scans as .ptyd files, and the truth",
  tags: TAGS,
  request: { query: SIMULATION_QUERY, headers: KEY, body: treeBody(SIMULATION_BODY) },
  responses: {
    202: jsonResponse("It is there; the routes of runs have the rest", RUN),
    ...errorResponses(400, 409, 422, 429, 501, 503),
  },
});

const LIST = createRoute({
  method: "get",
  path: "/v1/runs",
  summary: "Lists runs, newest first",
  tags: TAGS,
  request: {
    query: z.strictObject({
      status: RUN_STATUS.optional(),
      kind: RUN_KIND.optional(),
      limit: z.coerce.number().pipe(z.int().min(1).max(1000)).default(100).meta({ description: "Most runs to list" }),
      after: RUN_NAME.optional().meta({ description: "Only runs that come after this one: `next` of the page before" }),
    }),
  },
  responses: {
    200: jsonResponse(
      "A page of runs",
      z.strictObject({
        runs: z.array(RUN),
        next: z.string().nullable().meta({
          description: "For `after`, to get the next page; null if this is the last",
        }),
      }),
    ),
    ...errorResponses(404, 422, 503),
  },
});

const VIEW = runRoute("get", "/v1/runs/{id}", "Says how a run stands");
const CANCEL = runRoute("post", "/v1/runs/{id}/cancel", "Ends a run; harmless if it has ended");
const RESUME = runRoute("post", "/v1/runs/{id}/resume", "Lets a failed or cancelled run go on where it was");

const REMOVE = removalRoute("/v1/runs/{id}", {
  summary: "Forgets a run that has ended, with its artifacts; files below the data root stay",
  tags: TAGS,
});

/** Adds the routes of runs to an application. */
export function mountRuns(app: OpenAPIHono, runs: RunService): void {
  async function submit(request: RunRequest, by: { key: string | undefined; owner: string }): Promise<LinkedRun> {
    const id = by.key === undefined ? undefined : idOfKey(request.kind, by.key);
    return withLinks(await runs.submit(request, { id, owner: by.owner }));
  }

  const submitterOf = (c: Parameters<typeof callerOf>[0], key: string | undefined) => ({
    key,
    owner: (callerOf(c) ?? LOCAL).name,
  });

  app.openapi(SUBMIT, async (c) => {
    const body = await readTreeBody(c.req, { schema: BODY, query: c.req.valid("query") });
    const run = await submit(
      { kind: "reconstruct", ...body },
      submitterOf(c, c.req.valid("header")["idempotency-key"]),
    );
    return c.json(run, 202, { location: run.links.self });
  });
  app.openapi(SIMULATE, async (c) => {
    const body = await readTreeBody(c.req, { schema: SIMULATION_BODY, query: c.req.valid("query") });
    const run = await submit({ kind: "simulate", ...body }, submitterOf(c, c.req.valid("header")["idempotency-key"]));
    return c.json(run, 202, { location: run.links.self });
  });
  app.openapi(LIST, async (c) => {
    const filter = c.req.valid("query");
    const found = await runs.list({ ...filter, limit: filter.limit + 1 });
    const page = found.slice(0, filter.limit);
    const next = found.length > page.length ? page.at(-1)!.id : null;
    return c.json({ runs: page.map(withLinks), next }, 200);
  });
  app.openapi(VIEW, async (c) => c.json(withLinks(await runs.view(c.req.valid("param").id)), 200));
  app.openapi(CANCEL, async (c) => c.json(withLinks(await runs.cancel(c.req.valid("param").id)), 200));
  app.openapi(RESUME, async (c) => c.json(withLinks(await runs.resume(c.req.valid("param").id)), 200));
  app.openapi(REMOVE, async (c) => {
    await runs.remove(c.req.valid("param").id);
    return c.body(null, 204);
  });
}

function runRoute<M extends "get" | "post", P extends string>(method: M, path: P, summary: string) {
  return oneRoute({ method, path }, { summary, tags: TAGS, answer: "The run as it stands", schema: RUN });
}
