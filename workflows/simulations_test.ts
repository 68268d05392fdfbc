/** Simulations and uploads over HTTP, without a socket: frames come out, go in again, and are reconstructed. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { writeNpy } from "../core/formats/npy.ts";
import { readPtyr } from "../core/formats/ptyr.ts";
import { smallTree } from "../functions/stages/testing.ts";
import { openTestServer, type TestServer, UPLOAD_LIMIT } from "./server_testing.ts";

const inServer = (test: (server: TestServer) => Promise<void>) => async () => {
  await using server = openTestServer();
  await test(server);
};

const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());

async function upload({ call }: TestServer, name: string, bytes: Uint8Array<ArrayBuffer>) {
  const { status, json } = await call("POST", `/v1/uploads?name=${name}`, { bytes });
  assert.deepEqual([status, json.bytes], [201, bytes.length]);
  return json;
}

Deno.test(
  "a simulation leaves frames and truth; uploaded again, they are what a run reads",
  inServer(async (server) => {
    const { json: { id, kind, links } } = await server.call("POST", "/v1/simulations", {
      body: { parameters: smallTree(), name: "moon" },
    });
    assert.equal(kind, "simulate");
    const { status, files } = await server.ended(id);
    assert.equal(status, "done");
    assert.deepEqual(files.map(({ name }: { name: string }) => name), ["MF.ptyd", "MF_truth.ptyr"]);
    const frames = await bytesOf(await server.request("GET", files[0].href));
    assert.deepEqual(frames, Deno.readFileSync(join(server.root, `runs/${id}/moon_MF.ptyd`)));
    assert.equal((await server.call("GET", links.preview)).status, 404);

    const { reference } = await upload(server, "moon.ptyd", frames);
    const { MF } = smallTree().scans as { MF: Record<string, unknown> };
    const scans = { MF: { ...MF, data: { name: "PtydScan", dfile: reference } } };
    // Noise takes random numbers, so that only an engine that takes none does the same after it.
    const engines = { a: { name: "DM", numiter: 6 } };
    const submit = (parameters: unknown) => server.call("POST", "/v1/runs", { body: { parameters } });
    const { json: run } = await submit(smallTree({ scans, engines }));
    const { json: same } = await submit(smallTree({ engines }));
    const errors = [];
    for (const { id } of [run, same]) {
      const { status, error, progress } = await server.ended(id);
      assert.equal(status, "done", JSON.stringify(error));
      errors.push(progress.errors);
    }
    // Frames from the file are those that the simulation makes.
    assert.deepEqual(errors[0], errors[1]);
  }),
);

Deno.test(
  "a .npy array may be uploaded; a run that starts from it does as one that reads the file",
  inServer(async (server) => {
    const { json: first } = await server.call("POST", "/v1/runs", { body: { parameters: smallTree() } });
    await server.ended(first.id);
    const { probe } = readPtyr(join(server.root, `runs/${first.id}/ePIE_0010.ptyr`));
    const path = join(server.root, "probe.npy");
    const { data } = Object.values(probe)[0]!;
    writeNpy(path, { ...data, shape: data.shape.slice(1) } as typeof data);
    const { reference } = await upload(server, "probe.npy", Deno.readFileSync(path));
    const { MF } = smallTree().scans as { MF: Record<string, unknown> };
    const errors = [];
    for (const model of ["probe.npy", reference]) {
      const scans = { MF: { ...MF, illumination: { model } } };
      const { json } = await server.call("POST", "/v1/runs", { body: { parameters: smallTree({ scans }) } });
      const { status, error, progress } = await server.ended(json.id);
      assert.equal(status, "done", JSON.stringify(error));
      errors.push(progress.errors);
    }
    assert.deepEqual(errors[1], errors[0]);
  }),
);

Deno.test(
  "artifacts that are not there, are no keys or would be written are refused before anything is done",
  inServer(async (server) => {
    const { MF } = smallTree().scans as { MF: { data: Record<string, unknown> } };
    const { reference } = await upload(server, "a.ptyd", new Uint8Array(8));
    const parameters = smallTree({
      scans: {
        A: { ...MF, data: { name: "PtydScan", dfile: "artifact:uploads/none/a.ptyd" } },
        B: { ...MF, data: { ...MF.data, dfile: reference, save: "append" } },
        C: { ...MF, data: { name: "PtydScan", dfile: "artifact:../../etc/passwd" } },
      },
      io: { rfile: reference },
    });
    const { status, json } = await server.call("POST", "/v1/runs", { body: { parameters } });
    assert.equal(status, 422);
    assert.deepEqual(json.error.fields.issues.map(({ path }: { path: string }) => path).sort(), [
      "io.rfile",
      "scans.A.data.dfile",
      "scans.B.data.dfile",
      "scans.C.data.dfile",
    ]);
    assert.deepEqual(await server.keys("runs/"), []);
  }),
);

Deno.test(
  "uploads are whole, listed, removed, and no larger than the limit",
  inServer(async (server) => {
    const { call } = server;
    // More than is written at once, and no multiple of it.
    const bytes = Uint8Array.from({ length: 17_000_001 }, (_, i) => i * 31 >> 3);
    const sent = await upload(server, "large.bin", bytes);
    const key = sent.reference.replace("artifact:", "");
    assert.deepEqual(Deno.readFileSync(join(server.root, "../artifacts", key)), bytes);
    assert.deepEqual((await call("GET", "/v1/uploads")).json, { uploads: [sent] });
    const announced = await call("POST", "/v1/uploads?name=a.bin", { bytes: new Uint8Array(UPLOAD_LIMIT + 1) });
    assert.deepEqual([announced.status, announced.json.error.tag], [413, "TooLarge"]);
    for (const name of ["a/b", "../a", ".a", "", "ü"]) {
      const { status } = await call("POST", `/v1/uploads?name=${encodeURIComponent(name)}`, { bytes });
      assert.equal(status, 422, name);
    }
    assert.equal((await call("DELETE", `/v1/uploads/${sent.id}`)).status, 204);
    assert.equal((await call("DELETE", `/v1/uploads/${sent.id}`)).status, 404);
    assert.deepEqual(await server.keys(""), []);
    assert.deepEqual([...Deno.readDirSync(join(server.root, "../artifacts/~new"))], []);
  }),
);
