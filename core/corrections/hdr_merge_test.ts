/** Exposures merged by hand. */

import assert from "node:assert/strict";
import { mergeExposures } from "./hdr_merge.ts";

/** Rows and columns differ, so that neighbours do. */
const SIZE = { rows: 4, cols: 6 };
const LIMITS = { ...SIZE, thresholds: [500, 50_000] as const };

/** A pattern from dim to bright, as an exposure of `time` sees it with a camera of 16 bits. */
function exposure(time: number, light: readonly number[]): { data: Float64Array; time: number } {
  return { data: Float64Array.from(light, (counts) => Math.min(65_535, counts * time)), time };
}

Deno.test("mergeExposures() gives the light of the longest exposure back, over more than the camera's range", () => {
  // 1000 * 2^(y + 2 x): up to 8.2e6, which only the exposure of 1/256 sees.
  const light = Array.from({ length: 24 }, (_, i) => 1000 * 2 ** (Math.floor(i / 6) + 2 * (i % 6)));
  const exposures = [1, 1 / 16, 1 / 256].map((time) => exposure(time, light));
  for (const order of [[0, 1, 2], [2, 0, 1]]) {
    const { values, mask } = mergeExposures(order.map((i) => exposures[i]!), LIMITS);
    assert.deepEqual([...values], light);
    assert.ok(mask.every((valid) => valid === 1));
  }
});

Deno.test("mergeExposures() scales to the longest exposure, whatever its unit", () => {
  const light = Array.from({ length: 24 }, (_, i) => 1000 + i);
  const { values } = mergeExposures([exposure(4, light), exposure(16, light)], LIMITS);
  assert.deepEqual([...values], light.map((counts) => 16 * counts));
});

Deno.test("mergeExposures() does not trust what touches saturated pixels, up, down, left and right", () => {
  const light = Array.from({ length: 24 }, (_, i) => i === 8 ? 60_000 : 8000);
  const long = exposure(1, light);
  const short = { data: Float64Array.from(light, (counts) => counts / 8 + 1), time: 1 / 8 };
  const { values } = mergeExposures([long, short], LIMITS);
  const changed = [...values].flatMap((v, i) => v === light[i] ? [] : [i]);
  assert.deepEqual(changed, [2, 7, 8, 9, 14]);
  for (const i of changed) assert.equal(values[i], light[i]! + 8);
});

Deno.test("mergeExposures() keeps the longest where others are too dim, and masks what is saturated in all", () => {
  const light = Array.from({ length: 24 }, (_, i) => i === 8 ? 5e7 : 40);
  const { values, mask } = mergeExposures([exposure(1, light), exposure(1 / 100, light)], LIMITS);
  assert.equal(values[8], 65_535);
  assert.deepEqual([...mask].flatMap((v, i) => v === 0 ? [i] : []), [2, 7, 8, 9, 14]);
  assert.deepEqual([values[0], values[23]], [40, 40]);
});
