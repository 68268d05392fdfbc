/** A full disk under the journal: steps wait to be written and their effects do not happen again. Needs root for a small disk. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openEmbeddedOrchestrator } from "../../workflows/embedded.ts";
import { RunError, type Workflows } from "../../workflows/orchestrator.ts";
import { mountSmallDisk } from "../formats/small_disk.ts";
import { until } from "./orchestrator_suite.ts";

const DISK = "600k";

/** More than the disk has. */
const TOO_MUCH = 700_000;

test("a step whose result does not fit on the disk is not done again, and the run goes on when there is space", async (folder) => {
  const [done, said]: [string[], string[]] = [[], []];
  const workflows = twoSteps(done, () => fill(folder));
  await using orchestrator = openEmbeddedOrchestrator(workflows, { folder, log: (message) => said.push(message) });
  await orchestrator.submit("two", "r", null);
  await until(() => Promise.resolve(said), ({ length }) => length > 0);
  assert.match(said[0]!, /found "database or disk is full".*; waiting to write step "a" of run "r"$/);
  await assert.rejects(orchestrator.submit("two", "s", "x".repeat(100_000)), (error) => {
    assert.ok(error instanceof RunError && error.reason === "journal");
    return true;
  });
  const waiting = (await orchestrator.view("r"))!;
  assert.deepEqual([waiting.status, waiting.steps], ["running", 0]);
  Deno.removeSync(join(folder, "filling"));
  const run = await orchestrator.result("r");
  assert.deepEqual([run.status, run.result, run.steps], ["done", 100_002, 2]);
  assert.deepEqual(done, ["a", "b"]);
  assert.deepEqual(said.slice(1), ['wrote step "a" of run "r" after all']);
});

test("a run is cancelled on a full disk at once, and so it stays when there is space", async (folder) => {
  const done: string[] = [];
  const workflows = twoSteps(done, () => fill(folder));
  await using orchestrator = openEmbeddedOrchestrator(workflows, { folder });
  await orchestrator.submit("two", "r", null);
  await until(() => Promise.resolve(done), ({ length }) => length > 0);
  const cancelled = orchestrator.cancel("r");
  Deno.removeSync(join(folder, "filling"));
  await cancelled;
  assert.equal((await orchestrator.result("r")).status, "cancelled");
  assert.deepEqual(done, ["a"]);
});

test("stop() does not wait for space; the next owner does the step anew", async (folder) => {
  const done: string[] = [];
  const workflows = twoSteps(done, () => done.length === 1 && fill(folder));
  const first = openEmbeddedOrchestrator(workflows, { folder });
  await first.submit("two", "r", null);
  await until(() => Promise.resolve(done), ({ length }) => length > 0);
  await first.stop();
  Deno.removeSync(join(folder, "filling"));
  await using second = openEmbeddedOrchestrator(workflows, { folder });
  assert.equal((await second.result("r")).result, 100_002);
  assert.deepEqual(done, ["a", "a", "b"]);
});

/** Steps, the first with a large result. */
function twoSteps(done: string[], within: () => void): Workflows {
  return {
    async two(context) {
      const a = await context.step("a", () => {
        done.push("a");
        within();
        return Promise.resolve("x".repeat(100_000));
      });
      return a.length + await context.step("b", () => Promise.resolve(done.push("b") && 2));
    },
  };
}

/** Fills the disk to its last byte. */
function fill(folder: string): void {
  using file = Deno.openSync(join(folder, "filling"), { write: true, create: true });
  const bytes = new Uint8Array(TOO_MUCH);
  try {
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
  } catch (error) {
    assert.match(String(error), /No space left/);
  }
}

function test(name: string, body: (folder: string) => Promise<void>): void {
  Deno.test({
    name: `${name} (skipped where a disk cannot be mounted)`,
    ignore: !hasSmallDisk(),
    async fn() {
      using disk = mountSmallDisk(DISK)!;
      await body(disk.folder);
    },
  });
}

function hasSmallDisk(): boolean {
  using disk = mountSmallDisk(DISK);
  return disk !== null;
}
