/** The figure of data: a dot for each position, and no scale where there is none. */

import assert from "node:assert/strict";
import { scanFigure } from "./scan_figure.ts";

const SCAN = {
  positions: Float64Array.of(0, 0, 0, 3e-6, 1e-6, 0),
  mean: Float64Array.of(0, 9, 99, NaN, 0, 0),
  shape: [2, 3],
  psize: [1e-4, 1e-4],
} as const;

Deno.test("scanFigure() draws each position, rows down, on one scale, and the scale of the detector", () => {
  const svg = scanFigure("a.cxi", [SCAN]);
  const dots = [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  assert.equal(dots.length, 3);
  const [a, right, down] = dots as [readonly [number, number], readonly [number, number], readonly [number, number]];
  assert.equal(right[1], a[1]);
  assert.equal(down[0], a[0]);
  // Three times as far to the right as down, to the rounding of figures.
  assert.ok(Math.abs((right[0] - a[0]) / (down[1] - a[1]) - 3) < 1e-3);
  assert.match(svg, /3 x 2 pixels of 100 µm/);
  // 50 µm are half a pixel of 459 / 3 units.
  assert.match(svg, /width="76.5".*>50 µm</);
});

Deno.test("scanFigure() of frames whose pixel size nobody knows has no scale bar, and none of positions that are not there", () => {
  const svg = scanFigure("a.h5", [{ ...SCAN, psize: null, positions: null }]);
  assert.doesNotMatch(svg, / m<|m<\/text>|circle/);
  assert.match(svg, /3 x 2 pixels</);
});
