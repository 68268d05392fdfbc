/** The propagator of a geometry: from the sample to the detector and back. */

import { createFft2 } from "../../kernels/fft/fft.ts";
import type { Precision } from "../../kernels/nd_array.ts";
import { scaledField } from "../../kernels/propagation/scaled_field.ts";
import type { PropagatorFactors } from "../../kernels/reconstruction.ts";
import type { Geometry } from "../geometry.ts";
import { farField } from "./far_field.ts";
import { multiplyBy } from "./grid.ts";
import { nearFieldKernel } from "./near_field.ts";
import { hasMisfit, scaledFarField } from "./scaled_far_field.ts";

/** Propagates single waves in double precision. Unitary unless the geometry has a misfit; `backward` is the adjoint of `forward`. */
export interface Propagator {
  readonly geometry: Geometry;
  /** Pixels added around the wave before the transform, in all, (y, x). */
  readonly padding: readonly [number, number];
  /** From the sample to the detector. Takes a complex wave (y, x) of the geometry's shape and returns a new one. */
  forward(wave: Float64Array): Float64Array;
  /** From the detector to the sample, as `forward`. */
  backward(wave: Float64Array): Float64Array;
}

/** How a propagator is made. */
export interface PropagatorOptions {
  /** Rounds a misfit to whole pixels and pads by them, as PtyPy does, in place of a transform that is exact for any misfit. */
  readonly wholePixels?: boolean;
}

/** The propagator that a geometry asks for. It owns a transform's scratch: use it in one thread at a time. */
export function createPropagator(geometry: Geometry, { wholePixels = false }: PropagatorOptions = {}): Propagator {
  if (geometry.propagation === "nearfield") return nearPropagator(geometry);
  return hasMisfit(geometry) && !wholePixels ? scaledPropagator(geometry) : farPropagator(geometry);
}

/**
 * The propagators of geometries that differ in their energy as factors for the kernels, in the given precision. They are of one kind:
 * where one of them has a misfit, all are scaled. The phase at the detector is left out of scaled ones: see
 * kernels/propagation/propagator.ts.
 */
export function propagatorFactors(geometries: readonly Geometry[], precision: Precision): PropagatorFactors[] {
  const cast = (a: Float64Array) => precision === "single" ? Float32Array.from(a) : a;
  const scaled = geometries.some(hasMisfit);
  return geometries.map((geometry) => {
    if (geometry.propagation === "nearfield") return { kind: "nearfield", kernel: cast(nearFieldKernel(geometry)) };
    if (scaled) {
      const { y, x } = scaledFarField(geometry);
      return { kind: "scaled", y: cast(y), x: cast(x) };
    }
    const { pre, post } = farField(geometry);
    return { kind: "farfield", pre: cast(pre), post: cast(post) };
  });
}

function scaledPropagator(geometry: Geometry): Propagator {
  const [rows, cols] = geometry.shape;
  const { y, x, post } = scaledFarField(geometry);
  const { forward, backward } = scaledField({ kind: "scaled", y, x }, { rows, cols });
  return {
    geometry,
    padding: [0, 0],
    forward(wave) {
      const w = wave.slice();
      forward(w);
      multiplyBy(w, post, { conjugate: false });
      return w;
    },
    backward(wave) {
      const w = wave.slice();
      multiplyBy(w, post, { conjugate: true });
      backward(w);
      return w;
    },
  };
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
