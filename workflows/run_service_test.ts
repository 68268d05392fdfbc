/** Runs over HTTP, without a socket: the application over an embedded orchestrator. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readPtyr } from "../core/formats/ptyr.ts";
import { smallTree } from "../functions/stages/testing.ts";
import { openTestServer, type TestServer } from "./server_testing.ts";

const inServer = (test: (server: TestServer) => Promise<void>) => async () => {
  await using server = openTestServer();
  await test(server);
};

const submit = ({ call }: TestServer, parameters: unknown, more: Record<string, unknown> = {}, key?: string) =>
  call("POST", "/v1/runs", { body: { parameters, ...more }, ...(key === undefined ? {} : { key }) });

/** A run that is at work until it is cancelled. */
const endless = () => smallTree({ engines: { a: { name: "ePIE", numiter: 1_000_000, numiter_contiguous: 2 } } });

Deno.test(
  "a run that is submitted is done, tells how it stood, and leaves its file below the data root",
  inServer(async (server) => {
    const { status, json, headers } = await submit(server, smallTree());
    assert.deepEqual([status, headers.get("location")], [202, json.links.self]);
    const run = await server.ended(json.id);
    assert.equal(run.status, "done");
    const { engine, iteration, numiter, iterations, total, secondsLeft } = run.progress;
    assert.deepEqual({ engine, iteration, numiter, iterations, total, secondsLeft }, {
      engine: "ePIE",
      iteration: 4,
      numiter: 4,
      iterations: 10,
      total: 10,
      secondsLeft: 0,
    });
    const file = join(server.root, `runs/${json.id}/ePIE_0010.ptyr`);
    assert.equal(readPtyr(file).runtime.iter_info.at(-1)!.iterations, 10);
  }),
);

Deno.test(
  "a key stands for one request: again it gives the run, also at the same time; with another body it is refused",
  inServer(async (server) => {
    const all = await Promise.all([1, 2, 3].map(() => submit(server, smallTree(), {}, "k")));
    assert.deepEqual(all.map(({ status }) => status), [202, 202, 202]);
    const { id } = all[0]!.json;
    assert.deepEqual(all.map(({ json }) => json.id), [id, id, id]);
    await server.ended(id);
    assert.equal((await submit(server, smallTree(), {}, "k")).json.status, "done");
    const other = await submit(server, smallTree({ seed: 4 }), {}, "k");
    assert.deepEqual([other.status, other.json.error.tag], [409, "Conflict"]);
    assert.equal((await submit(server, smallTree(), { preview: null }, "k")).status, 409);
    assert.equal((await server.call("GET", "/v1/runs")).json.runs.length, 1);
  }),
);

Deno.test(
  "a run is cancelled, removed only then, resumed where it was, and forgotten with its artifacts",
  inServer(async (server) => {
    const { call } = server;
    const { json: { id } } = await submit(server, endless());
    await server.until(id, ({ progress }) => progress?.iterations >= 4);
    const early = await call("DELETE", `/v1/runs/${id}`);
    assert.deepEqual([early.status, early.json.error.tag], [409, "Conflict"]);
    assert.equal((await call("POST", `/v1/runs/${id}/cancel`)).json.status, "cancelled");
    const { progress: { iterations } } = await server.ended(id);
    await call("POST", `/v1/runs/${id}/resume`);
    await server.until(id, ({ progress }) => progress.iterations > iterations);
    await call("POST", `/v1/runs/${id}/cancel`);
    await server.ended(id);
    assert.ok((await server.keys(`runs/${id}/`)).length > 0);
    assert.equal((await call("DELETE", `/v1/runs/${id}`)).status, 204);
    assert.deepEqual(await server.keys(""), []);
    assert.equal((await call("GET", `/v1/runs/${id}`)).status, 404);
    assert.equal((await call("DELETE", `/v1/runs/${id}`)).status, 404);
  }),
);

Deno.test(
  "a run that is removed in the middle of its work leaves no artifact, not even a folder",
  inServer(async (server) => {
    const { call, root } = server;
    for (const iterations of [0, 2, 6]) {
      const { json: { id } } = await submit(server, endless());
      await server.until(
        id,
        ({ progress, status }) => status === "running" && (progress?.iterations ?? 0) >= iterations,
      );
      await call("POST", `/v1/runs/${id}/cancel`);
      assert.equal((await call("DELETE", `/v1/runs/${id}`)).status, 204);
      assert.equal((await call("GET", `/v1/runs/${id}`)).status, 404);
      assert.deepEqual(await server.keys(""), []);
    }
    const left = [...Deno.readDirSync(join(root, "../artifacts"))].map(({ name }) => name);
    assert.deepEqual(left.filter((name) => !name.startsWith("~")), []);
  }),
);

