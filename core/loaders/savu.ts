/** Frames, positions and mask that are given as arrays. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { loadArray, placeReference, splitReference } from "../formats/array_file.ts";
import { openHdf5 } from "../formats/hdf5.ts";
import type { SavuParams } from "../parameters/scandata/savu.ts";
import type { NestedNumbers } from "../parameters/values.ts";
import { givenPositions } from "../preparation/positions_theory.ts";
import { nestedArray } from "../scan_models/sources.ts";
import { type FrameReader, hdf5Frames } from "./frame_reader.ts";
import { badParameter, need } from "./instrument_files.ts";
import { defineLoader, type LoaderServices, type OpenScan } from "./loader.ts";

/** Files that hold arrays and are not HDF5. */
const OTHER_FILE = /\.(np[yz]|tiff?|edf)$/i;

/**
 * `data` (frame, y, x), `positions` (frame, 2) and `mask` (y, x) or (frame, y, x), each as nested lists or as a file. A data set of
 * an HDF5 file is read by range.
 *
 * @throws {ParameterError} if there are no data, or nested lists have other axes
 * @throws {DataError} if arrays in files have other axes or do not fit together
 * @see PtyPy 0.4: Savu (differs: without data it goes on to fail later; a mask of each frame works)
 */
export const savu = defineLoader<SavuParams>({
  name: "Savu",
  open(p, services) {
    const frames = stackOf(need(p.data, "data", "frames (frame, y, x)"), services);
    const masks = p.mask === null ? null : maskOf(p.mask, frames, services);
    const positions = givenPositions(p.positions, {
      path: "scans.*.data.positions",
      load: (reference) => loadArray(placeReference(reference, services.path)),
    });
    return {
      numFrames: frames.numFrames,
      source: frames.source,
      positions,
      weight: masks !== null && "data" in masks ? masks : null,
      found: {},
      frames: (start, stop) => ({
        data: frames.read(start, stop),
        ...(masks !== null && "read" in masks ? { weights: masks.read(start, stop) } : {}),
      }),
      [Symbol.dispose]() {
        frames[Symbol.dispose]();
        if (masks !== null && "read" in masks) masks[Symbol.dispose]();
      },
    } satisfies OpenScan;
  },
});

/** Frames by range from nested lists or a file. */
function stackOf(given: string | NestedNumbers, services: LoaderServices): FrameReader {
  if (typeof given !== "string") return stackIn(nestedArray(given), "data.data");
  const reference = placeReference(given, services.path);
  const { path, dataset } = splitReference(reference);
  // Only of data sets of HDF5 files can parts be read; other files hold one array as a whole.
  return dataset !== null && !OTHER_FILE.test(path)
    ? hdf5Frames(path, dataset)
    : stackIn(loadArray(reference), `"${reference}"`);
}

function stackIn(array: NdArray, source: string): FrameReader {
  const [numFrames = 0, rows = 0, cols = 0] = array.shape;
  if (array.shape.length !== 3) {
    throw new DataError(`Cannot use ${source}: found shape (${array.shape.join(", ")}), expected (frame, y, x)`, {
      source,
      found: array.shape,
    });
  }
  const pixels = rows * cols;
  return {
    numFrames,
    shape: [rows, cols],
    source,
    read: (start, stop) => ({
      dtype: array.dtype,
      shape: [stop - start, rows, cols],
      data: array.data.subarray(start * pixels, stop * pixels),
    }),
    [Symbol.dispose]: () => {},
  };
}

/** One mask for all frames, or one for each. */
function maskOf(given: string | NestedNumbers, frames: FrameReader, services: LoaderServices): NdArray | FrameReader {
  const place = typeof given === "string" ? splitReference(placeReference(given, services.path)) : null;
  if (place !== null && place.dataset !== null && !OTHER_FILE.test(place.path)) {
    using file = openHdf5(place.path);
    const shape = file.shape(place.dataset);
    checkMask(shape, frames);
    return shape.length === 3 ? hdf5Frames(place.path, place.dataset) : file.readArray(place.dataset);
  }
  const array = typeof given === "string" ? loadArray(placeReference(given, services.path)) : nestedArray(given);
  checkMask(array.shape, frames);
  return array.shape.length === 3 ? stackIn(array, "data.mask") : array;
}

function checkMask(shape: readonly number[], frames: FrameReader): void {
  const all = [frames.numFrames, ...frames.shape];
  const expected = shape.length === 3 ? all : frames.shape;
  if (shape.length === expected.length && shape.every((n, axis) => n === expected[axis])) return;
  const message = `found shape (${shape.join(", ")}), expected (${frames.shape.join(", ")}) or (${all.join(", ")})`;
  throw badParameter("mask", message);
}
