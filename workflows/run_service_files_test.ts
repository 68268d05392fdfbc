/** What runs leave, over HTTP without a socket: results, pictures, the log, events. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readPtyr } from "../core/formats/ptyr.ts";
import { smallTree } from "../functions/stages/testing.ts";
import { openTestServer, type TestServer } from "./server_testing.ts";

const inServer = (test: (server: TestServer) => Promise<void>) => async () => {
  await using server = openTestServer();
  await test(server);
};

const submit = async ({ call }: TestServer, parameters: unknown, more: Record<string, unknown> = {}) =>
  (await call("POST", "/v1/runs", { body: { parameters, ...more } })).json;

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

const PNG = [0x89, 0x50, 0x4e, 0x47];

Deno.test(
  "results can be had by range, whole, and after their files are gone",
  inServer(async (server) => {
    const { links, id } = await submit(server, smallTree());
    const { files } = await server.ended(id);
    const held = () => [...Deno.readDirSync(join(server.root, "../artifacts/~held"))].length;
    const before = held();
    assert.deepEqual(files.map(({ name }: { name: string }) => name), ["a.ptyr", "b.ptyr"]);
    const written = join(server.root, `runs/${id}/ePIE_0010.ptyr`);
    const expected = Deno.readFileSync(written);
    Deno.removeSync(join(server.root, "runs"), { recursive: true });
    const whole = await server.request("GET", links.result);
    assert.deepEqual(await bytesOf(whole), expected);
    const range = { range: `bytes=100-${expected.length}` };
    const part = await server.request("GET", files[1].href, { headers: range });
    assert.deepEqual([part.status, await bytesOf(part)], [206, expected.slice(100)]);
    const first = await server.request("GET", files[0].href);
    const path = join(server.root, "first.ptyr");
    Deno.writeFileSync(path, await bytesOf(first));
    assert.equal(readPtyr(path).runtime.iter_info.at(-1)!.engine, "DM");
    assert.equal((await server.call("GET", `${links.self}/files/c.ptyr`)).status, 404);
    assert.equal((await server.call("GET", links.result, { headers: { range: "bytes=99999999-" } })).status, 416);
    assert.equal(held(), before);
  }),
);

Deno.test(
  "a tree that names no result file leaves its result all the same",
  inServer(async (server) => {
    const { links, id } = await submit(server, smallTree({ io: { rfile: null, autosave: false } }));
    await server.ended(id);
    const path = join(server.root, "result.ptyr");
    Deno.writeFileSync(path, await bytesOf(await server.request("GET", links.result)));
    assert.equal(readPtyr(path).runtime.iter_info.at(-1)!.iterations, 10);
    assert.deepEqual([...Deno.readDirSync(server.root)].map(({ name }) => name), ["result.ptyr"]);
  }),
);

Deno.test(
  "there is no result before its engine ends, and a picture when the first was drawn; at the end there is one of the end",
  inServer(async (server) => {
    const engines = { a: { name: "DM", numiter: 4 }, b: { name: "ePIE", numiter: 1_000_000 } };
    const { links, id } = await submit(server, smallTree({ engines }), { preview: 2 });
    await server.until(id, ({ files }) => files.length === 1);
    await server.call("POST", links.cancel);
    await server.ended(id);
    const picture = await server.request("GET", links.preview);
    assert.deepEqual([picture.status, picture.headers.get("content-type")], [200, "image/png"]);
    assert.deepEqual([...(await bytesOf(picture)).slice(0, 4)], PNG);
    assert.equal((await server.call("GET", `${links.self}/files/b.ptyr`)).status, 404);
    assert.ok((await bytesOf(await server.request("GET", links.result))).length > 1000);

    const other = await submit(server, smallTree(), { preview: null });
    const early = await server.call("GET", other.links.preview);
    assert.deepEqual([early.status, early.json.error.retry], [404, true]);
    await server.ended(other.id);
    const end = await server.request("GET", other.links.preview);
    assert.deepEqual([...(await bytesOf(end)).slice(0, 4)], PNG);
    const again = await server.request("GET", other.links.preview, {
      headers: { "if-none-match": end.headers.get("etag")! },
    });
    assert.equal(again.status, 304);
  }),
);

Deno.test(
  "the log says what stages said, and why a run failed",
  inServer(async (server) => {
    const { links, id } = await submit(server, smallTree());
    await server.ended(id);
    const log = await (await server.request("GET", links.log)).text();
    const [first, ...rest] = log.trim().split("\n");
    assert.match(first!, /^\d{4}-\d\d-\d\dT[\d:.]+Z iterate: engine DM: 6 iterations on wasm/);
    assert.equal(rest.filter((line) => / export: wrote .*\.ptyr$/.test(line)).length, 2);

    const scans = { MF: { name: "Full", data: { name: "PtydScan", dfile: "nothing.ptyd" } } };
    const failed = await submit(server, smallTree({ scans }));
    const { status, error } = await server.ended(failed.id);
    assert.deepEqual([status, error.tag], ["failed", "DataError"]);
    assert.match(await (await server.request("GET", failed.links.log)).text(), /Z prepare: failed: .*nothing\.ptyd/);
    assert.equal((await server.call("GET", "/v1/runs/none/log")).status, 404);
  }),
);

Deno.test(
  "events of a real run tell of its iterations and its end",
  inServer(async (server) => {
    const { links, id } = await submit(server, smallTree());
    const text = await (await server.request("GET", links.events)).text();
    const events = text.split("\n\n").filter((block) => block.startsWith("id:"));
    assert.match(events.at(-1)!, /^id: done-10-2\nevent: end\n/);
    const last = JSON.parse(events.at(-1)!.split("data: ")[1]!);
    assert.deepEqual(last, (await server.call("GET", `/v1/runs/${id}`)).json);
  }),
);
