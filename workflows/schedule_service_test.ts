/** Schedules over HTTP, without a socket: made, changed, enabled, forgotten, refused; what they show and what they start. */

import assert from "node:assert/strict";
import { NO_LIMITS } from "../functions/run_limits.ts";
import { join } from "node:path";
import { mountSchedules } from "../functions/api/schedules.ts";
import { createApp } from "../functions/app.ts";
import type { OpenBucket } from "../functions/bucket_files.ts";
import { below } from "../functions/data_root.ts";
import { createS3Client } from "../functions/s3_client.ts";
import { BUCKET, startFakeS3 } from "../tests/storage/fake_s3.ts";
import { createTestClocks, createTestRuns, type TestClocks, type TestRuns } from "./schedule_testing.ts";
import { openSchedules, type Schedules } from "./open_schedules.ts";
import type { RunService } from "../functions/api/run_service.ts";

// deno-lint-ignore no-explicit-any -- the shape is what is tested
type AnyJson = any;

const TREE = {
  scans: { S: { name: "Full", data: { name: "PtydScan", dfile: "x.ptyd" } } },
  engines: { e: { name: "DM", numiter: 5 } },
};
const NIGHTLY = { id: "nightly", trigger: { cron: "0 3 * * *", timezone: "Europe/Berlin" }, run: { parameters: TREE } };
const BEAM = {
  id: "beam",
  trigger: { prefix: "in", pattern: "**/*.ptyd", settle: 2, poll: 1 },
  run: { parameters: TREE, set: { "scans.S.data.dfile": "{file}", run: "{stem}_{date}" } },
};

interface Place {
  readonly root: string;
  readonly clocks: TestClocks;
  readonly runs: TestRuns;
  readonly schedules: Schedules;
  call(method: string, path: string, body?: unknown): Promise<{ status: number; json: AnyJson }>;
  /** Seconds pass, with a look after each. */
  pass(seconds: number): Promise<void>;
  /** The trees of the runs so far. */
  trees(): AnyJson[];
}

