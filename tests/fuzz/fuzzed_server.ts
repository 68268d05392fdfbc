/** A server that is sent anything: guarded as `exitwave serve` has it, with things in it to name, and canaries around it. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { z } from "zod";
import { isUpload } from "../../functions/api/uploads.ts";
import { guarded, openKeys } from "../../functions/guard/guard.ts";
import { ACCESS, REQUEST_LIMITS } from "../../functions/guard/settings.ts";
import { openTestServer, type TestServer } from "../../workflows/server_testing.ts";
import type { Answer } from "./document.ts";
import { TINY } from "./parameter_trees.ts";
import type { FuzzRequest, KnownKind } from "./requests.ts";

/** A server and what is known of it. */
export interface FuzzedServer extends AsyncDisposable {
  readonly server: TestServer;
  // deno-lint-ignore no-explicit-any -- a document of any shape
  readonly document: any;
  /** Inputs of stages, as a run calls them. */
  readonly stageInputs: ReadonlyMap<string, readonly unknown[]>;
  /** Null for what cannot even be written down as a request. */
  send(request: FuzzRequest): Promise<Answer | null>;
  /** Ends and forgets what requests have started, and sees to it that there is something to name. */
  tidy(): Promise<void>;
  /** @throws AssertionError if anything beside the data root was touched */
  checkCanaries(): void;
}

const LIMITS = z.object(REQUEST_LIMITS).parse({});
const ORIGIN = "http://localhost:8642";

/** Answers may take long on a machine with much else to do; after so long nothing comes any more. */
const HANGS_AFTER_MS = 120_000;

