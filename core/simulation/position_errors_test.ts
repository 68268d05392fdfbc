/** Recorded positions: noise, its factors, and drift. */

import assert from "node:assert/strict";
import { isPtychoError } from "../errors.ts";
import { createRandom } from "../random.ts";
import { type PositionErrors, recordedPositions } from "./position_errors.ts";

const TRUE = Float64Array.from({ length: 2000 }, (_, i) => i);
const NONE: PositionErrors = { pos_noise: 0.5, pos_scale: 0, pos_drift: 0 };

function errors(p: Partial<PositionErrors>, seed = 1): Float64Array {
  const recorded = recordedPositions(TRUE, { ...NONE, ...p }, { random: createRandom(seed), where: "scans.A.data" });
  return recorded.map((v, i) => v - TRUE[i]!);
}

Deno.test("pos_scale 0, the default, leaves positions as they are", () => {
  assert.ok(errors({}).every((e) => e === 0));
});

Deno.test("pos_noise times pos_scale is the half width of an even distribution", () => {
  const all = errors({ pos_scale: 2 });
  const variance = all.reduce((sum, e) => sum + e * e, 0) / all.length;
  assert.ok(all.every((e) => Math.abs(e) <= 1));
  // Of an even distribution over (-1, 1): 1 / 3, within four standard deviations of its estimate from 2000 draws.
  assert.ok(Math.abs(variance - 1 / 3) < 4 * Math.sqrt(4 / 45 / 2000), String(variance));
  assert.deepEqual(errors({ pos_scale: 2 }), all);
});

Deno.test("a list of factors puts noise on single positions, and goes on with its last entry", () => {
  const [all, one] = [errors({ pos_scale: 1 }), errors({ pos_scale: [0, 1, 0] })];
  assert.deepEqual(one.slice(2, 4), all.slice(2, 4));
  assert.ok(one.every((e, i) => e === 0 || i === 2 || i === 3));
});

Deno.test("pos_drift shifts recorded positions, one by one or all", () => {
  assert.ok(errors({ pos_drift: 3 }).every((e) => e === 3));
  assert.deepEqual([...errors({ pos_drift: [0, 1, 2] }).slice(0, 8)], [0, 0, 1, 1, 2, 2, 2, 2]);
});

Deno.test("recordedPositions() refuses a negative noise and lists that are longer than the scan", () => {
  const names: readonly [Partial<PositionErrors>, string][] = [
    [{ pos_noise: -1 }, "pos_noise"],
    [{ pos_scale: Array(1001).fill(1) }, "pos_scale"],
    [{ pos_drift: Array(1001).fill(1) }, "pos_drift"],
  ];
  for (const [p, name] of names) {
    assert.throws(() => errors(p), (e) => isPtychoError(e, "ParameterError") && e.message.includes(`.${name}`));
  }
});
