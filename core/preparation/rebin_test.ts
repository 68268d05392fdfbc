/** Blocks of pixels. */

import assert from "node:assert/strict";
import { rebinMean, rebinValid } from "./rebin.ts";

Deno.test("rebinMean() is the mean of each block, not the sum", () => {
  const out = new Float64Array(2);
  rebinMean(out, new Float64Array([1, 2, 10, 20, 3, 6, 30, 40]), { shape: [2, 4], bin: 2 });
  assert.deepEqual([...out], [3, 25]);
});

Deno.test("rebinMean() by 3 keeps rows and columns apart", () => {
  const frame = Float64Array.from({ length: 54 }, (_, i) => Math.floor(i / 9) * 100 + i % 9); // 6 x 9
  const out = new Float64Array(6);
  rebinMean(out, frame, { shape: [6, 9], bin: 3 });
  const expected = [101, 104, 107, 401, 404, 407];
  for (let i = 0; i < 6; i++) assert.ok(Math.abs(out[i]! - expected[i]!) < 1e-10);
});

Deno.test("rebinValid() is 1 only where every pixel of the block has a positive weight", () => {
  const out = new Float64Array(3);
  rebinValid(out, new Float64Array([1, 2, 0, 1, 1, NaN, 0.5, 1, 1, 1, 1, 1]), { shape: [2, 6], bin: 2 });
  assert.deepEqual([...out], [1, 0, 0]);
});
