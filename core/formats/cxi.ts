/**
 * Reading frames, positions and geometry of CXI files and of their NeXus form NXcxi_ptycho. Both name things alike; they differ in
 * where the photon energy stands, and NXcxi_ptycho may keep the grid of a raster scan as two axes.
 *
 * @see Maia, Nature Methods 9 (2012) 854, 10.1038/nmeth.2110
 * @see NeXus, contributed definition NXcxi_ptycho
 */

import { type NdArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { checkBytes } from "./hdf5_bounds.ts";
import { type Hdf5File, join, openHdf5, type ReadRoom } from "./hdf5.ts";
import { findDataset, requireDataset } from "./hdf5_names.ts";
import { toNumbers } from "./hdf5_values.ts";
import { energyInKev, lengthInMetres, metresOf, type NumberAt } from "./units.ts";

/** Bits of CXI's masks that make a pixel useless: invalid, saturated, hot, dead, shadowed, to be ignored, bad, beyond the resolution limit, missing, noisy, not to be corrected. */
const BAD_BITS = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x1000;

/** How to find things in a file. Null: where the format has them. */
export interface CxiChoice {
  /** `entry_1` and so on; null for the first that has frames. */
  readonly entry: string | null;
  readonly data: string | null;
  readonly positions: string | null;
  readonly mask: string | null;
  /** Paths below the entry where the photon energy may stand, the first choice first. */
  readonly energies: readonly string[];
}

/** What of the geometry is wanted; what a user has written is not read. */
export interface CxiWanted {
  readonly energy: boolean;
  readonly distance: boolean;
  readonly psize: boolean;
  readonly positions: boolean;
}

/** An open file. */
export interface CxiFrames extends Disposable {
  readonly numFrames: number;
  /** (y, x) */
  readonly shape: readonly [number, number];
  /** Path of the frames' data set. */
  readonly data: string;
  /** (position, 2), row then column, metres; null where they were not wanted. */
  readonly positions: Float64Array | null;
  /** (y, x), 1 = valid, for all frames; null where there is none. */
  readonly mask: NdArray<Uint8Array> | null;
  /** keV, metres, metres (y, x); undefined where they were not wanted. */
  readonly energy: number | undefined;
  readonly distance: number | undefined;
  readonly psize: readonly [number, number] | undefined;
  /** Where the beam would hit, (y, x) in pixels; undefined where the file does not say in pixels. */
  readonly center: readonly [number, number] | undefined;
  /** Frames `start` to `stop`, (frame, y, x), and their masks where each frame has its own. Valid until the next call. */
  frames(start: number, stop: number): { readonly data: NdArray; readonly mask: Uint8Array | null };
}

/** Opens the frames of a file. @throws {DataError} naming what is missing or of another shape, and what to do */
export function openCxi(path: string, { choice, wanted }: { choice: CxiChoice; wanted: CxiWanted }): CxiFrames {
  const file = openHdf5(path);
  try {
    return framesOf(file, { choice, wanted });
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Entries of a file, in the order of their numbers. */
export function cxiEntries(file: Hdf5File): string[] {
  return file.keys().filter((key) => /^entry(_\d+)?$/.test(key) && file.kind(key) === "group")
    .sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)));
}

interface Stored {
  readonly path: string;
  /** As in the file: (frame, y, x) or (row, column, y, x). */
  readonly shape: readonly number[];
  readonly numFrames: number;
  readonly frame: readonly [number, number];
}

function framesOf(file: Hdf5File, { choice, wanted }: { choice: CxiChoice; wanted: CxiWanted }): CxiFrames {
  const entry = chooseEntry(file, choice);
  const data = storedFrames(file, dataPath(file, entry, choice));
  const maskPath = findMask(file, entry, choice);
  const masks = maskPath === null ? null : storedMasks(file, { path: maskPath, data });
  const rooms: Record<"data" | "mask", ReadRoom> = {
    data: { bytes: new ArrayBuffer(0) },
    mask: { bytes: new ArrayBuffer(0) },
  };
  return {
    numFrames: data.numFrames,
    shape: data.frame,
    data: data.path,
    positions: wanted.positions ? readPositions(file, { entry, choice }) : null,
    mask: masks?.isCommon ? commonMask(file, masks) : null,
    energy: wanted.energy ? readEnergy(file, { entry, choice }) : undefined,
    distance: wanted.distance ? readLength(file, { entry, name: "distance", what: "distance" }) : undefined,
    psize: wanted.psize ? readPixelSize(file, entry) : undefined,
    center: readCenter(file, entry),
    frames(start, stop) {
      const mask = masks === null || masks.isCommon
        ? null
        : validOf(readStored(file, masks, { start, stop, room: rooms.mask }));
      return { data: readStored(file, data, { start, stop, room: rooms.data }), mask };
    },
    [Symbol.dispose]: () => file.close(),
  };
}

