/** Correction by dark and flat frames, by hand. */

import assert from "node:assert/strict";
import { isPtychoError } from "../errors.ts";
import { assertFits, correctDarkFlat, type CorrectionFrame, meanFrame, relativeResponse } from "./dark_flat.ts";

function image(...data: number[]): CorrectionFrame {
  return { shape: [1, data.length], data: Float64Array.from(data), source: "x" };
}

Deno.test("correctDarkFlat() is (raw - dark) / (flat - dark), at least 0, and NaN where there is no gain", () => {
  const correct = (dark: CorrectionFrame | null, flat: CorrectionFrame | null): number[] => {
    const frame = Float64Array.of(10, 20, 3, 8);
    correctDarkFlat(frame, { dark, flat });
    return [...frame];
  };
  const [dark, flat] = [image(2, 4, 5, 6), image(4, 12, 6, 6)];
  assert.deepEqual(correct(dark, null), [8, 16, 0, 2]);
  assert.deepEqual(correct(null, flat), [2.5, 20 / 12, 0.5, 8 / 6]);
  assert.deepEqual(correct(dark, flat), [4, 2, 0, NaN]);
  assert.deepEqual(correct(null, null), [10, 20, 3, 8]);
});

Deno.test("meanFrame() averages frames", () => {
  const frames = {
    numFrames: 2,
    shape: [1, 2] as const,
    source: "f",
    read: (start: number) => ({ data: [[1, 5], [2, 9]][start]! }),
  };
  assert.deepEqual([...meanFrame(frames, { what: "dark frame" }).data], [1.5, 7]);
  assert.throws(() => meanFrame({ ...frames, numFrames: 0 }, { what: "dark frame" }), /dark frame f: found 0 frames/);
});

Deno.test("assertFits() refuses another shape, also of as many pixels", () => {
  assertFits(null, { shape: [5, 7], source: "s" });
  const dark = { shape: [7, 5] as const, data: new Float64Array(35), source: 'dark frame "d.h5"' };
  assert.throws(
    () => assertFits(dark, { shape: [5, 7], source: "s" }),
    (e) =>
      isPtychoError(e, "DataError") && /dark frame "d\.h5": found shape \(7, 5\), expected \(5, 7\)/.test(e.message),
  );
});

Deno.test("relativeResponse() has a mean of 1 and no zeros", () => {
  assert.deepEqual([...relativeResponse(image(0, 2, 4, 6)).data], [1, 2 / 3, 4 / 3, 2]);
  assert.throws(() => relativeResponse(image(0, 0)), /found a mean of 0/);
});
