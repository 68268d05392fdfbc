/** Batches over HTTP: parameter sweeps and lists of scans as runs of their own, with a table of results. */

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { callerOf, LOCAL } from "../guard/roles.ts";
import { RUN_NAME } from "../inputs.ts";
import { idOfKey } from "../run_ids.ts";
import {
  BATCH_HEAD,
  BATCH_RECORD,
  BATCH_ROW,
  type BatchRecord,
  type BatchService,
  JSON_VALUE,
} from "./batch_service.ts";
import { tableCsv } from "./batch_table.ts";
import { ONE_ID, oneRoute, removalRoute } from "./one_routes.ts";
import { errorResponses, jsonResponse } from "./responses.ts";
import { KEY, NAME, PREVIEW } from "./runs.ts";
import { TREE } from "./tree_body.ts";

const PATHS = z.string().regex(/^[^.=]+(\.[^.=]+)*$/).max(500);

const ITEM = z.strictObject({
  name: NAME,
  parameters: TREE.optional(),
  file: z.string().min(1).max(1000).optional().meta({
    description: "A parameter file below the data root, instead of `parameters`",
  }),
  set: z.record(PATHS, JSON_VALUE).optional().meta({ description: "Values by the path of their parameter" }),
}).refine(({ parameters, file }) => parameters === undefined || file === undefined, {
  path: ["file"],
  message: "found a file beside parameters, expected one of them",
});

const BODY = z.strictObject({
  name: NAME,
  parameters: TREE.optional().meta({ description: "The tree that runs share" }),
  preview: PREVIEW,
  vary: z.record(PATHS, z.array(JSON_VALUE).min(1)).optional().meta({
    description: "A sweep: lists of values by the path of their parameter, such as engines.engine00.numiter",
  }),
  combine: z.enum(["product", "zip"]).optional().meta({
    description: "How lists are combined: every value with every other (if left out), or the first of each, and so on",
  }),
  runs: z.array(ITEM).min(1).optional().meta({ description: "A list of runs, instead of a sweep" }),
}).refine(({ vary, runs }) => (vary === undefined) !== (runs === undefined), {
  path: ["runs"],
  message: "found both or neither of vary and runs, expected one of them",
}).refine(({ vary }) => vary === undefined || Object.keys(vary).length > 0, {
  path: ["vary"],
  message: "found no parameter, expected at least one",
}).refine(({ vary, combine }) => combine === undefined || vary !== undefined, {
  path: ["combine"],
  message: "found it without vary, expected it beside one",
}).refine(({ vary, parameters }) => vary === undefined || parameters !== undefined, {
  path: ["parameters"],
  message: "found none beside vary, expected the tree that is varied",
});

const LINKS = z.strictObject({ self: z.string(), table: z.string(), cancel: z.string(), resume: z.string() });

// Not by extend(): a named schema would be described as one that allows nothing else.
const ROW = z.strictObject({ ...BATCH_ROW.shape, links: z.strictObject({ self: z.string(), result: z.string() }) });

const BATCH = BATCH_RECORD.extend({ runs: z.array(ROW), links: LINKS }).openapi("Batch");

/** A batch as responses have it. */
export type LinkedBatch = z.output<typeof BATCH>;

const TAGS = ["batches"];

const SUBMIT = createRoute({
  method: "post",
  path: "/v1/batches",
  summary: "Submits many runs at once; all are checked before any is done",
  tags: TAGS,
  request: { headers: KEY, body: { required: true, content: { "application/json": { schema: BODY } } } },
  responses: { 202: jsonResponse("It is there", BATCH), ...errorResponses(400, 409, 422, 429, 501, 503) },
});

const LIST = createRoute({
  method: "get",
  path: "/v1/batches",
  summary: "Lists batches, newest first",
  tags: TAGS,
  request: {
    query: z.strictObject({
      limit: z.coerce.number().pipe(z.int().min(1).max(1000)).default(100).meta({
        description: "Most batches to list",
      }),
      after: RUN_NAME.optional().meta({ description: "Only batches that come after this one" }),
    }),
  },
  responses: {
    200: jsonResponse("A page of batches", z.strictObject({ batches: z.array(BATCH_HEAD.extend({ links: LINKS })) })),
    ...errorResponses(404, 422, 503),
  },
});

const VIEW = batchRoute("get", "/v1/batches/{id}", "Says how a batch stands, with its table of results");
const CANCEL = batchRoute("post", "/v1/batches/{id}/cancel", "Ends a batch with all its runs");
const RESUME = batchRoute(
  "post",
  "/v1/batches/{id}/resume",
  "Lets the runs of a batch go on that failed or were cancelled",
);

const TABLE = createRoute({
  method: "get",
  path: "/v1/batches/{id}/table.csv",
  summary: "The table of a batch as comma-separated values: what was varied, status, errors, seconds, result",
  tags: TAGS,
  request: { params: ONE_ID },
  responses: {
    200: { description: "A row for each run, after one of names", content: { "text/csv": { schema: z.string() } } },
    ...errorResponses(404, 422, 503),
  },
});

const REMOVE = removalRoute("/v1/batches/{id}", {
  summary: "Forgets a batch that has ended, with its runs and their artifacts; files below the data root stay",
  tags: TAGS,
});

/** Adds the routes of batches to an application. */
export function mountBatches(app: OpenAPIHono, batches: BatchService): void {
  app.openapi(SUBMIT, async (c) => {
    const { vary, combine = "product", ...rest } = c.req.valid("json");
    const key = c.req.valid("header")["idempotency-key"];
    const request = { ...rest, ...(vary === undefined ? {} : { sweep: { vary, combine } }) };
    const id = key === undefined ? undefined : idOfKey("batch", key);
    const batch = withLinks(await batches.submit(request, { id, owner: (callerOf(c) ?? LOCAL).name }));
    return c.json(batch, 202, { location: batch.links.self });
  });
  app.openapi(LIST, async (c) => {
    const found = await batches.list(c.req.valid("query"));
    return c.json({ batches: found.map((batch) => ({ ...batch, links: linksOf(batch) })) }, 200);
  });
  app.openapi(VIEW, async (c) => c.json(withLinks(await batches.view(c.req.valid("param").id)), 200));
  app.openapi(TABLE, async (c) => {
    const { runs } = await batches.view(c.req.valid("param").id);
    return c.text(tableCsv(runs), 200, { "content-type": "text/csv; charset=utf-8" });
  });
  app.openapi(CANCEL, async (c) => c.json(withLinks(await batches.cancel(c.req.valid("param").id)), 200));
  app.openapi(RESUME, async (c) => c.json(withLinks(await batches.resume(c.req.valid("param").id)), 200));
  app.openapi(REMOVE, async (c) => {
    await batches.remove(c.req.valid("param").id);
    return c.body(null, 204);
  });
}

function withLinks(batch: BatchRecord): LinkedBatch {
  const runs = batch.runs.map((row) => {
    const self = `/v1/runs/${row.id}`;
    return { ...row, links: { self, result: `${self}/result` } };
  });
  return { ...batch, runs, links: linksOf(batch) };
}

function linksOf({ id }: Pick<BatchRecord, "id">): z.output<typeof LINKS> {
  const self = `/v1/batches/${id}`;
  return { self, table: `${self}/table.csv`, cancel: `${self}/cancel`, resume: `${self}/resume` };
}

function batchRoute<M extends "get" | "post", P extends string>(method: M, path: P, summary: string) {
  return oneRoute({ method, path }, { summary, tags: TAGS, answer: "The batch as it stands", schema: BATCH });
}