function chooseEntry(file: Hdf5File, { entry, data }: CxiChoice): string {
  const entries = cxiEntries(file);
  const isIn = (name: string) => findDataset(file, placesOfData(`/${name}`)) !== null;
  if (entry === null) return `/${entries.find(isIn) ?? entries[0] ?? "entry_1"}`;
  if (file.kind(entry) === "group" || data !== null) return entry.startsWith("/") ? entry : `/${entry}`;
  const text = `Cannot read "${file.path}": found no group "${entry}", expected ${
    entries.length === 0 ? "a CXI file with entry_1" : entries.map((name) => `"${name}"`).join(" or ")
  }; write data.entry`;
  throw new DataError(text, { file: file.path, dataset: entry, found: null, expected: entries });
}

function placesOfData(entry: string): string[] {
  return [`${entry}/data_1/data`, `${entry}/instrument_1/detector_1/data`];
}

function dataPath(file: Hdf5File, entry: string, { data }: CxiChoice): string {
  const paths = data === null ? placesOfData(entry) : [data];
  return requireDataset(file, { what: "the frames", paths, remedy: "write data.data_key" });
}

function storedFrames(file: Hdf5File, path: string): Stored {
  const shape = file.shape(path);
  const [rows = 0, cols = 0] = shape.slice(-2);
  if ((shape.length !== 3 && shape.length !== 4) || rows < 1 || cols < 1) {
    throw wrongShape(file, { path, found: shape, expected: "(frame, y, x) or (row, column, y, x)" });
  }
  return { path, shape, numFrames: sizeOf(shape.slice(0, -2)), frame: [rows, cols] };
}

interface StoredMasks extends Stored {
  readonly isCommon: boolean;
}

function findMask(file: Hdf5File, entry: string, { mask }: CxiChoice): string | null {
  if (mask !== null) return requireDataset(file, { what: "the mask", paths: [mask], remedy: "write data.mask_key" });
  return findDataset(file, [
    `${entry}/instrument_1/detector_1/mask`,
    `${entry}/data_1/mask`,
    `${entry}/instrument_1/detector_1/pixel_mask`,
  ]);
}

function storedMasks(file: Hdf5File, { path, data }: { path: string; data: Stored }): StoredMasks {
  const shape = file.shape(path);
  const isFrame = shape.slice(-2).join() === data.frame.join();
  const count = sizeOf(shape.slice(0, -2));
  if (isFrame && shape.length >= 2 && shape.length <= 4 && (count === 1 || count === data.numFrames)) {
    return { path, shape, numFrames: count, frame: data.frame, isCommon: count === 1 && data.numFrames !== 1 };
  }
  throw wrongShape(file, { path, found: shape, expected: `(${data.frame.join(", ")}), or one for each frame` });
}

function commonMask(file: Hdf5File, { path, frame }: StoredMasks): NdArray<Uint8Array> {
  return { dtype: "uint8", shape: frame, data: validOf(file.readArray(path)) };
}

/** 1 where no bit says that a pixel is useless. */
function validOf({ data }: NdArray): Uint8Array {
  return Uint8Array.from(data as ArrayLike<number | bigint>, (bits) => (Number(bits) & BAD_BITS) === 0 ? 1 : 0);
}

/** Reads by frames; a frame of a grid is row by row. */
function readStored(
  file: Hdf5File,
  { path, shape, frame }: Stored,
  { start, stop, room }: { readonly start: number; readonly stop: number; readonly room: ReadRoom },
): NdArray {
  const asFrames = (array: NdArray): NdArray => ({ ...array, shape: [sizeOf(array.shape) / sizeOf(frame), ...frame] });
  if (shape.length < 4) return asFrames(file.readFrames(path, start, stop, room));
  const cols = shape[1]!;
  const parts: NdArray[] = [];
  for (let at = start; at < stop;) {
    const [row, col] = [Math.floor(at / cols), at % cols];
    const count = Math.min(stop - at, cols - col);
    parts.push(file.readRegion(path, { offset: [row, col, 0, 0], count: [1, count, ...frame] }));
    at += count;
  }
  const [first] = parts;
  if (parts.length === 1) return asFrames(first!);
  const Elements = first!.data.constructor as new (length: number) => Uint8Array;
  const data = new Elements((stop - start) * sizeOf(frame));
  let at = 0;
  for (const part of parts) {
    data.set(part.data as Uint8Array, at);
    at += part.data.length;
  }
  return { dtype: first!.dtype, shape: [stop - start, ...frame], data };
}

