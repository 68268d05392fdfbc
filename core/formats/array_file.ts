/** Arrays named by a text, as parameters name them: `x.npy`, `x.npz:/name`, `x.tif`, `x.edf`, `x.h5:/group/dataset`, `x.ptyr`. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { readEdf } from "./edf.ts";
import { openHdf5 } from "./hdf5.ts";
import { isNpy, readNpy } from "./npy.ts";
import { readNpz } from "./npz_reader.ts";
import { readTiff } from "./tiff.ts";

/**
 * Reads the array that `reference` names: a .npy file, also under another name; an array of a .npz file; a .tif or .edf picture, by
 * its ending; a data set of an HDF5 file (`x.h5:/entry/data`, also `x.ptyr:...` and
 * `x.ptyd:...`); a .ptyr file alone stands for its only probe storage, an HDF5 file alone for its only data set.
 *
 * @throws {DataError} naming what is missing, or the choices where the reference is not unique
 */
export function loadArray(reference: string): NdArray {
  const { path, dataset } = splitReference(reference);
  if (/\.npy$/i.test(path) || isNpy(path)) return readNpy(path);
  if (/\.npz$/i.test(path)) return readNpz(path, dataset);
  if (/\.tiff?$/i.test(path)) return readTiff(path);
  if (/\.edf$/i.test(path)) return readEdf(path);
  using file = openHdf5(path);
  if (dataset !== null) return file.readArray(dataset);
  const found = file.kind("/content/probe") === "group"
    ? file.keys("/content/probe").map((ID) => `/content/probe/${ID}/data`)
    : file.keys().filter((key) => file.kind(key) === "dataset").map((key) => `/${key}`);
  if (found.length === 1) return file.readArray(found[0]!);
  const choices = found.length === 0 ? "no array that stands out" : found.map((choice) => `"${choice}"`).join(", ");
  const text = `Cannot choose an array of "${path}": found ${choices}, expected one; write "${path}:/path/of/dataset"`;
  throw new DataError(text, { file: path, found });
}

/**
 * The reference with its file where `path` finds it. The file alone is looked for: what stands behind it is no path of the file system,
 * and with it links in the name would not be seen.
 */
export function placeReference(reference: string, path: (file: string) => string): string {
  const { path: file, dataset } = splitReference(reference);
  return dataset === null ? path(file) : `${path(file)}:${dataset}`;
}

/** Splits `file:/dataset`; a colon belongs to the file name unless a "/" follows it. */
export function splitReference(reference: string): { path: string; dataset: string | null } {
  const at = reference.indexOf(":/", 2);
  // "://" would be an address, which is not read here and is reported as a missing file.
  if (at < 0 || reference.startsWith("://", at)) return { path: reference, dataset: null };
  return { path: reference.slice(0, at), dataset: reference.slice(at + 1) };
}
