/** The propagator of a geometry: from the sample to the detector and back. */

import { createFft2 } from "../../kernels/fft/fft.ts";
import type { Precision } from "../../kernels/nd_array.ts";
import type { PropagatorFactors } from "../../kernels/reconstruction.ts";
import { UnsupportedError } from "../errors.ts";
import type { Geometry } from "../geometry.ts";
import { farField } from "./far_field.ts";
import { multiplyBy } from "./grid.ts";
import { nearFieldKernel } from "./near_field.ts";

/** Propagates single waves in double precision. Unitary unless the geometry needs padding; `backward` is the adjoint of `forward`. */
export interface Propagator {
  readonly geometry: Geometry;
  /** Pixels added around the wave before the transform, in all, (y, x). */
  readonly padding: readonly [number, number];
  /** From the sample to the detector. Takes a complex wave (y, x) of the geometry's shape and returns a new one. */
  forward(wave: Float64Array): Float64Array;
  /** From the detector to the sample, as `forward`. */
  backward(wave: Float64Array): Float64Array;
}

/** The propagator that a geometry asks for. It owns a transform's scratch: use it in one thread at a time. */
export function createPropagator(geometry: Geometry): Propagator {
  return geometry.propagation === "farfield" ? farPropagator(geometry) : nearPropagator(geometry);
}

/**
 * The same propagator as factors for the kernels, in the given precision.
 *
 * @throws {UnsupportedError} if the geometry has a misfit, so that waves would have to be padded
 */
export function propagatorFactors(geometry: Geometry, precision: Precision): PropagatorFactors {
  const cast = (a: Float64Array) => precision === "single" ? Float32Array.from(a) : a;
  if (geometry.propagation === "nearfield") return { kind: "nearfield", kernel: cast(nearFieldKernel(geometry)) };
  const { padding, pre, post } = farField(geometry);
  if (padding[0] !== 0 || padding[1] !== 0) {
    throw new UnsupportedError(
      `Cannot reconstruct with both psize ${geometry.psize} and resolution ${geometry.resolution}: found a misfit of (${geometry.misfit}) pixels, expected less than 1; give one of the two only`,
      { misfit: geometry.misfit },
    );
  }
  return { kind: "farfield", pre: cast(pre), post: cast(post) };
}

function farPropagator(geometry: Geometry): Propagator {
  const { padding, rows, cols, pre, post } = farField(geometry);
  const fft = createFft2(rows, cols);
  const root = Math.sqrt(rows * cols);
  const padded = [rows, cols] as const;
  return {
    geometry,
    padding,
    forward(wave) {
      const w = fitCentred(wave, geometry.shape, padded);
      multiplyBy(w, pre, { conjugate: false });
      fft.forward(w);
      multiplyBy(w, post, { conjugate: false });
      return fitCentred(w.map((v) => v / root), padded, geometry.shape);
    },
    backward(wave) {
      const w = fitCentred(wave, geometry.shape, padded);
      multiplyBy(w, post, { conjugate: true });
      fft.inverse(w);
      multiplyBy(w, pre, { conjugate: true });
      return fitCentred(w.map((v) => v * root), padded, geometry.shape);
    },
  };
}

function nearPropagator(geometry: Geometry): Propagator {
  const fft = createFft2(...geometry.shape);
  const kernel = nearFieldKernel(geometry);
  function convolve(wave: Float64Array, conjugate: boolean): Float64Array {
    const w = wave.slice();
    fft.forward(w);
    multiplyBy(w, kernel, { conjugate });
    fft.inverse(w);
    return w;
  }
  return {
    geometry,
    padding: [0, 0],
    forward: (wave) => convolve(wave, false),
    backward: (wave) => convolve(wave, true),
  };
}

/** A copy of a complex wave, cut or filled with 0 evenly on both sides to another shape. */
function fitCentred(
  wave: Float64Array,
  [rows, cols]: readonly [number, number],
  [toRows, toCols]: readonly [number, number],
): Float64Array {
  if (rows === toRows && cols === toCols) return wave.slice();
  const result = new Float64Array(2 * toRows * toCols);
  const dy = (toRows - rows) / 2;
  const dx = (toCols - cols) / 2;
  for (let y = Math.max(0, -dy); y < Math.min(rows, toRows - dy); y++) {
    const first = Math.max(0, -dx);
    const row = wave.subarray(2 * (y * cols + first), 2 * (y * cols + Math.min(cols, toCols - dx)));
    result.set(row, 2 * ((y + dy) * toCols + first + dx));
  }
  return result;
}