/** Opens one. */
export async function openFuzzedServer(): Promise<FuzzedServer> {
  const stageInputs = new Map<string, unknown[]>();
  const server = openTestServer({
    called({ stage, input }) {
      const known = stageInputs.get(stage) ?? [];
      if (known.length < 4) stageInputs.set(stage, [...known, input]);
    },
  });
  const keys = openKeys(ACCESS.parse({}), {
    file: join(dirname(server.root), "tokens.json"),
    secret: undefined,
    now: () => new Date(),
  });
  const guard = guarded(server.app, {
    keys,
    limits: LIMITS,
    hosts: [],
    isStreamed: isUpload,
    failed: (error) => (server.failures as unknown[]).push(error),
  });
  const canaries = layCanaries(server.root);
  const known: Record<KnownKind, string[]> = { run: [], batch: [], schedule: [], upload: [], artifact: [], file: [] };

  async function tidy(): Promise<void> {
    const { call } = server;
    const { json: { batches } } = await call("GET", "/v1/batches?limit=1000");
    for (const { id } of batches) await call("POST", `/v1/batches/${id}/cancel`);
    const { json: { runs } } = await call("GET", "/v1/runs?limit=1000");
    for (const { id, status } of runs) {
      if (status === "pending" || status === "running") await call("POST", `/v1/runs/${id}/cancel`);
    }
    for (const { id } of batches) {
      await call("POST", `/v1/batches/${id}/cancel`);
      await call("DELETE", `/v1/batches/${id}`);
    }
    for (const { id } of runs) if (!id.startsWith("key-")) await call("DELETE", `/v1/runs/${id}`);
    for (const { id } of (await call("GET", "/v1/schedules")).json.schedules) {
      await call("DELETE", `/v1/schedules/${id}`);
    }
    for (const { id } of (await call("GET", "/v1/uploads")).json.uploads) await call("DELETE", `/v1/uploads/${id}`);
    await lay(server, known);
  }

  await lay(server, known);
  return {
    server,
    document: (await server.call("GET", "/v1/openapi.json")).json,
    stageInputs,
    tidy,
    checkCanaries: () => assert.deepEqual(treeOf(canaries.outside), canaries.tree, "files beside the data root"),
    async send(request) {
      const made = requestOf(request, known);
      if (made === null) return null;
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new Error("no answer: it hangs")), HANGS_AFTER_MS);
      try {
        return await Promise.race([answerOf(await guard.fetch(made)), late]);
      } finally {
        clearTimeout(timer);
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  // A stream of events may have no end.
  if (headers.get("content-type") !== "text/event-stream" || response.body === null) {
    return { status, headers, text: await response.text() };
  }
  const reader = response.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return { status, headers, text: new TextDecoder().decode(value) };
}

function requestOf({ method, address, headers, body }: FuzzRequest, known: Readonly<Record<KnownKind, string[]>>) {
  const named = (text: string) =>
    text.replaceAll(
      /known-(\w+)-(\d)/g,
      (_, kind: KnownKind, index) => known[kind][index % known[kind].length] ?? "none",
    );
  try {
    return new Request(ORIGIN + named(address), {
      method,
      headers: headers.map(([name, value]) => [name, named(value)] as [string, string]),
      ...(body === null || method === "GET" || method === "HEAD"
        ? {}
        : { body: typeof body === "string" ? named(body) : body }),
    });
  } catch (error) {
    // Line breaks in headers and the like, which no client sends.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** Sees to it that there is a run that is done, one that is not, a batch, a schedule and an upload. */
async function lay({ call, ended, keys }: TestServer, known: Record<KnownKind, string[]>): Promise<void> {
  const saving = { ...TINY, io: { ...TINY.io as object, autosave: { active: true, interval: 1 } } };
  const run = (await call("POST", "/v1/runs", { body: { parameters: saving, preview: 1 }, key: "done" })).json;
  await ended(run.id);
  const simulated = (await call("POST", "/v1/simulations", { body: { parameters: TINY }, key: "simulated" })).json;
  await ended(simulated.id);
  const failing = { ...TINY, io: { ...TINY.io as object, home: "empty" }, scans: { A: FAILING } };
  const failed = (await call("POST", "/v1/runs", { body: { parameters: failing }, key: "failed" })).json;
  await ended(failed.id);
  const batch =
    (await call("POST", "/v1/batches", { body: { parameters: TINY, vary: { seed: [1, 2] } }, key: "batch" })).json;
  const schedule = { id: "known", trigger: { cron: "0 0 1 1 *" }, run: { parameters: TINY } };
  await call("POST", "/v1/schedules", { body: schedule });
  const upload = (await call("POST", "/v1/uploads?name=a.npy", { bytes: new Uint8Array(100) })).json;
  known.run = [run.id, simulated.id, failed.id];
  known.batch = [batch.id];
  known.schedule = ["known"];
  known.upload = [upload.id];
  known.artifact = await keys(`runs/${run.id}/`);
  known.file = ["a.ptyr", "b.ptyr"];
}

const FAILING = { name: "Full", data: { name: "PtydScan", dfile: "nothing.ptyd" } };

/** Folders beside the data root, and links in it that lead to them. */
function layCanaries(root: string): { readonly outside: string; readonly tree: Readonly<Record<string, string>> } {
  const outside = join(dirname(root), "outside");
  Deno.mkdirSync(join(outside, "deep"), { recursive: true });
  Deno.writeTextFileSync(join(outside, "canary.txt"), "untouched");
  Deno.writeTextFileSync(join(outside, "deep/canary.ptyd"), "untouched");
  Deno.symlinkSync(outside, join(root, "out"));
  Deno.symlinkSync(join(outside, "new"), join(root, "dangling"));
  Deno.symlinkSync(join(root, "loop"), join(root, "loop"));
  Deno.symlinkSync("/etc/passwd", join(root, "passwd"));
  return { outside, tree: treeOf(outside) };
}

/** Paths below a folder with the hash of what is in them. */
function treeOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }): [string, string][] => {
      const path = join(folder, name);
      if (isDirectory) return [[path, "folder"], ...Object.entries(treeOf(path))];
      return [[path, createHash("sha256").update(Deno.readFileSync(path)).digest("hex")]];
    }),
  );
}
