/** Where the files of an instrument are and what stands in them beside frames: patterns, series of files, columns, masks. */

import { join } from "node:path";
import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError, ParameterError } from "../errors.ts";
import { type Hdf5File, openHdf5 } from "../formats/hdf5.ts";
import { readError } from "../formats/hdf5_signature.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import { formatPattern, type PatternValues } from "../path_pattern.ts";
import { wrongRank } from "./frame_reader.ts";
import type { LoaderServices } from "./loader.ts";

/** The error about a parameter of a loader; `prepareScan` puts the scan's label in place of the star. */
export function badParameter(name: string, message: string): ParameterError {
  return new ParameterError([{ path: `scans.*.data.${name}`, message }]);
}

/** A parameter that must be given. @throws {ParameterError} if it is None */
export function need<T>(value: T | null, name: string, expected: string): T {
  if (value !== null && value !== "") return value;
  throw badParameter(name, `found ${value === null ? "None" : '""'}, expected ${expected}`);
}

/**
 * Fills the names of parameters in a pattern.
 *
 * @throws {ParameterError} if it names one that is None, or that there is not
 */
export function fillParameters(
  pattern: string,
  values: Readonly<Record<string, string | number | null>>,
  name: string,
): string {
  for (const [key, value] of Object.entries(values)) {
    if (value === null && pattern.includes(`%(${key})`)) {
      throw badParameter(key, `found None, expected a value, as data.${name} = "${pattern}" names it`);
    }
  }
  const known = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  return formatPattern(pattern, known as PatternValues, `scans.*.data.${name}`);
}

/** Folder and name put together; either may be None. */
export function under(folder: string | null, name: string): string {
  return folder === null ? name : join(folder, name);
}

/**
 * Files of a folder whose names fit, by their numbers rather than letter by letter; hidden ones are left out. Each is resolved
 * anew, since it may be a link.
 *
 * @throws {DataError} if the folder cannot be read, none fits, or the series has a gap
 */
export function listSeries(
  folder: string,
  o: { readonly services: LoaderServices; readonly fits: (name: string) => boolean; readonly what: string },
): string[] {
  const place = o.services.path(folder);
  const all = namesIn(place).filter((name) => !name.startsWith(".")).sort(byNumbers);
  const names = all.filter(o.fits);
  if (names.length === 0) {
    const there = all.length === 0 ? "it is empty" : `there are ${all.slice(0, 5).map((n) => `"${n}"`).join(", ")}`;
    throw new DataError(`Cannot read folder "${place}": found no ${o.what}; ${there}`, {
      file: place,
      found: all.length,
    });
  }
  refuseGaps(names, place);
  return names.map((name) => o.services.path(join(folder, name)));
}

/** The files of a numbered series, all of which must be there. @throws {DataError} naming the first that is not */
export function requireFiles(paths: readonly string[]): readonly string[] {
  for (const path of paths) {
    try {
      Deno.statSync(path);
    } catch (error) {
      throw readError(path, error);
    }
  }
  return paths;
}

/** Whether there is a file. */
export function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // What else is wrong with it is reported when it is needed.
  }
}

/** Numbers along one axis; axes of length 1 do not count. @throws {DataError} if there is none, or more than one axis */
export function readColumn(file: Hdf5File, dataset: string): Float64Array {
  const found = file.shape(dataset);
  if (found.filter((n) => n !== 1).length > 1) {
    throw wrongRank(file.path, { dataset, found, expected: "one axis" });
  }
  return toNumbers(file.readArray(dataset));
}

/** A single number. @throws {DataError} if there is none, or more */
export function readNumber(file: Hdf5File, dataset: string): number {
  const values = readColumn(file, dataset);
  if (values.length === 1) return values[0]!;
  throw wrongRank(file.path, { dataset, found: file.shape(dataset), expected: "a single number" });
}

/** The pairs of a data set (position, n) from two of its columns, each with a factor. @throws {DataError} if it has no such columns */
export function readPairs(
  file: Hdf5File,
  dataset: string,
  o: { readonly columns: readonly [number, number]; readonly factor: number },
): Float64Array {
  const shape = file.shape(dataset);
  const [count = 0, width = 0] = shape;
  if (shape.length !== 2 || width <= Math.max(...o.columns)) {
    throw wrongRank(file.path, { dataset, found: shape, expected: `(position, ${Math.max(...o.columns) + 1})` });
  }
  const values = toNumbers(file.readArray(dataset));
  const pairs = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    pairs[2 * i] = values[i * width + o.columns[0]]! * o.factor;
    pairs[2 * i + 1] = values[i * width + o.columns[1]]! * o.factor;
  }
  return pairs;
}

/** Positions (frame, 2) from a column for rows and one for columns. @throws {DataError} if they differ in length */
export function joinColumns(rows: Float64Array, cols: Float64Array, o: { readonly source: string }): Float64Array {
  if (rows.length !== cols.length) {
    throw new DataError(
      `Cannot use positions of ${o.source}: found ${rows.length} vertical and ${cols.length} horizontal values, expected as many`,
      { source: o.source, found: cols.length, expected: rows.length },
    );
  }
  return Float64Array.from({ length: 2 * rows.length }, (_, i) => i % 2 === 0 ? rows[i >> 1]! : cols[i >> 1]!);
}

/** A mask (y, x). @throws {DataError} if it is missing or not of the shape of the frames */
export function readMask(
  path: string,
  o: { readonly dataset: string; readonly shape: readonly [number, number] },
): NdArray {
  using file = openHdf5(path);
  const found = file.shape(o.dataset);
  if (found.length === 2 && found.every((n, axis) => n === o.shape[axis])) return file.readArray(o.dataset);
  throw wrongRank(path, { dataset: o.dataset, found, expected: `(${o.shape.join(", ")}), the shape of the frames` });
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter((entry) => !entry.isDirectory).map((entry) => entry.name);
  } catch (error) {
    throw readError(folder, error);
  }
}

/** Text by its letters, digits by the number that they are. */
function byNumbers(a: string, b: string): number {
  const [as, bs] = [a, b].map((name) => name.split(/(\d+)/)) as [string[], string[]];
  for (let i = 0; i < Math.min(as.length, bs.length); i++) {
    if (as[i] === bs[i]) continue;
    const difference = i % 2 === 1 ? Number(as[i]) - Number(bs[i]) : 0;
    return difference !== 0 ? difference : as[i]! < bs[i]! ? -1 : 1;
  }
  return as.length - bs.length;
}

/**
 * Refuses names that count up by one, but for some that are missing. Names are numbered where nothing but their last number
 * differs; numbers that hardly ever follow each other (shots of a machine) count nothing.
 */
function refuseGaps(names: readonly string[], folder: string): void {
  const parts = names.map((name) => /^(.*?)(\d+)(\D*)$/.exec(name));
  const [, head, , tail] = parts[0] ?? [];
  if (head === undefined || parts.some((part) => part?.[1] !== head || part[3] !== tail)) return;
  const numbers = parts.map((part) => Number(part![2]));
  const gaps = numbers.slice(1).flatMap((n, i) => n - numbers[i]! > 1 ? [i] : []);
  const steps = numbers.length - 1;
  if (gaps.length === 0 || 2 * gaps.length > steps) return;
  const at = gaps[0]!;
  throw new DataError(
    `Cannot read folder "${folder}": found "${names[at + 1]}" after "${names[at]}", expected number ${
      numbers[at]! + 1
    }; copy the missing files, or number those that there are anew`,
    { file: folder, found: names[at + 1], expected: numbers[at]! + 1 },
  );
}