Deno.test(
  "runs are listed page by page, newest first, by their status",
  inServer(async (server) => {
    const { call } = server;
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await submit(server, smallTree({ seed: i }))).json.id);
    for (const id of ids) await server.ended(id);
    const first = (await call("GET", "/v1/runs?limit=2")).json;
    assert.deepEqual([first.runs.map(({ id }: { id: string }) => id), first.next], [ids.slice(0, 2), ids[1]]);
    const rest = (await call("GET", `/v1/runs?limit=2&after=${first.next}`)).json;
    assert.deepEqual([rest.runs.map(({ id }: { id: string }) => id), rest.next], [ids.slice(2), null]);
    assert.equal((await call("GET", "/v1/runs?status=failed")).json.runs.length, 0);
    assert.equal((await call("GET", "/v1/runs?status=done&kind=reconstruct")).json.runs.length, 3);
    assert.equal((await call("GET", "/v1/runs?after=nobody")).status, 404);
  }),
);

Deno.test(
  "YAML has its options in the query, JSON in the body; mistakes are told before anything is kept",
  inServer(async (server) => {
    const { call } = server;
    const yaml = JSON.stringify(smallTree());
    const { status, json } = await call("POST", "/v1/runs?name=mine&preview=none", { yaml });
    assert.deepEqual([status, json.name], [202, "mine"]);
    const cases: [string, Parameters<typeof call>[2], number, string, RegExp][] = [
      [
        "?preview=3",
        { body: { parameters: smallTree() } },
        400,
        "BadRequest",
        /found "preview", expected it in the JSON/,
      ],
      ["?preview=0", { yaml }, 422, "ParameterError", /preview/],
      ["?nme=x", { yaml }, 422, "ParameterError", /nme/],
      ["", { yaml: "scans: {a: b: c" }, 400, "BadRequest", /the body", line 1/],
      ["", { yaml: "a: &a [1]\nb: [*a, *a]\nscans: .inf" }, 422, "ParameterError", /Infinity/],
      ["", { body: { parameters: smallTree(), naem: "x" } }, 422, "ParameterError", /naem/],
      ["", { body: { parameters: smallTree({ scans: {} }) } }, 422, "ParameterError", /found no scan/],
      [
        "",
        { body: { parameters: smallTree({ engines: { a: { name: "DM_3dBragg" } } }) } },
        501,
        "UnsupportedError",
        /DM_3dBragg/,
      ],
    ];
    for (const [query, request, expected, tag, message] of cases) {
      const answer = await call("POST", `/v1/runs${query}`, request);
      assert.deepEqual([answer.status, answer.json.error.tag], [expected, tag], JSON.stringify(answer.json));
      assert.match(answer.json.error.message, message);
    }
    await server.ended(json.id);
    assert.equal((await call("GET", "/v1/runs")).json.runs.length, 1);
    assert.deepEqual((await server.keys("")).filter((key) => !key.startsWith(`runs/${json.id}/`)), []);
  }),
);

Deno.test(
  "no run writes a file of another that its tree names, unless it is told to or the other is gone",
  inServer(async (server) => {
    const { call } = server;
    const tree = smallTree({ io: { rfile: "mine.ptyr", autosave: false } });
    const { json: { id } } = await submit(server, tree);
    const second = await submit(server, tree);
    assert.deepEqual([second.status, second.json.error.fields], [409, {
      file: join(server.root, "mine.ptyr"),
      run: id,
    }]);
    const third = await submit(server, tree, { overwrite: true });
    assert.equal(third.status, 202);
    for (const run of [id, third.json.id]) await server.ended(run);
    assert.equal((await call("DELETE", `/v1/runs/${id}`)).status, 204);
    assert.ok(Deno.statSync(join(server.root, "mine.ptyr")).isFile);
    assert.deepEqual(await server.keys("claims/"), []);
    const fourth = await submit(server, tree);
    assert.equal(fourth.status, 202);
    await server.ended(fourth.json.id);
  }),
);
