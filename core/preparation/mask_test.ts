/** Masks are kept once for all frames until one differs. */

import assert from "node:assert/strict";
import { createMaskCollector } from "./mask.ts";

Deno.test("createMaskCollector() keeps one mask while all frames have the same", () => {
  const masks = createMaskCollector({ frames: 3, pixels: 2 });
  const mask = new Uint8Array([1, 0]);
  for (let frame = 0; frame < 3; frame++) masks.add(frame, mask);
  mask.fill(7); // The collector has its own copy.
  assert.deepEqual(masks.result(), { mask: new Uint8Array([1, 0]), maskFrames: 1 });
});

Deno.test("createMaskCollector() keeps one per frame from the first that differs", () => {
  const masks = createMaskCollector({ frames: 4, pixels: 2 });
  for (const [frame, mask] of [[1, 0], [1, 0], [0, 1], [1, 0]].entries()) masks.add(frame, Uint8Array.from(mask));
  assert.deepEqual(masks.result(), { mask: new Uint8Array([1, 0, 1, 0, 0, 1, 1, 0]), maskFrames: 4 });
});
