/** Sources, services and parameters for the tests of preparation and loaders. */

import { allDiffraction, allMasks } from "../../kernels/measured.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { defineLoader, type Loader, type LoaderServices, type OpenScan, type RawFrames } from "../loaders/loader.ts";
import { type PtyScanParams, ptyScanParams } from "../parameters/scandata/pty_scan.ts";
import type { Random } from "../random.ts";

/** Services that say nothing, or say it to `messages`; paths stay as they are. */
export function silentServices(o: { messages?: string[]; random?: Random } = {}): LoaderServices {
  return {
    random: o.random ?? noRandom(),
    path: (relative) => relative,
    log: (message) => void o.messages?.push(message),
  };
}

/** Parameters of `PtyScan`: `given` over the defaults. */
export function ptyScan(given: Record<string, unknown> = {}): PtyScanParams {
  return ptyScanParams.parse({ name: "PtyScan", ...given }) as PtyScanParams;
}

/** A loader of arrays in memory: `data` (frame, y, x), positions (i, 10 i) µm unless given. */
export function arrayLoader(data: NdArray, o: Partial<OpenScan> & { weights?: NdArray } = {}): Loader<PtyScanParams> {
  const numFrames = data.shape[0]!;
  const { weights, ...rest } = o;
  return defineLoader<PtyScanParams>({
    name: "Array",
    open: () => ({
      numFrames,
      positions: Float64Array.from({ length: 2 * numFrames }, (_, i) => (i >> 1) * (i % 2 === 0 ? 1e-6 : 1e-5)),
      weight: null,
      found: {},
      source: "array",
      frames: (start, stop): RawFrames => ({
        data: framesOf(data, { start, stop }),
        ...(weights ? { weights: framesOf(weights, { start, stop }) } : {}),
      }),
      [Symbol.dispose]: () => {},
      ...rest,
    }),
  });
}

/** Frames with a different value at every pixel: `1 + 1000 frame + 100 y + x`, (frames, rows, cols), float64. */
export function rampFrames(shape: readonly [number, number, number]): NdArray<Float64Array> {
  const [frames, rows, cols] = shape;
  const data = Float64Array.from({ length: frames * rows * cols }, (_, i) => {
    const pixel = i % (rows * cols);
    return 1 + 1000 * Math.floor(i / (rows * cols)) + 100 * Math.floor(pixel / cols) + pixel % cols;
  });
  return { dtype: "float64", shape, data };
}

function framesOf(array: NdArray, o: { start: number; stop: number }): NdArray {
  const pixels = array.shape[1]! * array.shape[2]!;
  return {
    dtype: array.dtype,
    shape: [o.stop - o.start, array.shape[1]!, array.shape[2]!],
    data: array.data.slice(o.start * pixels, o.stop * pixels),
  };
}

function noRandom(): Random {
  const refuse = (): never => {
    throw new Error("this test draws no random numbers");
  };
  return { uniform: refuse, normal: refuse, poisson: refuse, permutation: refuse, state: refuse };
}

/** A prepared scan with its frames as arrays, to compare. */
export function asArrays<S extends PreparedScan>(
  scan: S,
): Omit<S, "measured"> & Record<"diffraction" | "mask", unknown> {
  const { measured, ...rest } = scan;
  return { ...rest, diffraction: allDiffraction(measured), mask: allMasks(measured) };
}
