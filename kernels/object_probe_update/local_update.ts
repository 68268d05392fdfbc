/** Updates of object and probe from a single view, one after the other. */

import { defineFrameKernel } from "../kernel.ts";
import { ADDRESS } from "../reconstruction.ts";

/**
 * Takes the projected wave of a pod as its exit wave and leaves its difference from the model. Changes `exitWave`, `wave` to
 * `wave - probe * object` and `errors[2]` to the sum of squared moduli of the difference.
 *
 * exitWave  (y, x)                complex
 * wave      (y, x)                complex
 * address   (ADDRESS.columns)
 * errors    (3)
 */
export const exitDifference = defineFrameKernel({
  name: "exit_difference",
  bindings: {
    exitWave: "frame:complex:write",
    wave: "frame:wide_complex:update",
    probe: "whole:complex:read",
    object: "whole:complex:read",
    address: "frame:int:read",
    errors: "frame:wide:update",
  },
  params: {},
  cpu({ exitWave, wave, probe, object, address, errors }, _, { rows, cols }) {
    exitWave.set(wave);
    let sum = 0;
    for (let y = 0; y < rows; y++) {
      let p = 2 * (address[ADDRESS.probeStart]! + y * cols);
      let o = 2 * viewRow(address, y);
      for (let w = 2 * y * cols; w < 2 * (y + 1) * cols; w += 2, p += 2, o += 2) {
        wave[w] = wave[w]! - (probe[p]! * object[o]! - probe[p + 1]! * object[o + 1]!);
        wave[w + 1] = wave[w + 1]! - (probe[p]! * object[o + 1]! + probe[p + 1]! * object[o]!);
        sum += wave[w]! ** 2 + wave[w + 1]! ** 2;
      }
    }
    errors[2] = sum;
  },
});

/**
 * `object += alpha * conj(probe) / max|probe|^2 * difference` at the pod's view; the maximum is over the pod's probe layer. Changes
 * `object`.
 *
 * object      all object layers    complex
 * probe       all probe layers     complex
 * difference  (y, x)               complex
 * address     (ADDRESS.columns)
 *
 * @see Maiden and Rodenburg, Ultramicroscopy 109 (2009) 1256, 10.1016/j.ultramic.2009.05.012, eq. 6
 */
export const objectUpdateLocal = defineFrameKernel({
  name: "object_update_local",
  bindings: {
    object: "whole:complex:update",
    probe: "whole:complex:read",
    difference: "frame:wide_complex:read",
    address: "frame:int:read",
  },
  params: { alpha: "real" },
  cpu({ object, probe, difference, address }, { alpha }, { rows, cols }) {
    const start = 2 * address[ADDRESS.probeStart]!;
    let peak = 0;
    for (let p = start; p < start + 2 * rows * cols; p += 2) peak = Math.max(peak, probe[p]! ** 2 + probe[p + 1]! ** 2);
    if (peak === 0) return;
    const step = alpha / peak;
    for (let y = 0; y < rows; y++) {
      let p = start + 2 * y * cols;
      let o = 2 * viewRow(address, y);
      for (let w = 2 * y * cols; w < 2 * (y + 1) * cols; w += 2, p += 2, o += 2) {
        object[o] = object[o]! + step * (probe[p]! * difference[w]! + probe[p + 1]! * difference[w + 1]!);
        object[o + 1] = object[o + 1]! + step * (probe[p]! * difference[w + 1]! - probe[p + 1]! * difference[w]!);
      }
    }
  },
});

/**
 * The squared modulus of the element with the largest real part (ties: the largest imaginary part) among `count` elements of the
 * object from the first. Changes `peak`, (1).
 *
 * @see PtyPy 0.4: engines.ePIE takes this for the maximum of the object's modulus, because numpy orders complex numbers so
 */
export const objectPeak = defineFrameKernel({
  name: "object_peak",
  bindings: { peak: "whole:wide:write", object: "whole:complex:read" },
  params: { count: "int" },
  cpu({ peak, object }, { count }) {
    let [re, im] = [object[0]!, object[1]!];
    for (let i = 2; i < 2 * count; i += 2) {
      const other = object[i]!;
      if (other > re || (other === re && object[i + 1]! > im)) [re, im] = [other, object[i + 1]!];
    }
    peak[0] = re * re + im * im;
  },
});

/**
 * `probe += beta * conj(object) / peak * difference` in the pod's probe layer, then zero outside the support disc (`support` < 0 for
 * none; see probe_support). Changes `probe`.
 *
 * probe       all probe layers     complex
 * object      all object layers    complex, already updated
 * difference  (y, x)               complex
 * address     (ADDRESS.columns)
 * peak        (1)
 *
 * @see Maiden and Rodenburg, Ultramicroscopy 109 (2009) 1256, 10.1016/j.ultramic.2009.05.012, eq. 7
 */
export const probeUpdateLocal = defineFrameKernel({
  name: "probe_update_local",
  bindings: {
    probe: "whole:complex:update",
    object: "whole:complex:read",
    difference: "frame:wide_complex:read",
    address: "frame:int:read",
    peak: "whole:wide:read",
  },
  params: { beta: "real", support: "real" },
  cpu({ probe, object, difference, address, peak }, { beta, support }, { rows, cols }) {
    const step = peak[0] === 0 ? 0 : beta / peak[0]!;
    const limit = support < 0 ? Infinity : support * rows * cols;
    for (let y = 0; y < rows; y++) {
      const dy = y - (rows / 2 - 0.5);
      let p = 2 * (address[ADDRESS.probeStart]! + y * cols);
      let o = 2 * viewRow(address, y);
      for (let x = 0, w = 2 * y * cols; x < cols; x++, w += 2, p += 2, o += 2) {
        const dx = x - (cols / 2 - 0.5);
        const inside = Math.PI * (dy * dy + dx * dx) < limit;
        const re = probe[p]! + step * (object[o]! * difference[w]! + object[o + 1]! * difference[w + 1]!);
        const im = probe[p + 1]! + step * (object[o]! * difference[w + 1]! - object[o + 1]! * difference[w]!);
        probe[p] = inside ? re : 0;
        probe[p + 1] = inside ? im : 0;
      }
    }
  },
});

/** Element of the object where row `y` of a pod's view begins. */
function viewRow(address: Int32Array, y: number): number {
  return address[ADDRESS.objectStart]! + (address[ADDRESS.oy]! + y) * address[ADDRESS.objectStride]! +
    address[ADDRESS.ox]!;
}
