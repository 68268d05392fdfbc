/** What runs leave, over HTTP: results, pictures, the log. */

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { RUN_NAME } from "../inputs.ts";
import { fileResponse } from "./file_response.ts";
import { errorResponses } from "./responses.ts";
import type { RunFile, RunService } from "./run_service.ts";

const ID = z.strictObject({ id: RUN_NAME });

const HDF5 = "application/x-hdf5";

const PREVIEW = fileRoute("/v1/runs/{id}/preview.png", "The latest picture of a run", {
  params: ID,
  type: "image/png",
});

const RESULT = fileRoute("/v1/runs/{id}/result", "What a run left last: the .ptyr file of its last engine", {
  params: ID,
  type: HDF5,
});

const FILE = fileRoute("/v1/runs/{id}/files/{name}", "A file that a run left", {
  params: ID.extend({ name: z.string().min(1).max(200).meta({ description: "As `files` of the run lists it" }) }),
  type: HDF5,
});

const LOG = createRoute({
  method: "get",
  path: "/v1/runs/{id}/log",
  summary: "What was said in a run so far",
  tags: ["runs"],
  request: { params: ID },
  responses: {
    200: { description: "A line for each message", content: { "text/plain": { schema: z.string() } } },
    ...errorResponses(404, 422, 503),
  },
});

/** Adds the routes to an application. */
export function mountRunFiles(app: OpenAPIHono, runs: Pick<RunService, "preview" | "file" | "log">): void {
  app.openapi(PREVIEW, async (c) => {
    const { id } = c.req.valid("param");
    return send(c.req.raw, await runs.preview(id, c.req.raw.signal), "image/png");
  });
  app.openapi(RESULT, async (c) => {
    const { id } = c.req.valid("param");
    return send(c.req.raw, await runs.file(id, { signal: c.req.raw.signal }), HDF5);
  });
  app.openapi(FILE, async (c) => {
    const { id, name } = c.req.valid("param");
    return send(c.req.raw, await runs.file(id, { name, signal: c.req.raw.signal }), HDF5);
  });
  app.openapi(LOG, async (c) => c.text(await runs.log(c.req.valid("param").id), 200));
}

function send(request: Request, { name, tag, file }: RunFile, type: string): never {
  return fileResponse(request, { file, name, type, tag }) as never;
}

function fileRoute<P extends string, S extends z.ZodObject>(
  path: P,
  summary: string,
  { params, type }: { readonly params: S; readonly type: string },
) {
  const bytes = { [type]: { schema: z.string().meta({ format: "binary" }) } };
  return createRoute({
    method: "get",
    path,
    summary,
    description: "One range of bytes may be asked for.",
    tags: ["runs"],
    request: { params },
    responses: {
      200: { description: "The file", content: bytes },
      206: { description: "The bytes that were asked for", content: bytes },
      304: { description: "The client has it already" },
      ...errorResponses(404, 416, 422, 503),
    },
  });
}
