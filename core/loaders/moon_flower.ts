/** A simulated scan that needs no file: our moon scans our flower. */

import { gaussianFilter } from "../../kernels/array/gaussian_filter.ts";
import { complexArray, type NdArray, type RealArray } from "../../kernels/nd_array.ts";
import { MOST_ELEMENTS } from "../containers/container.ts";
import { boundingBox, firstPixel } from "../containers/storage.ts";
import { ParameterError } from "../errors.ts";
import type { Geometry } from "../geometry.ts";
import type { MoonFlowerScanParams } from "../parameters/scandata/moon_flower_scan.ts";
import { flowerPicture } from "../pictures/flower.ts";
import { moonPicture } from "../pictures/moon.ts";
import { createPropagator, type Propagator } from "../propagators/propagator.ts";
import { exitWaveOf } from "../simulation/exit_wave.ts";
import { defineLoader, type OpenScan } from "./loader.ts";
import { simulatedPositions } from "./simulated_positions.ts";

/** Object pixels before the first view. */
const MARGIN = 10;

/** What a simulated scan was made of. */
export interface MoonFlowerTruth {
  /** Complex transmission, (y, x). */
  readonly object: NdArray<RealArray>;
  /** Complex, (y, x), sum of squares = `photons`. */
  readonly probe: NdArray<RealArray>;
  /** (frame, 2): object pixel (y, x) of the first pixel of each view. */
  readonly origins: Int32Array;
  /** Object pixel (y, x) in metres. */
  readonly resolution: readonly [number, number];
}

/** A simulated scan with what it was made of. */
export interface MoonFlower {
  readonly scan: OpenScan;
  readonly truth: MoonFlowerTruth;
}

/**
 * Simulates far-field frames |fw(probe * view)|^2, blurred by `psf` pixels. As in PtyPy 0.4 counts become whole numbers: without
 * `add_poisson_noise` they are cut off, not rounded (an intensity of 0.9 is 0 photons, which biases weak pixels low); with it
 * they stay as they are here and preparation draws them. Positions are the ideal ones, views lie on whole pixels.
 *
 * @throws {ParameterError} naming every parameter that cannot be simulated
 * @see PtyPy 0.4: MoonFlowerScan (differs: pictures of our own, double precision, square frames, views on the pixels on which a
 *   reconstruction puts them, whereas PtyPy's differ by a pixel for some frames)
 */
export function simulateMoonFlower(p: MoonFlowerScanParams): MoonFlower {
  const { density, model } = p;
  const { geometry, positions } = simulatedPositions(p, { density, model });
  refuseLight(p);
  const origins = originsOf(positions, geometry);
  const [rows, cols] = geometry.shape;
  const shape = [farthest(origins, 0) + MARGIN + rows, farthest(origins, 1) + MARGIN + cols] as const;
  refuseSize(shape, p);
  const object = flowerPicture(shape);
  const probe = withPhotons(moonPicture(geometry.shape), p.photons);
  const truth = { object, probe, origins, resolution: geometry.resolution };
  const propagator = createPropagator(geometry);
  const scan: OpenScan = {
    numFrames: positions.length / 2,
    positions,
    weight: null,
    source: "MoonFlowerScan",
    found: { shape: geometry.shape, center: [Math.floor(rows / 2), Math.floor(cols / 2)] },
    frames: (start, stop) => ({ data: simulateFrames(truth, { propagator, p, start, stop }) }),
    [Symbol.dispose]: () => {},
  };
  return { scan, truth };
}

/** Simulates a moon that scans a flower. @see simulateMoonFlower */
export const moonFlower = defineLoader<MoonFlowerScanParams>({
  name: "MoonFlowerScan",
  open: (p) => simulateMoonFlower(p).scan,
});

function refuseLight(p: MoonFlowerScanParams): void {
  const issues = [];
  if (!(p.photons > 0 && p.photons < Infinity)) {
    issues.push({ path: "scans.*.data.photons", message: `found ${p.photons}, expected a number of photons above 0` });
  }
  if (!(p.psf >= 0 && p.psf < Infinity)) {
    issues.push({ path: "scans.*.data.psf", message: `found ${p.psf}, expected pixels from 0` });
  }
  if (issues.length > 0) throw new ParameterError(issues);
}

function refuseSize([rows, cols]: readonly [number, number], p: MoonFlowerScanParams): void {
  if (rows * cols <= MOST_ELEMENTS) return;
  const message =
    `found frames of ${p.shape} pixels at ${p.num_frames} positions, which make a flower of ${rows} x ${cols} ` +
    `pixels, expected at most ${
      MOST_ELEMENTS / 1e6
    } million; choose a smaller shape, fewer frames or a smaller density`;
  throw new ParameterError([{ path: "scans.*.data.shape", message }]);
}

/** First pixels of the views, by the rule that models use: a simulation that rounds differently would be off by a pixel here and there. */
function originsOf(positions: Float64Array, { resolution: psize, shape }: Geometry): Int32Array {
  const first = Array.from(
    { length: positions.length / 2 },
    (_, i) => firstPixel([positions[2 * i]!, positions[2 * i + 1]!], { psize, shape }),
  );
  const [top, left] = boundingBox(first, { shape, padding: MARGIN }).low;
  return Int32Array.from(first.flatMap(([y, x]) => [y - top, x - left]));
}

function farthest(origins: Int32Array, axis: 0 | 1): number {
  return origins.reduce((most, value, i) => i % 2 === axis ? Math.max(most, value) : most, 0);
}

function withPhotons(probe: NdArray<RealArray>, photons: number): NdArray<RealArray> {
  const data = Float64Array.from(probe.data);
  const scale = Math.sqrt(photons / data.reduce((sum, value) => sum + value * value, 0));
  return complexArray(data.map((value) => value * scale), probe.shape);
}

interface FrameRequest {
  readonly propagator: Propagator;
  readonly p: MoonFlowerScanParams;
  readonly start: number;
  readonly stop: number;
}

function simulateFrames(truth: MoonFlowerTruth, o: FrameRequest): NdArray {
  const [rows, cols] = o.propagator.geometry.shape;
  const data = new Float64Array((o.stop - o.start) * rows * cols);
  for (let frame = o.start; frame < o.stop; frame++) {
    const intensity = data.subarray((frame - o.start) * rows * cols, (frame - o.start + 1) * rows * cols);
    const wave = o.propagator.forward(exitWave(truth, frame));
    for (let i = 0; i < intensity.length; i++) intensity[i] = wave[2 * i]! ** 2 + wave[2 * i + 1]! ** 2;
    if (o.p.psf > 0) gaussianFilter(intensity, { rows, cols, sigma: o.p.psf });
    if (!o.p.add_poisson_noise) { for (let i = 0; i < intensity.length; i++) intensity[i] = Math.trunc(intensity[i]!); }
  }
  return { dtype: "float64", shape: [o.stop - o.start, rows, cols], data };
}

/** Probe times the view of one frame. */
function exitWave(truth: MoonFlowerTruth, frame: number): Float64Array {
  const [rows, cols] = truth.probe.shape as readonly [number, number];
  const low = [truth.origins[2 * frame]!, truth.origins[2 * frame + 1]!] as const;
  const view = { layer: truth.object.data, stride: truth.object.shape[1]!, low };
  return exitWaveOf(truth.probe.data, view, { rows, cols });
}
