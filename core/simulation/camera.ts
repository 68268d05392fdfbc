/** What happens to a frame after its light has arrived: blur, detector, crop. */

import type { ElementArray } from "../../kernels/nd_array.ts";
import { ParameterError } from "../errors.ts";
import { loadArray, placeReference } from "../formats/array_file.ts";
import type { Geometry } from "../geometry.ts";
import type { LoaderServices, RawFrames } from "../loaders/loader.ts";
import { pairOf } from "../pair.ts";
import type { SimScanParams } from "../parameters/scandata/sim_scan.ts";
import type { NestedNumbers } from "../parameters/values.ts";
import { cropPad, type CropWindow, cropWindow } from "../preparation/crop_pad.ts";
import type { Random } from "../random.ts";
import { nestedArray } from "../scan_models/sources.ts";
import { detect, type Detector, detectorOf, detectorWeight } from "./detector.ts";
import { blur, type PointSpread, pointSpreadKernel } from "./psf.ts";
import type { createLight } from "./simulated_light.ts";
import { WHERE } from "./simulated_model.ts";

/** What happens to a frame after the light has arrived. */
export interface Camera {
  readonly psf: PointSpread | null;
  readonly detector: Detector | null;
  /** From the simulated frame to the one that is handed on. */
  readonly window: CropWindow;
  /** Pixels of the detector in the simulated frame, 1 = there. */
  readonly inner: Uint8Array;
  /** The same of the frame that is handed on. */
  readonly weight: Uint8Array;
  /** Optical axis in the frame that is handed on. */
  readonly center: readonly [number, number];
}

/**
 * The camera of a simulation.
 *
 * @throws {ParameterError} for a blur that is none, and a frame that lies in a gap of the detector
 */
export function createCamera(p: SimScanParams, o: { geometry: Geometry; services: LoaderServices }): Camera {
  const { shape, psize } = o.geometry;
  const detector = p.detector === null ? null : detectorOf(p.detector);
  if (detector?.psize && psize.some((side) => Math.abs(side / detector.psize! - 1) > 1e-3)) {
    const { log, warn = log } = o.services;
    warn(`${WHERE}.psize is ${psize.join(" x ")} m, but the pixels of this detector are ${detector.psize} m`);
  }
  const to = p.frame_size === null ? shape : pairOf(p.frame_size);
  const window = cropWindow(shape, to, [Math.floor(shape[0] / 2), Math.floor(shape[1] / 2)]);
  const inner = detector === null ? new Uint8Array(shape[0] * shape[1]).fill(1) : detectorWeight(detector, shape);
  const weight = cropWeight(inner, window);
  if (!weight.includes(1)) {
    const message = "found a gap between modules where the whole frame lies, as its middle is that of the detector, " +
      "expected some pixels; choose a larger shape or frame_size, or detector.shape and modules of your own";
    throw new ParameterError([{ path: `${WHERE}.detector`, message }]);
  }
  const [y, x] = o.geometry.center as readonly [number, number];
  return {
    psf: psfOf(p.psf, o.services),
    detector,
    window,
    inner,
    weight,
    center: [y - window.corner[0], x - window.corner[1]],
  };
}

function psfOf(psf: SimScanParams["psf"], services: LoaderServices): PointSpread | null {
  const where = `${WHERE}.psf`;
  if (psf === null) return null;
  if (typeof psf === "string") return pointSpreadKernel(loadArray(placeReference(psf, services.path)), where);
  if (typeof psf === "object" && typeof psf[0] === "object") {
    return pointSpreadKernel(nestedArray(psf as NestedNumbers), where);
  }
  const sigma = pairOf(psf as number | readonly [number, number]);
  if (sigma.length !== 2 || !sigma.every((s) => s >= 0 && s < Infinity)) {
    const message = `found ${psf}, expected pixels from 0, for both axes or each, or a kernel (y, x)`;
    throw new ParameterError([{ path: where, message }]);
  }
  return { sigma };
}

/** What frames are taken with. */
export interface Shutter {
  readonly camera: Camera;
  readonly geometry: Geometry;
  readonly light: ReturnType<typeof createLight>;
  /** The generator of a frame. */
  readonly randomOf: (frame: number) => Random;
}

/** Frames `start` to `stop` (exclusive) as the camera hands them on, each with a generator of its own. */
export function takeFrames({ start, stop }: { start: number; stop: number }, o: Shutter): RawFrames {
  const { psf, detector, window, inner } = o.camera;
  const [rows, cols] = window.to;
  const data = countArray(detector, (stop - start) * rows * cols);
  const weights = new Uint8Array(data.length);
  const cropped = new Float64Array(rows * cols);
  for (let frame = start; frame < stop; frame++) {
    const photons = new Float64Array(inner.length);
    const weight = inner.slice();
    o.light(frame, photons);
    if (psf !== null) blur(photons, psf, o.geometry.shape);
    if (detector !== null) detect(photons, weight, { detector, random: o.randomOf(frame) });
    for (let i = 0; i < photons.length; i++) if (inner[i] === 0) photons[i] = 0;
    cropPad(cropped, photons, { ...window, start: 0 });
    data.set(cropped, (frame - start) * cropped.length);
    weights.set(cropWeight(weight, window), (frame - start) * cropped.length);
  }
  const shape = [stop - start, rows, cols];
  return {
    data: { dtype: detector?.dtype ?? "float64", shape, data },
    weights: { dtype: "uint8", shape, data: weights },
  };
}

type CountArray = Exclude<ElementArray, BigInt64Array | BigUint64Array>;

function countArray(detector: Detector | null, length: number): CountArray {
  switch (detector?.dtype) {
    case "uint8":
      return new Uint8Array(length);
    case "uint16":
      return new Uint16Array(length);
    case "int16":
      return new Int16Array(length);
    case "uint32":
      return new Uint32Array(length);
    case "int32":
      return new Int32Array(length);
    case "float32":
      return new Float32Array(length);
    default:
      return new Float64Array(length);
  }
}

function cropWeight(weight: Uint8Array, window: CropWindow): Uint8Array {
  const cropped = new Float64Array(window.to[0] * window.to[1]);
  cropPad(cropped, weight, { ...window, start: 0 });
  return Uint8Array.from(cropped);
}
