/** Batches over HTTP, without a socket. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { smallTree } from "../functions/stages/testing.ts";
import { BATCH_LIMIT, openTestServer, type TestServer } from "./server_testing.ts";

const inServer = (test: (server: TestServer) => Promise<void>) => async () => {
  await using server = openTestServer();
  await test(server);
};

const TREE = smallTree({ engines: { a: { name: "DM", numiter: 4, probe_support: null } } });

/** A batch once it is so. */
// deno-lint-ignore no-explicit-any -- the shape is what is tested
async function until({ call }: TestServer, self: string, isSo: (batch: any) => boolean): Promise<any> {
  for (;;) {
    const { json } = await call("GET", self);
    if (isSo(json)) return json;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const isDone = ({ counts: { pending, running } }: { counts: { pending: number; running: number } }) =>
  pending + running === 0;

Deno.test(
  "a sweep of six of which one fails: the others are done, and the table says which and why",
  inServer(async (server) => {
    const { call } = server;
    const body = {
      name: "sweep",
      parameters: TREE,
      preview: null,
      vary: { "scans.MF.data.photons": [1e5, 1e6, 1e7], "scans.MF.illumination.model": [null, "missing.npy"] },
    };
    const { status, json } = await call("POST", "/v1/batches", { body, key: "s" });
    assert.deepEqual([status, json.total], [202, 6]);
    // Its first run may have begun by then.
    assert.ok(json.status === "pending" || json.status === "running", json.status);
    assert.equal((await call("POST", "/v1/batches", { body, key: "s" })).json.id, json.id);
    assert.equal((await call("POST", "/v1/batches", { body: { ...body, name: "x" }, key: "s" })).status, 409);
    const { counts, runs, status: end } = await until(server, json.links.self, isDone);
    assert.deepEqual([end, counts], ["failed", { pending: 0, running: 0, done: 3, failed: 3, cancelled: 0 }]);
    for (const [index, run] of runs.entries()) {
      const photons = [1e5, 1e6, 1e7][index >> 1]!;
      const model = index % 2 === 0 ? null : "missing.npy";
      assert.deepEqual(run.varied, { "scans.MF.data.photons": photons, "scans.MF.illumination.model": model });
      assert.deepEqual([run.name, run.status], [`sweep_${index}`, model === null ? "done" : "failed"]);
      if (model === null) assert.ok(run.iterations === 4 && run.seconds > 0 && run.errors[1] > 0);
      else assert.match(run.error, /missing\.npy/);
    }
    // More light, more photons off: no two of them did the same.
    assert.ok(runs[0].errors[1] < runs[2].errors[1] && runs[2].errors[1] < runs[4].errors[1]);
    const csv = (await (await server.request("GET", json.links.table)).text()).split("\r\n");
    assert.equal(csv.length, 1 + 6 + 1);
    assert.match(csv[1]!, new RegExp(`^${runs[0].id},sweep_0,100000,,done,4,`));
    assert.equal((await server.request("GET", runs[4].links.result)).status, 200);
    assert.equal((await call("GET", "/v1/batches")).json.batches[0].id, json.id);
  }),
);

Deno.test(
  "many scans: trees of their own, files, and overrides over what they share",
  inServer(async (server) => {
    Deno.writeTextFileSync(join(server.root, "scan.json"), JSON.stringify({ ...TREE, run: "from_file" }));
    const body = {
      parameters: TREE,
      runs: [
        { set: { seed: 9 }, name: "given" },
        { parameters: { ...TREE, run: "own" } },
        { file: "scan.json", set: { "engines.a.numiter": 2 } },
        {},
      ],
    };
    const { json } = await server.call("POST", "/v1/batches", { body });
    const { runs, status } = await until(server, json.links.self, isDone);
    assert.equal(status, "done");
    assert.deepEqual(runs.map(({ name, iterations }: Record<string, unknown>) => [name, iterations]), [
      ["given", 4],
      ["own", 4],
      ["from_file", 2],
      [`${json.id}_3`, 4],
    ]);
  }),
);

Deno.test(
  "a batch is cancelled with what it has not submitted yet, resumed, and removed with its runs",
  inServer(async (server) => {
    const { call } = server;
    const engines = { a: { name: "ePIE", numiter: 1_000_000, numiter_contiguous: 2 } };
    const runs = [{ parameters: smallTree({ engines }) }, { parameters: TREE }, { parameters: TREE }];
    const { json: { links } } = await call("POST", "/v1/batches", { body: { runs } });
    await until(server, links.self, ({ runs: [first] }) => first.iterations > 0);
    assert.equal((await call("DELETE", links.self)).status, 409);
    const cancelled = (await call("POST", links.cancel)).json;
    assert.deepEqual([cancelled.status, cancelled.counts.cancelled], ["cancelled", 3]);
    const ids = cancelled.runs.map(({ id }: { id: string }) => id);
    await server.ended(ids[0]);
    await call("POST", links.resume);
    await until(server, links.self, ({ runs: [first] }) => first.status === "running");
    await call("POST", `/v1/runs/${ids[0]}/cancel`);
    const { counts } = await until(server, links.self, isDone);
    assert.deepEqual([counts.done, counts.cancelled], [2, 1]);
    await server.ended(ids[0]);
    assert.equal((await call("DELETE", links.self)).status, 204);
    for (const path of [links.self, ...ids.map((id: string) => `/v1/runs/${id}`)]) {
      assert.equal((await call("GET", path)).status, 404, path);
    }
    assert.deepEqual(await server.keys(""), []);
  }),
);

Deno.test(
  "mistakes of every run are told at once, before any is done; what cannot be submitted keeps no other",
  inServer(async (server) => {
    const { call } = server;
    const wrong = { parameters: TREE, vary: { "engines.a.numiter": [1, -1, 2, "x"] } };
    const { status, json } = await call("POST", "/v1/batches", { body: wrong });
    assert.equal(status, 422);
    assert.deepEqual(
      json.error.fields.issues.map(({ path, message }: { path: string; message: string }) => [path, message.slice(-7)]),
      [["engines.a.numiter", "(run 1)"], ["engines.a.numiter", "(run 3)"]],
    );
    const values = Array.from({ length: BATCH_LIMIT + 1 }, (_, i) => i);
    const bodies: [unknown, RegExp][] = [
      [{ parameters: TREE, vary: { seed: values } }, /found 11 runs, expected at most 10/],
      [{ runs: values.map(() => ({ parameters: TREE })) }, /found 11 runs, expected at most 10/],
      [{ parameters: TREE, vary: { seed: [1], run: ["a", "b"] }, combine: "zip" }, /same length/],
      [{ parameters: TREE }, /neither of vary and runs/],
      [{ parameters: TREE, vary: {} }, /found no parameter/],
      [{ vary: { seed: [1] } }, /found none beside vary/],
      [{ runs: [{ parameters: TREE, file: "a.json" }] }, /found a file beside parameters/],
    ];
    for (const [body, message] of bodies) {
      const answer = await call("POST", "/v1/batches", { body });
      assert.equal(answer.status, 422, JSON.stringify(answer.json));
      assert.match(answer.json.error.message, message);
    }
    assert.equal((await call("POST", "/v1/batches", { body: { runs: [{ file: "../a.json" }] } })).status, 422);
    assert.deepEqual([(await call("GET", "/v1/runs")).json.runs, await server.keys("")], [[], []]);

    // Both would write one file.
    const tree = { ...TREE, io: { rfile: "one.ptyr", autosave: false } };
    const { json: { links } } = await call("POST", "/v1/batches", {
      body: { parameters: tree, vary: { seed: [1, 2] } },
    });
    const { runs } = await until(server, links.self, isDone);
    assert.deepEqual(runs.map(({ status }: { status: string }) => status), ["done", "failed"]);
    assert.match(runs[1].error, /found it written by run/);
  }),
);
