/** Collecting checkpoints: the last ones and the chosen ones stay. */

import assert from "node:assert/strict";
import { keysBelow, publishText } from "./artifact_store_cases.ts";
import type { ArtifactStore } from "./artifacts.ts";
import { collectArtifacts } from "./collect.ts";
import { createLocalArtifacts } from "./local_artifacts.ts";

const RUN = ["r/0010.pack", "r/0020-DM.pack", "r/0030.pack", "r/0040-ML.pack", "r/0050.pack", "r/0060.pack"];
const OTHERS = ["q/0010.pack", "rr/0010.pack"];

async function withRun(use: (store: ArtifactStore) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    const store = createLocalArtifacts(folder);
    for (const key of [...RUN, ...OTHERS]) await publishText(store, key, key);
    await use(store);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("collectArtifacts() keeps the last ones and those chosen, tells what it removed, and leaves other prefixes", () =>
  withRun(async (store) => {
    const isKept = (key: string): boolean => /-\w+\.pack$/.test(key);
    const removed = await collectArtifacts(store, { prefix: "r/", keep: 1, isKept });
    assert.deepEqual(removed, ["r/0010.pack", "r/0030.pack", "r/0050.pack"]);
    assert.deepEqual(await keysBelow(store, ""), [
      "q/0010.pack",
      "r/0020-DM.pack",
      "r/0040-ML.pack",
      "r/0060.pack",
      "rr/0010.pack",
    ]);
    assert.deepEqual(await collectArtifacts(store, { prefix: "r/", keep: 1, isKept }), []);
  }));

for (const [keep, left] of [[0, 0], [2, 2], [6, 6], [100, 6]] as const) {
  Deno.test(`collectArtifacts() with keep = ${keep} leaves ${left} of 6`, () =>
    withRun(async (store) => {
      const removed = await collectArtifacts(store, { prefix: "r/", keep, isKept: () => false });
      assert.deepEqual(await keysBelow(store, "r/"), RUN.slice(RUN.length - left));
      assert.deepEqual(removed, RUN.slice(0, RUN.length - left));
    }));
}

Deno.test("collectArtifacts() removes the oldest first, so that the newest survive a kill", () =>
  withRun(async (store) => {
    const failing: ArtifactStore = {
      ...store,
      remove: (key) => key === RUN[2] ? Promise.reject(new Error("killed")) : store.remove(key),
    };
    await assert.rejects(collectArtifacts(failing, { prefix: "r/", keep: 1, isKept: () => false }), /killed/);
    assert.deepEqual(await keysBelow(store, "r/"), RUN.slice(2));
  }));

Deno.test("collectArtifacts() refuses a number that is none", () =>
  withRun(async (store) => {
    for (const keep of [-1, 0.5, NaN]) {
      await assert.rejects(collectArtifacts(store, { prefix: "r/", keep, isKept: () => false }), RangeError);
    }
    assert.deepEqual(await keysBelow(store, "r/"), RUN);
  }));
