/** Frames on the host: what is read when, and whose arrays may change. */

import { assertEquals } from "@std/assert/equals.js";
import { assertThrows } from "@std/assert/throws.js";
import { heldFrames } from "../measured.ts";
import { type HostFrames, keptFrames, measuredIntensities, measuredMasks } from "./host_frames.ts";

/** Two frames stay, three pass through in chunks of two; three numbers for each of two modes. */
const CUT = {
  chunks: [{ index: 0, first: 0, frames: 2 }, { index: 1, first: 2, frames: 2 }, { index: 2, first: 4, frames: 1 }],
  framesPerChunk: 2,
  resident: 2,
};
const RECORDS = { perFrame: 2, numbers: 3 };

function read(host: HostFrames, first: number, count: number): number[] {
  const found: number[] = [];
  host.visit({ first, count }, (values) => found.push(...values));
  return found;
}

Deno.test("kept frames begin as what they are given, or as zeros, across chunks", () => {
  const initial = Float32Array.from({ length: 30 }, (_, i) => i);
  const host = keptFrames(CUT, { initial, ...RECORDS });
  assertEquals(read(host, 4, 6), Array.from({ length: 18 }, (_, i) => 12 + i));
  assertEquals(read(host, 7, 2), [21, 22, 23, 24, 25, 26]);
  const pieces: number[] = [];
  host.visit({ first: 7, count: 2 }, (_, record) => pieces.push(record));
  assertEquals(pieces, [7, 8]);
  assertEquals(read(keptFrames(CUT, { initial: null, ...RECORDS }), 7, 2), [0, 0, 0, 0, 0, 0]);
});

Deno.test("kept frames take what comes back and leave the array that they began with alone", () => {
  const initial = Float32Array.from({ length: 30 }, (_, i) => i);
  const host = keptFrames(CUT, { initial, ...RECORDS });
  host.take(5, Float32Array.of(-1, -2, -3));
  host.take(7, Float32Array.of(-4, -5, -6, -7, -8, -9));
  assertEquals(read(host, 4, 6), [12, 13, 14, -1, -2, -3, 18, 19, 20, -4, -5, -6, -7, -8, -9, 27, 28, 29]);
  assertEquals(initial, Float32Array.from({ length: 30 }, (_, i) => i));
  const empty = keptFrames(CUT, { initial: null, ...RECORDS });
  empty.take(9, Float32Array.of(1, 2, 3));
  assertEquals(read(empty, 8, 2), [0, 0, 0, 1, 2, 3]);
});

Deno.test("measured frames are read where they are wanted; masks are padded to whole words", () => {
  const measured = heldFrames({
    points: 3,
    diffraction: Float32Array.from({ length: 12 }, (_, i) => i),
    mask: Uint8Array.from({ length: 12 }, (_, i) => i),
  });
  assertEquals(read(measuredIntensities(measured), 1, 2), [3, 4, 5, 6, 7, 8]);
  assertEquals(read(measuredMasks(measured), 2, 2), [6, 7, 8, 0, 9, 10, 11, 0]);
  assertThrows(() => measuredIntensities(measured).take(0, new Float32Array(3)), TypeError, "measured");
});
