/** The initial probe from the parameters `illumination`. */

import type { NdArray } from "../kernels/nd_array.ts";
import { isComplex } from "../kernels/nd_array.ts";
import { aperture, type ApertureOptions } from "./aperture.ts";
import { DataError, ParameterError } from "./errors.ts";
import { diversify, type DiversityOptions } from "./field_noise.ts";
import { createGeometry } from "./geometry.ts";
import { axisGrid, multiplyBy, phaseFactor } from "./propagators/grid.ts";
import { createPropagator } from "./propagators/propagator.ts";
import type { Random } from "./random.ts";

/** The parameters `illumination` that shape the wave, with `model` read; see there for units. */
export interface IlluminationOptions {
  /** Left out: the wave is taken as it is. */
  readonly aperture?: ApertureOptions | null;
  readonly propagation?: {
    readonly focussed: number | null;
    readonly parallel: number | null;
    readonly spot_size: number | null;
  } | null;
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
  const path = pathOf(p, plane);
  if (p.aperture) {
    const through = { ...p.aperture, size: path.apertureSize ?? p.aperture.size };
    const transmission = aperture(through, {
      grid: path.grid,
      psize: path.psize,
      random: plane.random,
      where: `${where}.aperture`,
    });
    forEachLayer(stack, pixels, (wave) => multiplyBy(wave, transmission, { conjugate: false }));
  }
  for (const step of path.steps) forEachLayer(stack, pixels, step);
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

/** The way of the wave from the aperture to the sample. */
interface Path {
  /** Pixel of the aperture plane in metres. */
  readonly psize: readonly [number, number];
  readonly grid: readonly [Float64Array, Float64Array];
  /** In place of `aperture.size`, from `spot_size`. */
  readonly apertureSize: number | null;
  /** Each changes a wave (y, x). */
  readonly steps: readonly ((wave: Float64Array) => void)[];
}

function pathOf(p: IlluminationOptions, { shape, psize, energy, where }: IlluminationPlane): Path {
  const focus = p.propagation?.focussed || null;
  const parallel = p.propagation?.parallel || null;
  const common = { energy, shape, psize, where: `${where}.propagation` };
  const steps: ((wave: Float64Array) => void)[] = [];
  let pixel = psize;
  let apertureSize: number | null = null;
  if (focus !== null) {
    if (!(focus > 0 && focus < Infinity)) {
      throw new ParameterError([{
        path: `${where}.propagation.focussed`,
        message: `found ${focus}, expected a distance in metres above 0`,
      }]);
    }
    const lens = createPropagator(createGeometry({ ...common, distance: focus, propagation: "farfield" }));
    pixel = lens.geometry.resolution;
    const lz = lens.geometry.lam * focus;
    if (p.propagation?.spot_size) apertureSize = lz / p.propagation.spot_size * 2 * Math.sqrt(Math.sqrt(2));
    const curve = centredGrid(shape, pixel, "fftshift").map((g) => g.map((v) => -Math.PI * v * v / lz));
    const lensPhase = phaseFactor(curve[0]!, curve[1]!);
    steps.push((wave) => {
      multiplyBy(wave, lensPhase, { conjugate: false });
      wave.set(lens.forward(wave));
    });
  }
  if (parallel !== null) {
    const free = createPropagator(
      createGeometry({ ...common, distance: Math.abs(parallel), propagation: "nearfield" }),
    );
    steps.push((wave) => wave.set(parallel > 0 ? free.forward(wave) : free.backward(wave)));
  }
  const grid = centredGrid(shape, pixel, steps.length > 0 ? "fftshift" : "geometric");
  return { psize: pixel, grid, apertureSize, steps };
}

function centredGrid(
  shape: readonly [number, number],
  psize: readonly [number, number],
  middle: "fftshift" | "geometric",
): readonly [Float64Array, Float64Array] {
  const origin = (n: number) => middle === "fftshift" ? Math.floor(n / 2) : n / 2 - 0.5;
  return [
    axisGrid(shape[0], { origin: origin(shape[0]), pixel: psize[0] }),
    axisGrid(shape[1], { origin: origin(shape[1]), pixel: psize[1] }),
  ];
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

function forEachLayer(stack: Float64Array, pixels: number, change: (wave: Float64Array) => void): void {
  for (let start = 0; start < stack.length; start += 2 * pixels) change(stack.subarray(start, start + 2 * pixels));
}
