/** Measured frames, read by range. */

import { assertEquals } from "@std/assert/equals.js";
import { heldFrames, visitFrames } from "./measured.ts";

const FRAMES = heldFrames({
  points: 2,
  diffraction: Float32Array.of(0, 1, 10, 11, 20, 21, 30, 31),
  mask: Uint8Array.of(1, 0),
});

Deno.test("visitFrames() visits a range in order, and no more after a frame for which it is told false", () => {
  const seen: number[][] = [];
  visitFrames(FRAMES, ({ frame, diffraction }) => void seen.push([frame, diffraction[1]!]), { first: 1, end: 3 });
  assertEquals(seen, [[1, 11], [2, 21]]);
  const some: number[] = [];
  visitFrames(FRAMES, ({ frame }) => {
    some.push(frame);
    return frame < 2;
  });
  assertEquals(some, [0, 1, 2]);
});
