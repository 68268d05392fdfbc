/** The initial object from the parameters `sample`. */

import { gaussianFilterComplex } from "../kernels/array/gaussian_filter.ts";
import { zoomComplex } from "../kernels/array/spline.ts";
import { isComplex, type NdArray } from "../kernels/nd_array.ts";
import { DataError, ParameterError } from "./errors.ts";
import { diversify, type DiversityOptions } from "./field_noise.ts";
import { type OneOrPair, pairOf } from "./pair.ts";
import type { Random } from "./random.ts";
import { refractiveIndex } from "./refraction/refractive_index.ts";

/** A complex number. */
export interface ComplexNumber {
  readonly re: number;
  readonly im: number;
}

/** The parameters `sample.process`; see there for units. */
export interface SampleProcess {
  readonly offset: readonly [number, number];
  readonly zoom: OneOrPair | null;
  readonly formula: string | null;
  /** Belongs to `formula`; null for that of the element, if it is one. */
  readonly density: number | null;
  readonly thickness: number | null;
  readonly ref_index: ComplexNumber | null;
  readonly smoothing: number | null;
}

/** The parameters `sample` that shape the object, with `model` read. */
export interface SampleOptions {
  readonly fill: ComplexNumber;
  /** Null to take the model as a transmission. */
  readonly process: SampleProcess | null;
  readonly diversity?: DiversityOptions | null;
}

/** The object's array and where its content comes from. */
export interface SamplePlane {
  readonly layers: number;
  readonly shape: readonly [number, number];
  /** Sample pixel in metres, (y, x). */
  readonly psize: readonly [number, number];
  /** Photon energy in keV. */
  readonly energy: number;
  /** Source, (y, x) or (layer, y, x) of any size; null for a constant. */
  readonly model: NdArray | null;
  readonly random: Random;
  /** Path of the parameters, such as `scans.MF.sample`. */
  readonly where: string;
}

/** Wavelength in metres times photon energy in keV that PtyPy uses here; elsewhere it has 1.23984193e-9. */
const KEV_TO_METRE = 1.240597288e-9;
/** Full width at half maximum of a Gaussian over its standard deviation, as PtyPy rounds it. */
const FWHM = 2.35;
/** A zoom beyond this is a slip of the pen; it would fill the memory. */
const MOST_PIXELS = 100_000_000;

interface Image {
  readonly data: Float64Array;
  readonly rows: number;
  readonly cols: number;
}

/**
 * The initial object, complex (layer, y, x): the source is zoomed, smoothed, turned into a transmission, brought back to its size
 * before the zoom with `fill` around it, moved by the offset, cut or filled with 0 evenly to the object's shape, repeated and
 * diversified.
 *
 * A real source is a thickness: scaled from its minimum to `thickness`, then exp(i k ref_index thickness), where `formula` goes
 * before `ref_index`. A complex source is a transmission without `thickness`, and with it a refractive index:
 * exp(i k thickness source). A positive imaginary part absorbs.
 *
 * @throws {ParameterError} for a real source without a refractive index, for a formula that is none or stands beside a complex source
 * @throws {DataError} for a source that is no image or not finite
 * @see PtyPy 0.4: core.sample.init_storage and simulate
 */