async function inPlace(use: (place: Place) => Promise<void>, openBucket: OpenBucket | null = null): Promise<void> {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  const root = join(folder, "data");
  Deno.mkdirSync(join(root, "in"), { recursive: true });
  const [clocks, runs] = [createTestClocks(Date.parse("2026-11-25T12:00:00Z")), createTestRuns()];
  try {
    await using schedules = openSchedules({
      limits: NO_LIMITS,
      folder: join(folder, "state"),
      runs: runService(runs),
      files: below(root),
      openBucket,
      log: () => {},
      clock: clocks,
    });
    const errors: unknown[] = [];
    const app = createApp({
      contextOf: () => assert.fail("no stage is called"),
      failed: (error) => void errors.push(error),
      resources: [(app) => mountSchedules(app, schedules.service)],
    });
    await use({
      root,
      clocks,
      runs,
      schedules,
      async call(method, path, body) {
        const init = body === undefined ? {} : {
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        };
        const response = await app.request(path, { method, ...init });
        const text = await response.text();
        return { status: response.status, json: text === "" ? null : JSON.parse(text) };
      },
      async pass(seconds) {
        for (let i = 0; i < seconds; i++) {
          clocks.pass(1000);
          await schedules.look();
        }
      },
      trees: () => [...runs.trees.values()],
    });
    assert.deepEqual(errors, []);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** As much of a service of runs as schedules use. */
function runService(runs: TestRuns): RunService {
  const record = (id: string) => ({ id, status: runs.atWork.has(id) ? "running" : "done" });
  return {
    async submit({ parameters }: { parameters: unknown }, { id, owner }: { id: string; owner: string }) {
      await runs.submit(id, { tree: parameters as Record<string, unknown>, owner });
      return record(id);
    },
    view: (id: string) => Promise.resolve(record(id)),
    async cancel(id: string) {
      await runs.cancel(id);
      return record(id);
    },
  } as unknown as RunService;
}

Deno.test("a schedule is made once, shown with every choice made and its next time, and forgotten", () =>
  inPlace(async ({ call }) => {
    const made = await call("POST", "/v1/schedules", NIGHTLY);
    assert.equal(made.status, 201);
    assert.deepEqual(made.json, {
      ...NIGHTLY,
      run: { ...NIGHTLY.run, set: {} },
      missed: "once",
      overlap: "skip",
      limit: 100,
      enabled: true,
      owner: null,
      revision: 1,
      created: "2026-11-25T12:00:00.000Z",
      changed: "2026-11-25T12:00:00.000Z",
      next: "2026-11-26T02:00:00.000Z",
      problem: null,
    });
    assert.deepEqual(await call("POST", "/v1/schedules", NIGHTLY), made);
    const other = await call("POST", "/v1/schedules", { ...NIGHTLY, missed: "all" });
    assert.equal(other.status, 409);
    assert.match(
      other.json.error.message,
      /^Cannot make schedule "nightly": found another one of this id; replace it/,
    );
    await call("POST", "/v1/schedules", BEAM);
    const { json: { schedules } } = await call("GET", "/v1/schedules");
    assert.deepEqual(schedules.map(({ id, next }: AnyJson) => [id, next]), [["beam", null], [
      "nightly",
      "2026-11-26T02:00:00.000Z",
    ]]);
    assert.deepEqual((await call("GET", "/v1/schedules/nightly")).json, made.json);
    const { json: { next } } = await call("GET", "/v1/schedules/nightly/next?count=2");
    assert.deepEqual(next, ["2026-11-26T02:00:00.000Z", "2026-11-27T02:00:00.000Z"]);
    assert.equal((await call("DELETE", "/v1/schedules/nightly")).status, 204);
    for (const [method, path] of [["GET", ""], ["DELETE", ""], ["GET", "/next"], ["GET", "/runs"]] as const) {
      const gone = await call(method, `/v1/schedules/nightly${path}`);
      assert.equal(gone.status, 404);
      assert.match(gone.json.error.message, /^Cannot find schedule "nightly": found no such schedule/);
    }
  }));

const REFUSED: readonly (readonly [string, unknown, RegExp])[] = [
  [
    "a folder to copy to without s3://",
    { ...BEAM, trigger: { prefix: "in", into: "x" } },
    /^trigger\.into: found a folder to copy/,
  ],
  [
    "s3:// without a folder to copy to",
    { ...BEAM, trigger: { prefix: "s3://data/x" } },
    /^trigger\.into: found nothing, expected/,
  ],
  [
    "s3:// without an object store",
    { ...BEAM, trigger: { prefix: "s3://data/x", into: "in" } },
    /^trigger\.prefix: Cannot look into a bucket: found no object store in the configuration/,
  ],
  [
    "s3:// with a folder out of the data root",
    { ...BEAM, trigger: { prefix: "s3://data/x", into: "../in" } },
    /^trigger\.into: Cannot use "\.\.\/in"/,
  ],
  ["a cron expression that is none", { ...NIGHTLY, trigger: { cron: "at night" } }, /^trigger\.cron: found "at night"/],
  [
    "an unknown time zone",
    { ...NIGHTLY, trigger: { cron: "@daily", timezone: "Berlin" } },
    /^trigger\.timezone: found/,
  ],
  ["a misspelt choice", { ...NIGHTLY, missd: "all" }, /missd/],
  ["a choice that is none", { ...NIGHTLY, overlap: "maybe" }, /overlap/],
  ["neither tree nor file", { ...NIGHTLY, run: {} }, /expected one of parameters and parameters_file/],
  ["an id with a slash", { ...NIGHTLY, id: "a/b" }, /expected 1 to 48 letters/],
  [
    "a mistake in the tree",
    { ...NIGHTLY, run: { parameters: { ...TREE, engines: { e: { name: "DX" } } } } },
    /engines\.e/,
  ],
  [
    "{file} without a file",
    { ...NIGHTLY, run: { parameters: TREE, set: { run: "{file}" } } },
    /^run\.set\.run: found "\{file\}"/,
  ],
  [
    "a path through a value",
    { ...BEAM, run: { parameters: TREE, set: { "scans.S.name.x": 1 } } },
    /found "Full" at "name"/,
  ],
  [
    "a prefix out of the data root",
    { ...BEAM, trigger: { prefix: "../in" } },
    /^trigger\.prefix: Cannot use "\.\.\/in"/,
  ],
  [
    "a file that is not there",
    { ...NIGHTLY, run: { parameters_file: "no.yaml" } },
    /^run\.parameters_file: Cannot open/,
  ],
  [
    "a file out of the data root",
    { ...NIGHTLY, run: { parameters_file: "../x.yaml" } },
    /^run\.parameters_file: Cannot use/,
  ],
];

for (const [what, body, message] of REFUSED) {
  Deno.test(`a schedule is refused for ${what}`, () =>
    inPlace(async ({ call }) => {
      const { status, json } = await call("POST", "/v1/schedules", body);
      assert.equal(status, 422, JSON.stringify(json));
      assert.match(json.error.message, message);
      assert.deepEqual((await call("GET", "/v1/schedules")).json, { schedules: [] });
    }));
}

Deno.test("a new file starts a run once it has settled; those that were there do not, and one that is written again does", () =>
  inPlace(async ({ root, call, pass, runs, trees }) => {
    const write = (name: string, text: string, time: number) => {
      Deno.writeTextFileSync(join(root, "in", name), text);
      Deno.utimeSync(join(root, "in", name), time, time);
    };
    write("old.ptyd", "x", 100);
    await call("POST", "/v1/schedules", { ...BEAM, overlap: "allow" });
    await pass(5);
    write("new.ptyd", "x", 200);
    write("new.txt", "x", 200);
    await pass(1);
    for (let i = 0; i < 4; i++) {
      write("new.ptyd", "x".repeat(i + 2), 201 + i);
      await pass(1);
    }
    assert.deepEqual(trees(), []);
    await pass(2);
    assert.deepEqual(trees().map(({ run, scans }) => [run, scans.S.data.dfile]), [["new_2026-11-25", "in/new.ptyd"]]);
    await pass(10);
    Deno.removeSync(join(root, "in/new.ptyd"));
    await pass(5);
    write("new.ptyd", "xxxxx", 204);
    await pass(5);
    assert.equal(trees().length, 1, "the same file came back");
    write("new.ptyd", "xxxxx", 205);
    await pass(5);
    assert.equal(trees().length, 2, "it was written again");
    const { json: { starts } } = await call("GET", "/v1/schedules/beam/runs");
    assert.deepEqual(starts.map(({ file, state, reason }: AnyJson) => [file, state, reason]), [
      ["in/new.ptyd", "started", null],
      ["in/new.ptyd", "started", null],
      ["in/old.ptyd", "skipped", "it was there before the schedule"],
    ]);
    assert.deepEqual(starts.slice(0, 2).map(({ run }: AnyJson) => run), [...runs.trees.keys()].reverse());
  }));

Deno.test("files that are there start runs too, if that is asked for", () =>
  inPlace(async ({ root, call, pass, trees }) => {
    Deno.writeTextFileSync(join(root, "in/old.ptyd"), "x");
    await call("POST", "/v1/schedules", { ...BEAM, trigger: { ...BEAM.trigger, existing: "start" } });
    await pass(4);
    assert.deepEqual(trees().map(({ scans }) => scans.S.data.dfile), ["in/old.ptyd"]);
  }));

Deno.test("what happens while a schedule is disabled does not count", () =>
  inPlace(async ({ root, call, pass, trees }) => {
    await call("POST", "/v1/schedules", { ...BEAM, enabled: false });
    await call("POST", "/v1/schedules", {
      ...NIGHTLY,
      id: "often",
      trigger: { cron: "*/2 * * * * *" },
      enabled: false,
    });
    Deno.writeTextFileSync(join(root, "in/a.ptyd"), "x");
    await pass(5);
    assert.deepEqual((await call("GET", "/v1/schedules/often")).json.next, null);
    for (const id of ["beam", "often"]) await call("PATCH", `/v1/schedules/${id}`, { enabled: true });
    assert.deepEqual(trees(), []);
    Deno.writeTextFileSync(join(root, "in/b.ptyd"), "x");
    await pass(4);
    assert.deepEqual(trees().map(({ scans }) => scans.S.data.dfile).sort(), ["in/b.ptyd", "x.ptyd"]);
  }));

Deno.test("a schedule that is changed does not start again what it started, and starts what is new by its new content", () =>
  inPlace(async ({ root, call, pass, trees }) => {
    await call("POST", "/v1/schedules", { ...BEAM, overlap: "allow" });
    Deno.writeTextFileSync(join(root, "in/a.ptyd"), "x");
    await pass(4);
    const { id: _, ...body } = BEAM;
    const run = { ...BEAM.run, set: { ...BEAM.run.set, run: "second_{stem}" } };
    const changed = await call("PUT", "/v1/schedules/beam", { ...body, overlap: "allow", run });
    assert.equal(changed.json.revision, 2);
    Deno.writeTextFileSync(join(root, "in/b.ptyd"), "x");
    await pass(4);
    assert.deepEqual(trees().map(({ run }) => run), ["a_2026-11-25", "second_b"]);
  }));

Deno.test("a file of parameters is read at each start; what is wrong with it then is said with the start", () =>
  inPlace(async ({ root, call, pass, trees }) => {
    const file = join(root, "tree.json");
    const write = (numiter: number) => Deno.writeTextFileSync(file, JSON.stringify({ ...TREE, run: `n${numiter}` }));
    write(1);
    const trigger = { cron: "*/10 * * * * *" };
    await call("POST", "/v1/schedules", {
      ...NIGHTLY,
      trigger,
      run: { parameters_file: "tree.json" },
      overlap: "allow",
    });
    await pass(10);
    write(2);
    await pass(10);
    Deno.removeSync(file);
    await pass(10);
    assert.deepEqual(trees().map(({ run }) => run), ["n1", "n2"]);
    const { json: { starts: [latest] } } = await call("GET", "/v1/schedules/nightly/runs?limit=1");
    assert.equal(latest.state, "refused");
    assert.match(latest.reason, /^Cannot open ".*tree\.json": found no such file/);
  }));

Deno.test("a folder that cannot be read is a problem that is shown, and gone when it can", () =>
  inPlace(async ({ root, call, pass, trees }) => {
    await call("POST", "/v1/schedules", BEAM);
    Deno.removeSync(join(root, "in"));
    Deno.symlinkSync("/", join(root, "in"));
    await pass(3);
    const { json: { problem } } = await call("GET", "/v1/schedules/beam");
    assert.match(problem, /^Cannot use "in": found a path that leads out of the data root/);
    Deno.removeSync(join(root, "in"));
    Deno.mkdirSync(join(root, "in"));
    Deno.writeTextFileSync(join(root, "in/a.ptyd"), "x");
    await pass(4);
    assert.equal((await call("GET", "/v1/schedules/beam")).json.problem, null);
    assert.equal(trees().length, 1);
  }));

Deno.test("a new object in a bucket starts a run with its copy, also if the store was away; one that is replaced early starts one", async () => {
  await using server = startFakeS3();
  const put = (name: string, text: string) => {
    const etag = `"${text}"`;
    const bytes = new TextEncoder().encode(text);
    server.objects.set(name, { bytes, etag, modified: new Date(), meta: [] });
  };
  const settings = { region: "us-east-1", accessKey: "A", secretKey: "S", prefix: "" };
  const patience = { attempts: 1, firstPauseMs: 1, silenceMs: 5000 };
  const endpoint = `http://127.0.0.1:${server.port}`;
  const openBucket = (bucket: string) => createS3Client({ ...settings, endpoint, bucket, patience });
  await inPlace(async ({ root, call, pass, trees, runs }) => {
    put("raw/old.ptyd", "old");
    const trigger = { prefix: `s3://${BUCKET}/raw`, pattern: "*.ptyd", settle: 2, poll: 1, into: "in" };
    const { status, json } = await call("POST", "/v1/schedules", { ...BEAM, trigger, overlap: "allow" });
    assert.equal(status, 201, JSON.stringify(json));
    await pass(5);
    put("raw/new.ptyd", "first");
    await pass(1);
    put("raw/new.ptyd", "second");
    server.fault = ({ method, name }) => method === "GET" && name !== "" ? { status: 503 } : undefined;
    await pass(5);
    assert.deepEqual(trees(), []);
    const { json: { problem } } = await call("GET", "/v1/schedules/beam");
    assert.match(problem, /HTTP 503/);
    server.fault = () => undefined;
    await pass(5);
    assert.equal((await call("GET", "/v1/schedules/beam")).json.problem, null);
    assert.deepEqual(trees().map(({ run }) => run), ["new_2026-11-25"]);
    assert.equal(Deno.readTextFileSync(join(root, trees()[0].scans.S.data.dfile)), "second");
    const { json: { starts } } = await call("GET", "/v1/schedules/beam/runs");
    assert.deepEqual(starts.map(({ file, run }: AnyJson) => [file, run]), [
      [`s3://${BUCKET}/raw/new.ptyd`, [...runs.trees.keys()][0]],
      [`s3://${BUCKET}/raw/old.ptyd`, null],
    ]);
  }, openBucket);
});
