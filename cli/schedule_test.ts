/** `exitwave schedule` against a server on loopback: what it prints, and what it says of mistakes. */

import assert from "node:assert/strict";
import { NO_LIMITS } from "../functions/run_limits.ts";
import { join } from "node:path";
import { mountSchedules } from "../functions/api/schedules.ts";
import type { RunService } from "../functions/api/run_service.ts";
import { createApp } from "../functions/app.ts";
import { below } from "../functions/data_root.ts";
import { openSchedules } from "../workflows/open_schedules.ts";
import { createTestClocks } from "../workflows/schedule_testing.ts";
import { exitwave, type Outcome } from "../tests/end_to_end/command_line.ts";

/** `exitwave schedule` with the server of a test; the folder has a parameter file and is the data root. */
async function withServer(
  use: (schedule: (...args: readonly string[]) => Promise<Outcome>, folder: string) => Promise<void>,
): Promise<void> {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  const text = "scans: {S: {name: Full, data: {name: PtydScan}}}\nengines: {e: {name: DM, numiter: 5}}\n";
  Deno.writeTextFileSync(join(folder, "tree.yaml"), text);
  try {
    await using schedules = openSchedules({
      limits: NO_LIMITS,
      folder: join(folder, ".state"),
      runs: { submit: () => assert.fail("nothing is due") } as unknown as RunService,
      files: below(folder),
      openBucket: null,
      log: () => {},
      clock: createTestClocks(Date.parse("2026-11-25T12:00:00Z")),
    });
    const app = createApp({
      contextOf: () => assert.fail("no stage is called"),
      failed: (error) => assert.fail(String(error)),
      resources: [(app) => mountSchedules(app, schedules.service)],
    });
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => app.fetch(request));
    try {
      const at = ["--server", `http://127.0.0.1:${server.addr.port}/`];
      await use((name, ...args) => exitwave(["schedule", name!, ...at, ...args]), folder);
    } finally {
      await server.shutdown();
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("exitwave schedule add, list, show, next, disable, enable and remove", () =>
  withServer(async (schedule, folder) => {
    assert.deepEqual(await schedule("list"), { code: 0, out: "no schedules\n", err: "" });
    const parameters = ["--parameters", join(folder, "tree.yaml")];
    const set = ["--set", "scans.S.data.dfile=a.ptyd", "--set", "engines.e.numiter=7", "--set", "run={date}"];
    const night = ["nightly", "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", ...parameters, ...set];
    const line = 'nightly              "30 2 * * *" Europe/Berlin               next 2026-11-26T01:30:00.000Z\n';
    assert.deepEqual(await schedule("add", ...night), { code: 0, out: line, err: "" });
    const beam = ["beam", "--prefix", "in/", "--pattern", "*.ptyd", "--settle", "3", "--parameters-file", "tree.yaml"];
    await schedule("add", ...beam, "--set", "scans.S.data.dfile={file}", "--missed", "once", "--limit", "20");
    const second = "beam                 new files in/*.ptyd                      enabled\n";
    assert.equal((await schedule("list")).out, second + line);
    const shown = JSON.parse((await schedule("show", "beam", "--json")).out);
    assert.deepEqual(shown.trigger, { prefix: "in/", pattern: "*.ptyd", settle: 3, poll: 5, existing: "skip" });
    assert.deepEqual(shown.run, { parameters_file: "tree.yaml", set: { "scans.S.data.dfile": "{file}" } });
    assert.deepEqual([shown.missed, shown.overlap, shown.limit, shown.starts], ["once", "queue", 20, []]);
    const { run } = JSON.parse((await schedule("show", "nightly", "--json")).out);
    assert.deepEqual(run.set, { "scans.S.data.dfile": "a.ptyd", "engines.e.numiter": 7, run: "{date}" });
    assert.match(
      (await schedule("show", "nightly")).out,
      /\n {2}missed once, overlap skip, limit 100; revision 1, owner nobody\n/,
    );
    const next = await schedule("next", "nightly", "--count", "2");
    assert.equal(next.out, "2026-11-26T01:30:00.000Z\n2026-11-27T01:30:00.000Z\n");
    assert.equal((await schedule("next", "beam")).out, "none: it waits for files, or is disabled\n");
    assert.match((await schedule("disable", "nightly")).out, /^nightly .* disabled\n$/);
    assert.match((await schedule("enable", "nightly")).out, /^nightly .* next 2026-11-26/);
    const replaced = await schedule("add", "nightly", "--replace", "--cron", "@daily", ...parameters, ...set);
    assert.match(replaced.out, /^nightly +"@daily" UTC +next 2026-11-26T00:00:00.000Z\n$/);
    assert.deepEqual(await schedule("remove", "nightly"), { code: 0, out: "removed nightly\n", err: "" });
    assert.equal((await schedule("list")).out, second);
  }));

const MISTAKES: readonly (readonly [readonly string[], RegExp])[] = [
  [["add", "x", "--cron", "* * * * *"], /expected one of --parameters and --parameters-file/],
  [["add", "x", "--parameters-file", "tree.yaml"], /expected one of --cron and --prefix/],
  [["add", "x", "--cron", "@daily", "--prefix", "a", "--parameters-file", "tree.yaml"], /expected one of --cron and/],
  [
    ["add", "x", "--prefix", "a", "--poll", "often", "--parameters-file", "tree.yaml"],
    /--poll: found "often", expected a/,
  ],
  [
    ["add", "x", "--prefix", "a", "--set", "file", "--parameters-file", "tree.yaml"],
    /--set: found "file", expected path=/,
  ],
  [["add", "x", "--prefix", "a", "--timezone", "UTC", "--parameters-file", "tree.yaml"], /trigger: .*timezone/],
  [["add", "x", "--cron", "@daily", "--settle", "1", "--parameters-file", "tree.yaml"], /trigger: .*settle/],
  [["add", "x", "--cron", "at noon", "--parameters-file", "tree.yaml"], /trigger\.cron: found "at noon"/],
  [["show", "x"], /^exitwave: Cannot find schedule "x": found no such schedule/],
  [["next", "x", "--count", "many"], /count/],
];

for (const [args, said] of MISTAKES) {
  Deno.test(`exitwave schedule ${args.join(" ")} is a mistake of the user`, () =>
    withServer(async (schedule) => {
      const { code, out, err } = await schedule(...args);
      assert.match(err, said);
      assert.deepEqual([code, out], [2, ""]);
    }));
}

Deno.test("a server that does not answer, is none, or has an impossible address is said to be so", async () => {
  const gone = await exitwave(["schedule", "list", "--server", "http://127.0.0.1:1"]);
  assert.match(
    gone.err,
    /^exitwave: Cannot reach the server at http:\/\/127\.0\.0\.1:1: found no answer there; start one with/,
  );
  const odd = await exitwave(["schedule", "list", "--server", "localhost"]);
  assert.match(odd.err, /^exitwave: Cannot reach a server: found the address "localhost", expected one such as http/);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("hello", { status: 500 }),
  );
  try {
    const other = await exitwave(["schedule", "list", "--server", `http://127.0.0.1:${server.addr.port}`]);
    assert.match(other.err, /found HTTP 500 hello, expected a server of Exitwave/);
    assert.deepEqual([gone.code, odd.code, other.code], [2, 2, 2]);
  } finally {
    await server.shutdown();
  }
});
