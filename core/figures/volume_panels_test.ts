/** Which planes of a volume a picture shows. */

import assert from "node:assert/strict";
import { complexArray } from "../../kernels/nd_array.ts";
import { assertClose, ROUNDING } from "../../kernels/testing.ts";
import type { ImagePanel } from "./image_panel.ts";
import { volumeRows } from "./volume_panels.ts";

/** A volume of 3 x 4 x 5 voxels, 0 but for one. */
function volume(theta_bragg: number | null) {
  const data = new Float64Array(2 * 60);
  data[2 * ((2 * 4 + 1) * 5 + 3) + 1] = 2;
  const psize = [2e-8, 3e-8] as const;
  return { ID: "S", data: complexArray(data, [1, 3, 4, 5]), psize, depth: { psize: 1e-8, theta_bragg } };
}

Deno.test("volumeRows() shows the planes that hold the amplitude, and says which", () => {
  const [amplitude, phase] = volumeRows(volume(null), { title: "Object", withPhase: true });
  assert.deepEqual(amplitude!.map(({ title, note }) => [title, note]), [
    ["Object amplitude: r1 down, r2 right", "plane 3 of 3 in r3"],
    ["Object amplitude: r3 down, r2 right", "plane 2 of 4 in r1"],
    ["Object amplitude: r3 down, r1 right", "plane 4 of 5 in r2"],
  ]);
  assert.deepEqual(amplitude!.map(({ picture: { rows, cols }, psize }) => [rows, cols, ...psize]), [
    [4, 5, 2e-8, 3e-8],
    [3, 5, 1e-8, 3e-8],
    [3, 4, 1e-8, 2e-8],
  ]);
  // White where the voxel is, black elsewhere.
  const bright = ({ picture: { rgb } }: ImagePanel) => [...rgb.keys()].filter((i) => rgb[i]! > 200);
  assert.deepEqual(amplitude!.map((panel) => bright(panel)[0]! / 3), [1 * 5 + 3, 2 * 5 + 3, 2 * 4 + 1]);
  assert.match(phase![0]!.title, /^Object phase/);
});

Deno.test("volumeRows() shows orthogonal axes where the Bragg angle is known", () => {
  const [amplitude] = volumeRows(volume(60), { title: "Probe", withPhase: false });
  assert.deepEqual(amplitude!.slice(0, 2).map(({ title }) => title), [
    "Probe amplitude: z down, y right",
    "Probe amplitude: x down, y right",
  ]);
  assertClose(amplitude![1]!.psize, [0.5e-8, 3e-8], ROUNDING);
});

Deno.test("volumeRows() takes the middle of equal planes, and says what is not finite", () => {
  const places = (numbers: Float64Array) => {
    const storage = { ...volume(null), data: complexArray(numbers, [1, 3, 4, 5]) };
    return volumeRows(storage, { title: "O", withPhase: false })[0]!.map(({ note }) => note);
  };
  const flat = new Float64Array(120).fill(1);
  assert.deepEqual(places(flat), ["plane 2 of 3 in r3", "plane 3 of 4 in r1", "plane 3 of 5 in r2"]);
  flat[2 * ((1 * 4 + 2) * 5 + 2)] = NaN;
  assert.match(places(flat).join(), /not finite/);
});
