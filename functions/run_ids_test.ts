/** Names of runs. */

import assert from "node:assert/strict";
import { idOfKey, newRunId } from "./run_ids.ts";
import { RUN_NAME } from "./inputs.ts";

Deno.test("newRunId() names sort by time, differ within a second, and can be keys of artifacts", () => {
  const [early, late] = [new Date("2026-11-25T22:45:01.999Z"), new Date("2026-11-25T22:45:02Z")];
  assert.match(newRunId(early), /^20261125-224501-[0-9a-z]{10}$/);
  assert.ok(newRunId(early) < newRunId(late));
  assert.equal(new Set(Array.from({ length: 1000 }, () => newRunId(early))).size, 1000);
  assert.ok(RUN_NAME.safeParse(newRunId(early)).success);
});

Deno.test("idOfKey() gives a key of any text always the same name, another for another kind", () => {
  const key = "../ü\n" + "x".repeat(1000);
  assert.equal(idOfKey("reconstruct", key), idOfKey("reconstruct", key));
  assert.notEqual(idOfKey("reconstruct", key), idOfKey("simulate", key));
  assert.notEqual(idOfKey("reconstruct", key), idOfKey("reconstruct", `${key} `));
  assert.ok(RUN_NAME.safeParse(idOfKey("reconstruct", key)).success);
});
