/** Files that are sent to the server, to be named in parameter trees. */

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { ArtifactStore } from "../artifacts.ts";
import { artifactReference } from "../artifact_files.ts";
import { ApiError } from "../http_errors.ts";
import { newRunId } from "../run_ids.ts";
import { errorResponses, jsonResponse } from "./responses.ts";

/** What uploads need. */
export interface UploadOptions {
  readonly artifacts: ArtifactStore;
  /** Largest file, in bytes. */
  readonly limit: number;
  readonly date: () => Date;
}

/** Where files are sent to. */
export const UPLOAD_PATH = "/v1/uploads";

/** Whether a request sends a file: its body has a limit of its own, and is read in pieces. */
export function isUpload({ method, url }: Request): boolean {
  return method === "POST" && new URL(url).pathname === UPLOAD_PATH;
}

const NAME = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/).meta({
  description: "File name; its ending may say what is in it, as in a.npy",
});

const UPLOAD = z.strictObject({
  id: z.string(),
  name: NAME,
  bytes: z.int(),
  reference: z.string().meta({ description: "What a parameter tree names the file by, wherever it names one to read" }),
}).openapi("Upload");

const TAGS = ["uploads"];

const SEND = createRoute({
  method: "post",
  path: UPLOAD_PATH,
  summary: "Keeps a file, to be named in parameter trees",
  tags: TAGS,
  request: {
    query: z.strictObject({ name: NAME }),
    body: {
      required: true,
      content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
    },
  },
  responses: { 201: jsonResponse("It is there", UPLOAD), ...errorResponses(400, 413, 422, 503) },
});

const LIST = createRoute({
  method: "get",
  path: UPLOAD_PATH,
  summary: "Lists the files that were sent",
  tags: TAGS,
  responses: { 200: jsonResponse("All of them", z.strictObject({ uploads: z.array(UPLOAD) })), ...errorResponses(503) },
});

const REMOVE = createRoute({
  method: "delete",
  path: `${UPLOAD_PATH}/{id}`,
  summary: "Removes a file that was sent; runs that have read it do not miss it",
  tags: TAGS,
  request: { params: z.strictObject({ id: z.string().regex(/^[a-z0-9-]{1,60}$/) }) },
  responses: { 204: { description: "It is gone" }, ...errorResponses(404, 422, 503) },
});

/** Adds the routes of uploads to an application. */
export function mountUploads(app: OpenAPIHono, { artifacts, limit, date }: UploadOptions): void {
  app.openapi(SEND, async (c) => {
    const { name } = c.req.valid("query");
    const { body } = c.req.raw;
    const announced = Number(c.req.header("content-length") ?? 0);
    if (announced > limit) throw tooLarge(limit);
    if (body === null) throw new ApiError("BadRequest", "Cannot keep a file: found no body, expected its bytes");
    const id = newRunId(date());
    const key = `${PREFIX}${id}/${name}`;
    let bytes = 0;
    await artifacts.publish(key, async (path) => void (bytes = await save(body, { path, limit })));
    return c.json(uploadOf(key, bytes)!, 201);
  });
  app.openapi(LIST, async (c) => {
    const found = await Array.fromAsync(artifacts.list(PREFIX));
    return c.json({ uploads: found.flatMap(({ key, bytes }) => uploadOf(key, bytes) ?? []) }, 200);
  });
  app.openapi(REMOVE, async (c) => {
    const { id } = c.req.valid("param");
    const found = await Array.fromAsync(artifacts.list(`${PREFIX}${id}/`));
    if (found.length === 0) {
      throw new ApiError(
        "NotFound",
        `Cannot remove upload "${id}": found no such upload; GET ${UPLOAD_PATH} lists them`,
      );
    }
    for (const { key } of found) await artifacts.remove(key);
    return c.body(null, 204);
  });
}

/** What the keys of uploads begin with. */
const PREFIX = "uploads/";

/** Bytes that are written at once: a request's body comes in small pieces, each of which would wait for the disk. */
const PIECE = 8 << 20;

function uploadOf(key: string, bytes: number): z.output<typeof UPLOAD> | null {
  const [, id, name] = key.split("/");
  return id === undefined || name === undefined ? null : { id, name, bytes, reference: artifactReference(key) };
}

/** Writes a body to a new file. @returns its bytes @throws ApiError `TooLarge` as soon as there are more than `limit` */
async function save(
  body: ReadableStream<Uint8Array>,
  { path, limit }: { readonly path: string; readonly limit: number },
): Promise<number> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const buffer = new Uint8Array(Math.min(PIECE, limit));
  let [used, bytes] = [0, 0];
  for await (const part of body) {
    bytes += part.length;
    if (bytes > limit) throw tooLarge(limit);
    for (let done = 0; done < part.length;) {
      const count = Math.min(buffer.length - used, part.length - done);
      buffer.set(part.subarray(done, done + count), used);
      done += count;
      used += count;
      if (used === buffer.length) used = writeAll(file, buffer);
    }
  }
  writeAll(file, buffer.subarray(0, used));
  return bytes;
}

/** @returns 0, what is left to write */
function writeAll(file: Deno.FsFile, bytes: Uint8Array): 0 {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
  return 0;
}

function tooLarge(limit: number): ApiError {
  const message =
    `Cannot keep a file: found more than ${limit} bytes, expected at most so many; see limits.upload of the server`;
  return new ApiError("TooLarge", message, { fields: { limit } });
}
