/** The initial probe from the parameters `illumination`. */

import type { NdArray } from "../kernels/nd_array.ts";
import { isComplex } from "../kernels/nd_array.ts";
import { aperture, type ApertureOptions } from "./aperture.ts";
import { DataError, ParameterError } from "./errors.ts";
import { type BeamPath, beamPath, type PropagationOptions } from "./beam_path.ts";
import { diversify, type DiversityOptions, type FieldNoise } from "./field_noise.ts";
import { multiplyBy } from "./propagators/grid.ts";
import type { Random } from "./random.ts";

/** The parameters `illumination` that shape the wave, with `model` read; see there for units. */
export interface IlluminationOptions {
  /** Left out: the wave is taken as it is. */
  readonly aperture?: ApertureOptions | null;
  readonly propagation?: PropagationOptions | null;
  /** Photons in all layers together before diversity; null to leave the amplitude as it is. */
  readonly photons: number | null;
  readonly diversity?: DiversityOptions | null;
}

/** The probe's array and what surrounds it. */
export interface IlluminationPlane {
  readonly layers: number;
  readonly shape: readonly [number, number];
  /** Sample pixel in metres, (y, x). */
  readonly psize: readonly [number, number];
  /** Photon energy in keV. */
  readonly energy: number;
  /** What comes in front of the aperture, (y, x) or (layer, y, x); null for a plane wave. */
  readonly model: NdArray | null;
  readonly random: Random;
  /** Path of the parameters, such as `scans.MF.illumination`. */
  readonly where: string;
}

/**
 * The initial probe, complex (layer, y, x): model, aperture, propagation, photons, diversity, in this order. Layers beyond those
 * of the model repeat its last. A negative `parallel` propagates backwards.
 *
 * @throws {ParameterError} if the model has another shape than the probe, or nothing passes the aperture, or `focussed` is negative
 * @throws {DataError} if the model has numbers that are not finite
 * @see PtyPy 0.4: core.illumination.init_storage (differs: factors in double, there in single precision; one diffuser for all layers)
 */
export function initialProbe(p: IlluminationOptions, plane: IlluminationPlane): Float64Array {
  const { layers, shape, where } = plane;
  const pixels = shape[0] * shape[1];
  const stack = stackOf(plane);
  const path = beamPath(p.propagation, { ...plane, where: `${where}.propagation` });
  const transmission = p.aperture ? apertureOn(path, p.aperture, plane) : null;
  for (let start = 0; start < stack.length; start += 2 * pixels) {
    const wave = path.enter(stack.slice(start, start + 2 * pixels));
    if (transmission !== null) multiplyBy(wave, transmission, { conjugate: false });
    stack.set(path.leave(wave), start);
  }
  scaleTo(stack, p.photons, where);
  if (p.diversity) {
    diversify(stack, p.diversity, {
      layers,
      rows: shape[0],
      cols: shape[1],
      psize: plane.psize,
      random: plane.random,
      where: `${where}.diversity`,
    });
  }
  return stack;
}

/** The aperture on a grid whose pixels may be finer than those that its edge and its diffuser are given in. */
function apertureOn(path: BeamPath, p: ApertureOptions, { random, where }: IlluminationPlane): Float64Array {
  const { fineness, grid, psize } = path;
  const through = {
    ...p,
    size: path.apertureSize ?? p.size,
    edge: p.edge * fineness,
    diffuser: p.diffuser === null ? null : onFinerGrid(p.diffuser, fineness),
  };
  return aperture(through, { grid, psize, random, where: `${where}.aperture` });
}

/** The same noise where features are more pixels wide: the smoothing over them takes more of its rms. */
function onFinerGrid(noise: FieldNoise, fineness: number): FieldNoise {
  return noise.map((v) => v * fineness) as unknown as FieldNoise;
}

/** The model as a complex stack of the probe's layers. */
function stackOf({ layers, shape, model, where }: IlluminationPlane): Float64Array {
  const pixels = shape[0] * shape[1];
  if (model === null) return Float64Array.from({ length: 2 * layers * pixels }, (_, i) => 1 - i % 2);
  const [rows, cols] = model.shape.slice(-2);
  const given = model.shape.length === 2 ? 1 : model.shape[0]!;
  if (model.shape.length > 3 || model.shape.length < 2 || rows !== shape[0] || cols !== shape[1]) {
    throw new ParameterError([{
      path: `${where}.model`,
      message: `found an array of shape (${model.shape.join(", ")}), expected (${shape.join(", ")}) or (${layers}, ${
        shape.join(", ")
      }), the shape of a frame`,
    }]);
  }
  const parts = isComplex(model) ? 2 : 1;
  const stack = new Float64Array(2 * layers * pixels);
  for (let layer = 0; layer < layers; layer++) {
    const from = Math.min(layer, given - 1) * pixels;
    for (let i = 0; i < pixels; i++) {
      stack[2 * (layer * pixels + i)] = Number(model.data[parts * (from + i)]!);
      if (parts === 2) stack[2 * (layer * pixels + i) + 1] = Number(model.data[2 * (from + i) + 1]!);
    }
  }
  if (!stack.every(Number.isFinite)) {
    throw new DataError(`Cannot start from ${where}.model: found NaN or infinite values, expected finite ones`);
  }
  return stack;
}

function scaleTo(stack: Float64Array, photons: number | null, where: string): void {
  const power = stack.reduce((sum, v) => sum + v * v, 0);
  if (!(power > 0)) {
    throw new ParameterError([{
      path: where,
      message:
        "found an initial probe that is 0 everywhere, expected light to pass; check model, aperture.size and offset",
    }]);
  }
  if (photons === null) return;
  if (!(photons > 0 && photons < Infinity)) {
    throw new ParameterError([{ path: `${where}.photons`, message: `found ${photons}, expected a number above 0` }]);
  }
  const factor = Math.sqrt(photons / power);
  for (let i = 0; i < stack.length; i++) stack[i]! *= factor;
}
