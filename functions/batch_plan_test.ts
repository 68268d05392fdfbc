/** What a batch varies. */

import assert from "node:assert/strict";
import { memberId, memberTree, sweepOf } from "./batch_plan.ts";

Deno.test("a product has every value with every other, the last path changing first", () => {
  const vary = { "a.x": [1, 2], "a.y": ["p", null, [3]] };
  assert.deepEqual(sweepOf({ vary, combine: "product" }, 6), [
    { "a.x": 1, "a.y": "p" },
    { "a.x": 1, "a.y": null },
    { "a.x": 1, "a.y": [3] },
    { "a.x": 2, "a.y": "p" },
    { "a.x": 2, "a.y": null },
    { "a.x": 2, "a.y": [3] },
  ]);
  assert.throws(() => sweepOf({ vary, combine: "product" }, 5), /found 6 runs, expected at most 5/);
});

Deno.test("zipped lists give the first of each, the second of each; they have one length", () => {
  const vary = { a: [1, 2], b: [true, false] };
  assert.deepEqual(sweepOf({ vary, combine: "zip" }, 2), [{ a: 1, b: true }, { a: 2, b: false }]);
  assert.throws(() => sweepOf({ vary, combine: "zip" }, 1), /found 2 runs/);
  const uneven = { a: [1, 2], b: [3] };
  assert.throws(() => sweepOf({ vary: uneven, combine: "zip" }, 9), /found 2 of a, 1 of b to zip/);
});

Deno.test("counts that no number holds are refused without being made", () => {
  const values = Array.from({ length: 10_000 }, (_, i) => i);
  const vary = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`p${i}`, values]));
  assert.throws(() => sweepOf({ vary, combine: "product" }, 1000), /found Infinity runs/);
});

Deno.test("memberTree() sets values of any kind, as they are, in the member's own tree or the batch's", () => {
  const parameters = { scans: { S: { name: "Full", data: { shape: 1 } } }, run: "base" };
  const varied = { "scans.S.data.shape": [2, 3], "scans.S.data.label": "no", "scans.S.data.center": null, seed: 4 };
  assert.deepEqual(memberTree({ parameters }, { name: "m_3", varied, parameters: null }), {
    scans: { S: { name: "Full", data: { shape: [2, 3], label: "no", center: null } } },
    run: "m_3",
    seed: 4,
  });
  assert.deepEqual(memberTree({ parameters }, { name: "m", varied: {}, parameters: { seed: 1 } }), {
    seed: 1,
    run: "m",
  });
  assert.throws(() => memberTree({ parameters }, { name: "m", varied: { "run.x": 1 }, parameters: null }), /run\.x/);
});

Deno.test("memberId() sorts as the members do", () => {
  assert.deepEqual([0, 7, 12345].map((i) => memberId("b", i)), ["b-00000", "b-00007", "b-12345"]);
});