export function initialObject(p: SampleOptions, plane: SamplePlane): Float64Array {
  const { layers, shape, model, where } = plane;
  const pixels = shape[0] * shape[1];
  const stack = new Float64Array(2 * layers * pixels);
  if (model === null) {
    for (let i = 0; i < stack.length; i += 2) {
      stack[i] = p.fill.re;
      stack[i + 1] = p.fill.im;
    }
  } else {
    const images = imagesOf(model, where);
    const process = p.process === null ? null : withIndex(p.process, plane);
    for (let layer = 0; layer < layers; layer++) {
      const source = images[Math.min(layer, images.length - 1)]!;
      const image = process === null ? source : transmissionOf(source, process, {
        isReal: !isComplex(model),
        k: 2 * Math.PI * plane.energy / KEV_TO_METRE,
        fill: p.fill,
        where: `${where}.process`,
      });
      stack.set(fitCentred(image, shape, { re: 0, im: 0 }), 2 * layer * pixels);
    }
  }
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

function imagesOf(model: NdArray, where: string): Image[] {
  const [rows, cols] = model.shape.slice(-2);
  if (
    model.shape.length < 2 || model.shape.length > 3 || rows === undefined || cols === undefined ||
    model.data.length === 0
  ) {
    throw new DataError(
      `Cannot start from ${where}.model: found an array of shape (${
        model.shape.join(", ")
      }), expected (y, x) or (layer, y, x)`,
    );
  }
  const parts = isComplex(model) ? 2 : 1;
  const images: Image[] = [];
  for (let first = 0; first < model.data.length; first += parts * rows * cols) {
    const data = new Float64Array(2 * rows * cols);
    for (let i = 0; i < rows * cols; i++) {
      data[2 * i] = Number(model.data[first + parts * i]!);
      if (parts === 2) data[2 * i + 1] = Number(model.data[first + 2 * i + 1]!);
    }
    if (!data.every(Number.isFinite)) {
      throw new DataError(`Cannot start from ${where}.model: found NaN or infinite values, expected finite ones`);
    }
    images.push({ data, rows, cols });
  }
  return images;
}

/** The process with the refractive index of its formula. */
function withIndex(p: SampleProcess, { energy, model, where }: SamplePlane): SampleProcess {
  if (p.formula === null) return p;
  const { formula, density } = p;
  if (model !== null && isComplex(model)) {
    const message =
      `found "${formula}" with a complex source, expected None, as such a source is a transmission or a ` +
      "refractive index already; give a real source, which is a thickness";
    throw new ParameterError([{ path: `${where}.process.formula`, message }]);
  }
  return { ...p, ref_index: refractiveIndex({ formula, density }, { energy, where: `${where}.process` }) };
}

interface ProcessContext {
  readonly isReal: boolean;
  /** Wave number in 1 / metre. */
  readonly k: number;
  readonly fill: ComplexNumber;
  readonly where: string;
}

function transmissionOf(source: Image, p: SampleProcess, context: ProcessContext): Image {
  if (p.thickness !== null && !(p.thickness >= 0 && p.thickness < Infinity)) {
    const message = `found ${p.thickness}, expected metres from 0, or None`;
    throw new ParameterError([{ path: `${context.where}.thickness`, message }]);
  }
  const zoomed = p.zoom === null
    ? source
    : zoomComplex(source.data, { ...source, zoom: checkedZoom(p.zoom, source, context.where) });
  const image = { ...zoomed, data: zoomed.data.slice() };
  if (p.smoothing) gaussianFilterComplex(image.data, { ...image, sigma: p.smoothing / FWHM });
  if (context.isReal) refract(image.data, p, context);
  else if (p.thickness !== null) exponentiate(image.data, { re: 0, im: context.k * p.thickness });
  const { rows, cols } = source;
  const data = fitCentred(image, [rows, cols], context.fill);
  return moved({ data, rows, cols }, p.offset, context.fill);
}

function checkedZoom(zoom: OneOrPair, { rows, cols }: Image, where: string): OneOrPair {
  const [v, h] = pairOf(zoom);
  const size = [rows * v, cols * h] as const;
  if (size.every((n) => n > 0.5) && size[0] * size[1] <= MOST_PIXELS) return zoom;
  throw new ParameterError([{
    path: `${where}.zoom`,
    message: `found ${zoom}, which makes ${size[0]} x ${
      size[1]
    } of ${rows} x ${cols} pixels, expected between one pixel and ${MOST_PIXELS}`,
  }]);
}

/** Turns a map of thickness (real parts) into a transmission. Changes `data`. */
function refract(data: Float64Array, { thickness, ref_index }: SampleProcess, { k, where }: ProcessContext): void {
  if (ref_index === null) {
    throw new ParameterError([{
      path: `${where}.ref_index`,
      message:
        "found None, expected a complex number, or a formula, as the source is real; set process to None to take it as a transmission",
    }]);
  }
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i += 2) {
    low = Math.min(low, data[i]!);
    high = Math.max(high, data[i]!);
  }
  const scale = thickness === null || high === low ? 1 : thickness / (high - low);
  for (let i = 0; i < data.length; i += 2) data[i] = (data[i]! - low) * scale;
  exponentiate(data, { re: -k * ref_index.im, im: k * ref_index.re });
}

/** data = exp(factor * data). Changes `data`. */
function exponentiate(data: Float64Array, factor: ComplexNumber): void {
  for (let i = 0; i < data.length; i += 2) {
    const [re, im] = [data[i]!, data[i + 1]!];
    const size = Math.exp(factor.re * re - factor.im * im);
    const phase = factor.re * im + factor.im * re;
    data[i] = size * Math.cos(phase);
    data[i + 1] = size * Math.sin(phase);
  }
}

/** Content moves by `offset` pixels towards lower indices; what comes in is `fill`. */
function moved(image: Image, offset: readonly [number, number], fill: ComplexNumber): Image {
  const [dy, dx] = offset.map(Math.round) as [number, number];
  if (dy === 0 && dx === 0) return image;
  const { rows, cols } = image;
  const data = new Float64Array(2 * rows * cols);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < cols; x++) {
      const isInside = y + dy < rows && x + dx < cols;
      const from = 2 * ((y + dy) * cols + x + dx);
      data[2 * (y * cols + x)] = isInside ? image.data[from]! : fill.re;
      data[2 * (y * cols + x) + 1] = isInside ? image.data[from + 1]! : fill.im;
    }
  }
  return { data, rows, cols };
}

/** The middle of `image` on the middle of an array of `shape`, with `around` around it where it is smaller. */
function fitCentred(image: Image, [rows, cols]: readonly [number, number], around: ComplexNumber): Float64Array {
  const data = Float64Array.from({ length: 2 * rows * cols }, (_, i) => i % 2 === 0 ? around.re : around.im);
  const dy = Math.floor(rows / 2) - Math.floor(image.rows / 2);
  const dx = Math.floor(cols / 2) - Math.floor(image.cols / 2);
  const first = Math.max(0, -dx);
  const end = Math.min(image.cols, cols - dx);
  for (let y = Math.max(0, -dy); y < Math.min(image.rows, rows - dy); y++) {
    const row = image.data.subarray(2 * (y * image.cols + first), 2 * (y * image.cols + end));
    data.set(row, 2 * ((y + dy) * cols + first + dx));
  }
  return data;
}