/** CXI keeps translations of the sample as (x, y, z). */
function readPositions(file: Hdf5File, { entry, choice }: { entry: string; choice: CxiChoice }): Float64Array {
  const paths = choice.positions === null
    ? [
      `${entry}/data_1/translation`,
      `${entry}/sample_1/geometry_1/translation`,
      `${entry}/instrument_1/detector_1/translation`,
    ]
    : [choice.positions];
  const remedy = "write data.positions_key or data.positions_theory";
  const path = requireDataset(file, { what: "the positions", paths, remedy });
  const shape = file.shape(path);
  const axes = shape.at(-1);
  const count = sizeOf(shape.slice(0, -1));
  if (shape.length < 2 || shape.length > 3 || (axes !== 2 && axes !== 3)) {
    throw wrongShape(file, { path, found: shape, expected: "(frame, 3): x, y and z in metres" });
  }
  checkBytes(16 * count, { file: file.path, dataset: path });
  const values = toNumbers(file.readArray(path));
  const at = { ...placeOf(file, path), parameter: "data.positions_theory" };
  const unit = unitOf(file, path);
  const factor = metresOf(unit, at);
  const positions = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    positions[2 * i] = values[axes * i + 1]! * factor;
    positions[2 * i + 1] = values[axes * i]! * factor;
  }
  const [least, most] = [0, 1].map((axis) => {
    const along = positions.filter((_, i) => i % 2 === axis);
    return along.reduce((range, v) => Math.max(range, Math.abs(v - along[0]!)), 0);
  }) as [number, number];
  // Frames that have moved by more than a metre are frames whose unit is not metres.
  lengthInMetres(Math.max(least, most), null, { ...at, what: "position" });
  return positions;
}

function readEnergy(file: Hdf5File, { entry, choice }: { entry: string; choice: CxiChoice }): number {
  const paths = choice.energies.map((name) => join(entry, name));
  const path = requireDataset(file, { what: "the photon energy", paths, remedy: "write data.energy" });
  const at = { ...placeOf(file, path), parameter: "data.energy" };
  return energyInKev(readNumber(file, path), unitOf(file, path), at);
}

type Length = "x_pixel_size" | "y_pixel_size" | "distance";

function readLength(
  file: Hdf5File,
  { entry, name, what }: { entry: string; name: Length; what: "distance" | "pixel size" },
): number {
  const parameter = what === "distance" ? "data.distance" : "data.psize";
  const paths = [`${entry}/instrument_1/detector_1/${name}`];
  const path = requireDataset(file, { what: `the ${what}`, paths, remedy: `write ${parameter}` });
  // NeXus counts along the beam from the sample; some count from the detector.
  const value = what === "distance" ? Math.abs(readNumber(file, path)) : readNumber(file, path);
  return lengthInMetres(value, unitOf(file, path), { ...placeOf(file, path), parameter, what });
}

/** From the pixel sizes, or else the lengths of the detector's basis vectors (slow, then fast). */
function readPixelSize(file: Hdf5File, entry: string): [number, number] {
  const detector = `${entry}/instrument_1/detector_1`;
  const path = `${detector}/basis_vectors`;
  const hasSizes = findDataset(file, [`${detector}/x_pixel_size`, `${detector}/y_pixel_size`]) !== null;
  if (!hasSizes && findDataset(file, [path]) !== null && file.shape(path).join() === "2,3") {
    const [a, b, c, d, e, f] = toNumbers(file.readArray(path)) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const at = { ...placeOf(file, path), parameter: "data.psize", what: "pixel size" } as const;
    const unit = unitOf(file, path);
    return [lengthInMetres(Math.hypot(a, b, c), unit, at), lengthInMetres(Math.hypot(d, e, f), unit, at)];
  }
  const side = (name: Length) => readLength(file, { entry, name, what: "pixel size" });
  return [side("y_pixel_size"), side("x_pixel_size")];
}

/** NeXus allows lengths too, whose zero nobody agrees on: only pixels are taken. */
function readCenter(file: Hdf5File, entry: string): [number, number] | undefined {
  const paths = ["beam_center_y", "beam_center_x"].map((name) => `${entry}/instrument_1/detector_1/${name}`);
  const isInPixels = (path: string) => /^(px|pixels?)?$/i.test(unitOf(file, path)?.trim() ?? "");
  if (!paths.every((path) => file.kind(path) === "dataset" && isInPixels(path))) return undefined;
  const [y, x] = paths.map((path) => readNumber(file, path));
  return [y!, x!];
}

/** One number; of several, as where each frame has its own, all must be equal. */
function readNumber(file: Hdf5File, path: string): number {
  const values = toNumbers(file.readArray(path));
  const [first] = values;
  if (first !== undefined && values.every((value) => value === first)) return first;
  const found = first === undefined ? "no number" : `${values.length} different numbers`;
  const text = `Cannot read "${path}" in "${file.path}": found ${found}, expected one; give it as a parameter`;
  throw new DataError(text, { file: file.path, dataset: path, found, expected: 1 });
}

function unitOf(file: Hdf5File, path: string): string | null {
  for (const name of ["units", "unit"]) {
    const unit = file.attribute(path, name);
    if (typeof unit === "string") return unit;
  }
  return null;
}

function placeOf(file: Hdf5File, dataset: string): Omit<NumberAt, "parameter"> {
  return { file: file.path, dataset };
}

function wrongShape(
  file: Hdf5File,
  { path, found, expected }: { path: string; found: readonly number[]; expected: string },
): DataError {
  const text = `Cannot read "${path}" in "${file.path}": found shape (${found.join(", ")}), expected ${expected}`;
  return new DataError(text, { file: file.path, dataset: path, found, expected });
}
