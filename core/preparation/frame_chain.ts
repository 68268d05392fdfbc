/** One frame through the chain crop/pad, noise, orientation, rebin, with its mask, in buffers that are used again and again. */

import type { ElementArray, NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import type { RawFrames } from "../loaders/loader.ts";
import type { Random } from "../random.ts";
import { assertCounts } from "./checks.ts";
import { cropPad, type CropWindow, cropWindow } from "./crop_pad.ts";
import { orientFrame } from "./orientation.ts";
import type { PreparationPlan } from "./plan.ts";
import { addPoissonNoise } from "./poisson_noise.ts";
import { rebinMean, rebinValid } from "./rebin.ts";

/** A frame of some frames that were read together. */
export interface RawFrameAt {
  readonly raw: RawFrames;
  /** Which of them. */
  readonly index: number;
  /** Number of the frame in the source, for messages. */
  readonly frame: number;
}

/** A prepared frame; valid until the next one is made. */
export interface PreparedFrame {
  /** (y, x), photons. */
  readonly values: Float64Array;
  /** (y, x), 1 = valid. */
  readonly mask: Uint8Array;
}

/** Weights of one frame: the element where they begin in a larger array. */
export interface WeightAt {
  readonly weights: NdArray | null;
  readonly start: number;
}

/**
 * A function that prepares frame after frame as the plan says. Masked pixels that hold no count (negative, NaN, infinite)
 * become 0, others keep theirs, as in PtyPy. `random` is drawn from where the plan has noise.
 */
export function createFrameChain(
  plan: PreparationPlan,
  o: { readonly window: CropWindow; readonly weight: NdArray | null; readonly noise: Random | null },
): (at: RawFrameAt) => PreparedFrame {
  const [rows, cols] = plan.cropShape;
  const cropped = new Float64Array(rows * cols);
  const oriented = new Float64Array(rows * cols);
  const values = plan.bin === 1 ? oriented : new Float64Array(oriented.length / plan.bin ** 2);
  const mask = new Uint8Array(values.length);
  const weights = new Float64Array(rows * cols);
  const joined = new Float64Array(values.length);
  const valid = (pixel: number) => weights[pixel]! > 0;
  const shape = [plan.shape[0] * plan.bin, plan.shape[1] * plan.bin] as const;
  const orientation = { ...plan.orientation, shape: plan.cropShape };
  const binning = { shape, bin: plan.bin };
  let isWeightCommon = false;

  function prepareWeights(at: RawFrameAt): void {
    if (isWeightCommon && at.raw.weights === undefined) return;
    isWeightCommon = at.raw.weights === undefined;
    cropWeights(weights, { ...weightOf(at, o.weight), window: o.window, source: plan.source });
    orientFrame(oriented, weights, orientation);
    rebinValid(joined, oriented, binning);
    mask.set(joined);
  }

  return function prepareFrame(at) {
    prepareWeights(at);
    cropPad(cropped, at.raw.data.data, { ...o.window, start: at.index * plan.rawShape[0] * plan.rawShape[1] });
    assertCounts(cropped, { start: 0, pixels: cropped.length, cols, valid, frame: at.frame, source: plan.source });
    emptyMaskedNonCounts(cropped);
    if (o.noise !== null) addPoissonNoise(cropped, o.noise);
    orientFrame(oriented, cropped, orientation);
    if (plan.bin > 1) rebinMean(values, oriented, binning);
    return { values, mask };
  };
}

/** The weights of a frame: its own, else those of all frames, else none. */
export function weightOf(at: RawFrameAt, common: NdArray | null): WeightAt {
  const own = at.raw.weights;
  if (own === undefined) return { weights: common, start: 0 };
  const pixels = own.shape.slice(-2).reduce((a, b) => a * b, 1);
  return { weights: own, start: at.index * pixels };
}

/** Weights of another size than the frames are cut around their own middle. */
function cropWeights(out: Float64Array, o: WeightAt & { readonly window: CropWindow; readonly source: string }): void {
  if (o.weights === null) {
    const ones: ElementArray = new Uint8Array(o.window.from[0] * o.window.from[1]).fill(1);
    return cropPad(out, ones, { ...o.window, start: 0 });
  }
  const shape = o.weights.shape.slice(-2);
  if (shape.length !== 2) {
    throw new DataError(`Cannot use weights of ${o.source}: found shape (${o.weights.shape}), expected (y, x)`, {
      source: o.source,
      found: o.weights.shape,
      expected: o.window.from,
    });
  }
  const [rows, cols] = shape as [number, number];
  const isSame = rows === o.window.from[0] && cols === o.window.from[1];
  const middle = [Math.floor(rows / 2), Math.floor(cols / 2)] as const;
  const window = isSame ? o.window : cropWindow([rows, cols], o.window.to, middle);
  cropPad(out, o.weights.data, { ...window, start: o.start });
}

/** What remains here is masked, or the check before had refused it. */
function emptyMaskedNonCounts(frame: Float64Array): void {
  for (let i = 0; i < frame.length; i++) if (!(frame[i]! >= 0 && frame[i]! < Infinity)) frame[i] = 0;
}
