/** Positions of small patterns, and errors. */

import assert from "node:assert/strict";
import { isPtychoError, ParameterError } from "../errors.ts";
import { createRandom } from "../random.ts";
import { createPositions, type ScanPatternOptions } from "./scan_pattern.ts";

const BASE: ScanPatternOptions = { model: "raster", extent: null, spacing: 2, steps: 2, where: "scans.MF.xy" };

function positions(change: Partial<ScanPatternOptions>): number[] {
  return [...createPositions({ ...BASE, ...change })!].map((v) => Math.round(v * 1e9) / 1e9 + 0);
}

Deno.test("raster starts at 0, columns fastest, rows by the second value", () => {
  assert.deepEqual(positions({ spacing: [2, 3], steps: [2, 1] }), [0, 0, 0, 2]);
  assert.deepEqual(positions({}), [0, 0, 0, 2, 2, 0, 2, 2]);
});

Deno.test("round has 5 i points on shell i, the first of them along the columns", () => {
  const all = positions({ model: "round", steps: 3 });
  assert.equal(all.length / 2, 1 + 5 + 10);
  assert.deepEqual(all.slice(0, 4), [0, 0, 0, 2]);
  assert.equal(Math.hypot(all.at(-2)!, all.at(-1)!).toFixed(6), "4.000000");
});

Deno.test("spiral covers spacing^2 per point and stays within the radius", () => {
  const all = positions({ model: "spiral", spacing: 1, steps: 40 });
  assert.equal(all.length / 2, Math.floor(Math.PI * 20 * 20) + 1);
});

Deno.test("extent cuts after the offset, count keeps the first", () => {
  assert.deepEqual(positions({ extent: 3, offset: -1 }), [-1, -1, -1, 1, 1, -1, 1, 1]);
  assert.deepEqual(positions({ extent: 3 }), [0, 0]);
  assert.deepEqual(positions({ count: 3 }), [0, 0, 0, 2, 2, 0]);
});

Deno.test("steps follow from extent and spacing, spacing from extent and steps", () => {
  assert.deepEqual(positions({ extent: 8, steps: null, spacing: 3.9 }), [0, 0, 0, 3.9, 3.9, 0, 3.9, 3.9]);
  assert.deepEqual(positions({ extent: 8, spacing: null }), [0, 0, 0, 4, 4, 0, 4, 4]);
});

Deno.test("override passes through, no model gives null", () => {
  const override = Float64Array.of(1, 2, 3, 4);
  assert.equal(createPositions({ ...BASE, override }), override);
  assert.equal(createPositions({ ...BASE, model: null }), null);
});

Deno.test("jitter displaces each position evenly within its half width, by the seed, and drops none", () => {
  const grid = { model: "raster", extent: 200, spacing: 1, steps: 40, offset: -20 } as const;
  const still = createPositions({ ...BASE, ...grid })!;
  const jittered = (seed: number, change: Partial<ScanPatternOptions> = {}) =>
    createPositions({ ...BASE, ...grid, jitter: 0.3, random: createRandom(seed), ...change })!;
  const moves = jittered(1).map((metres, i) => (metres - still[i]!) / 0.3);
  assert.equal(moves.length, 2 * 1600);
  assert.ok(moves.every((m) => Math.abs(m) <= 1 + 1e-9));
  const mean = moves.reduce((a, b) => a + b) / moves.length;
  const variance = moves.reduce((a, b) => a + b * b, 0) / moves.length;
  // Of an even distribution over (-1, 1): 0 and 1 / 3, each within four of its standard deviations at 3200 draws.
  assert.ok(Math.abs(mean) < 4 * Math.sqrt(1 / 3 / 3200), String(mean));
  assert.ok(Math.abs(variance - 1 / 3) < 4 * Math.sqrt(4 / 45 / 3200), String(variance));
  assert.deepEqual(jittered(1), jittered(1));
  assert.notDeepEqual(jittered(2), jittered(1));
  assert.deepEqual(jittered(1, { count: 5 }), jittered(1).slice(0, 10));
  const override = Float64Array.of(1, 2);
  assert.ok(jittered(3, { override }).every((v, i) => v !== override[i] && Math.abs(v - override[i]!) <= 0.3));
});

Deno.test("errors name the parameter: too few of three, not positive, too many, jitter", () => {
  const fails = (change: Partial<ScanPatternOptions>) => {
    try {
      createPositions({ ...BASE, ...change });
    } catch (e) {
      assert.ok(isPtychoError(e));
      return e instanceof ParameterError ? e.issues[0]!.path : e._tag;
    }
    return "nothing";
  };
  assert.equal(fails({ spacing: null }), "scans.MF.xy");
  assert.equal(fails({ spacing: -1 }), "scans.MF.xy.spacing");
  assert.equal(fails({ extent: 1, spacing: 1e-9, steps: null }), "scans.MF.xy");
  assert.equal(fails({ jitter: -1e-7 }), "scans.MF.xy.jitter");
});
