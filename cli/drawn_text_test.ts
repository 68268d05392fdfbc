/** Drawings in characters, by hand. */

import assert from "node:assert/strict";
import { besides, drawPattern, drawPoints } from "./drawn_text.ts";

Deno.test("drawPoints() puts rows down and columns to the right, on one scale", () => {
  // 2 x 2 characters are 8 dots high and 4 wide: (0, 0) is upper left, (7, 3) lower right, (4, 0) the first dot of the second line.
  const points = Float64Array.of(0, 0, 7, 3, 4, 0);
  assert.deepEqual(drawPoints(points, { cols: 2, rows: 2 }), ["⠁⠀", "⠁⢀"]);
  // One place only.
  assert.deepEqual(drawPoints(Float64Array.of(5, 5, 5, 5), { cols: 1, rows: 1 }), ["⠁"]);
});

Deno.test("drawPattern() shades by the logarithm and marks what is masked", () => {
  // Four rows of pixels are two lines, since characters are twice as high as wide.
  const values = Float64Array.of(0, 999, 0, 999, 9, NaN, 9, NaN);
  assert.deepEqual(drawPattern(values, { shape: [4, 2], cols: 2, rows: 2 }), [" @", "-×"]);
  // Wide patterns keep their proportions.
  const wide = drawPattern(new Float64Array(8 * 2).fill(1), { shape: [2, 8], cols: 8, rows: 8 });
  assert.deepEqual(wide, ["@@@@@@@@"]);
});

Deno.test("besides() aligns blocks of different height", () => {
  const text = besides([{ title: "a", lines: ["1234", "5"] }, { title: "bc", lines: ["6"] }]);
  assert.deepEqual(text, ["a       bc", "1234    6", "5"]);
});
