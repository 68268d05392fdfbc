/** Trial shifts of a frame's view: placing one, judging it, and keeping the best. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";

/** Columns of the table of object storages: origin (y, x) and pixel size (y, x) in metres, rows and columns. */
export const OBJECT_TABLE_COLUMNS = 6;

/**
 * Moves the pods of a frame to the position of trial number `trial` (0 = where the frame is). Changes `moved` and `outcome[2]` = 1 if
 * every pod's view lies inside its object storage; where it does not, or the trial is not a number, `moved` is the old address.
 *
 * moved     (mode, ADDRESS.columns)
 * address   (mode, ADDRESS.columns)
 * position  (2)                            metres, (y, x)
 * trials    (trial, 2)                     metres from `position`
 * objects   (object, OBJECT_TABLE_COLUMNS)
 * outcome   (3)
 *
 * A view's first pixel is `round((position - origin) / psize + 1e-5) - (frame >> 1)`, halves to even.
 * @see Maiden et al., Ultramicroscopy 120 (2012) 64, 10.1016/j.ultramic.2012.06.001
 */
export const placeTrial = defineFrameKernel({
  name: "place_trial",
  bindings: {
    moved: "frame:int:write",
    address: "frame:int:read",
    position: "frame:wide:read",
    trials: "frame:wide:read",
    objects: "whole:wide:read",
    outcome: "frame:wide:update",
  },
  params: { trial: "int" },
  cpu({ moved, address, position, trials, objects, outcome }, { trial }, { modes, rows, cols }) {
    moved.set(address);
    outcome[2] = 1;
    if (trial === 0) return;
    const y = position[0]! + trials[2 * (trial - 1)]!;
    const x = position[1]! + trials[2 * (trial - 1) + 1]!;
    for (let row = 0; row < modes * ADDRESS.columns; row += ADDRESS.columns) {
      const object = OBJECT_TABLE_COLUMNS * address[row + ADDRESS.object]!;
      const oy = roundToEven((y - objects[object]!) / objects[object + 2]! + 1e-5) - (rows >> 1);
      const ox = roundToEven((x - objects[object + 1]!) / objects[object + 3]! + 1e-5) - (cols >> 1);
      if (oy >= 0 && ox >= 0 && oy + rows <= objects[object + 4]! && ox + cols <= objects[object + 5]!) {
        moved[row + ADDRESS.oy] = oy;
        moved[row + ADDRESS.ox] = ox;
      } else {
        outcome[2] = 0;
      }
    }
    if (outcome[2] === 0) moved.set(address);
  },
});

/**
 * Judges a trial by `sum(mask (sqrt(sum_m |wave|^2) - sqrt(diffraction))^2)` and remembers the best. Changes `outcome` = (least
 * metric, its trial, inside).
 *
 * wave         (mode, y, x)  complex, model at the detector
 * diffraction  (y, x)        photons
 * mask         (y, x)        1 = valid
 * outcome      (3)
 *
 * @see PtyPy 0.4: position refinement metric (0.9 differs: divided by the number of valid pixels)
 */
export const judgeTrial = defineFrameKernel({
  name: "judge_trial",
  bindings: {
    wave: "frame:wide_complex:read",
    diffraction: "frame:real:read",
    mask: "frame:byte:read",
    outcome: "frame:wide:update",
  },
  params: { trial: "int" },
  cpu({ wave, diffraction, mask, outcome }, { trial }, { modes, rows, cols }) {
    if (outcome[2] === 0) return;
    const points = rows * cols;
    let sum = 0;
    for (let i = 0; i < points; i++) {
      if (mask[i] === 0) continue;
      let intensity = wave[2 * i]! * wave[2 * i]! + wave[2 * i + 1]! * wave[2 * i + 1]!;
      for (let w = 2 * (i + points); w < 2 * modes * points; w += 2 * points) {
        intensity += wave[w]! * wave[w]! + wave[w + 1]! * wave[w + 1]!;
      }
      sum += (Math.sqrt(intensity) - Math.sqrt(Math.abs(diffraction[i]!))) ** 2;
    }
    if (trial > 0 && !(sum < outcome[0]!)) return;
    outcome[0] = sum;
    outcome[1] = trial;
  },
});

/**
 * Takes over the best trial. Changes `address` and `position`.
 *
 * address   (mode, ADDRESS.columns)
 * position  (2)                            metres, (y, x)
 * trials    (trial, 2)                     metres
 * objects   (object, OBJECT_TABLE_COLUMNS)
 * outcome   (3)                            from judge_trial
 *
 * All pods of the frame move together (PtyPy moves the view of the first pod only, so that modes part).
 */
export const acceptTrial = defineFrameKernel({
  name: "accept_trial",
  bindings: {
    address: "frame:int:update",
    position: "frame:wide:update",
    trials: "frame:wide:read",
    objects: "whole:wide:read",
    outcome: "frame:wide:read",
  },
  params: {},
  cpu({ address, position, trials, objects, outcome }, _, { modes, rows, cols }) {
    const trial = outcome[1]!;
    if (trial === 0) return;
    position[0] = position[0]! + trials[2 * (trial - 1)]!;
    position[1] = position[1]! + trials[2 * (trial - 1) + 1]!;
    for (let row = 0; row < modes * ADDRESS.columns; row += ADDRESS.columns) {
      const object = OBJECT_TABLE_COLUMNS * address[row + ADDRESS.object]!;
      address[row + ADDRESS.oy] = roundToEven((position[0]! - objects[object]!) / objects[object + 2]! + 1e-5) -
        (rows >> 1);
      address[row + ADDRESS.ox] = roundToEven((position[1]! - objects[object + 1]!) / objects[object + 3]! + 1e-5) -
        (cols >> 1);
    }
  },
});

function roundToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}
