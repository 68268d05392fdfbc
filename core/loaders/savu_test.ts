/** Arrays as they are given. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { savuParams } from "../parameters/scandata/savu.ts";
import { savu } from "./savu.ts";
import { assertNear, assertRefused, BEAMLINES, framesOf, openScan, prepareCase, rawFrame } from "./testing.ts";

const CASE = { loader: savu, schema: savuParams, home: join(BEAMLINES, "savu") };
const POSITIONS = [1e-6, 1e-5, 2e-6, 3e-5, 4e-6, -2e-5, 8e-6, 5e-6];
const FILES = { data: "arrays.h5:/entry/frames", positions: "arrays.h5:/entry/positions" };

for (const data of ["arrays.h5:/entry/frames", "frames.npy", [0, 1, 2, 3].map((i) => nested(rawFrame(i)))]) {
  Deno.test(`Savu takes frames from ${typeof data === "string" ? data : "nested lists"}, by range`, () => {
    using scan = openScan(CASE, { ...FILES, data });
    assert.equal(scan.numFrames, 4);
    assert.deepEqual(framesOf(scan, 1, 3), [rawFrame(1), rawFrame(2)]);
    assertNear(scan.positions!, POSITIONS);
    assert.equal(scan.weight, null);
  });
}

Deno.test("Savu takes one mask for all frames", () => {
  const { masks } = prepareCase(CASE, { ...FILES, mask: "arrays.h5:/entry/mask", shape: 4, center: [2, 2] });
  assert.deepEqual(masks, [1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
});

Deno.test("Savu takes a mask for each frame", () => {
  using scan = openScan(CASE, { ...FILES, mask: "arrays.h5:/entry/masks" });
  const { weights } = scan.frames(2, 3);
  assert.deepEqual([...weights!.data].flatMap((v, i) => Number(v) === 0 ? [i] : []), [6, 9, 28]);
});

Deno.test("Savu without positions takes those of positions_theory", () => {
  const positions_theory = [[0, 0], [0, 1e-6], [1e-6, 0], [1e-6, 1e-6]];
  assert.deepEqual([...prepareCase(CASE, { data: FILES.data, positions_theory }).positions], positions_theory.flat());
});

const REFUSED: readonly [string, Record<string, unknown>, RegExp][] = [
  ["no data", { positions: FILES.positions }, /scans\.S\.data\.data: found None, expected frames/],
  ["no positions", { data: FILES.data }, /found no positions, expected one per frame/],
  ["a misspelt data set", { ...FILES, data: "arrays.h5:/entry/frame" }, /no "frame" in group "\/entry".*"frames"/],
  [
    "frames in one axis",
    { ...FILES, data: "arrays.h5:/entry/flat_frames" },
    /found shape \(4, 35\), expected \(frame, y, x\)/,
  ],
  [
    "a mask of another shape",
    { ...FILES, mask: [[1, 1]] },
    /data\.mask: found shape \(1, 2\), expected \(5, 7\) or \(4, 5, 7\)/,
  ],
  ["fewer positions than frames", { ...FILES, positions: [[0, 0]] }, /found 1 positions for 4 frames/],
  ["positions in one column", { ...FILES, positions: [[0], [1], [2], [3]] }, /expected \(frame, 2\)/],
];
for (const [what, written, says] of REFUSED) {
  Deno.test(`Savu with ${what} is refused`, () => assertRefused(CASE, written, says));
}

function nested(frame: number[]): number[][] {
  return Array.from({ length: 5 }, (_, y) => frame.slice(7 * y, 7 * y + 7));
}
