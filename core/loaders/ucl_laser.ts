/** Scans of the laser laboratory of University College London. */

import { join } from "node:path";
import { assertFits, correctDarkFlat, type CorrectionFrame, meanFrame } from "../corrections/dark_flat.ts";
import { removeHotPixels } from "../corrections/hot_pixels.ts";
import { createDeconvolution, transferFunction } from "../corrections/richardson_lucy.ts";
import { DataError } from "../errors.ts";
import { loadArray, placeReference } from "../formats/array_file.ts";
import { openHdf5 } from "../formats/hdf5.ts";
import { readError } from "../formats/hdf5_signature.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import type { UclLaserScanParams } from "../parameters/scandata/ucl_laser_scan.ts";
import { fileFrames, type FrameReader, readFrameOf, scanOver } from "./frame_reader.ts";
import {
  badParameter,
  fillParameters,
  joinColumns,
  need,
  readColumn,
  readMask,
  readPairs,
  requireFiles,
} from "./instrument_files.ts";
import { laserGeometry } from "./laser_geometry.ts";
import { defineLoader, type LoaderServices, type OpenScan } from "./loader.ts";

/** Which kind of frames. */
type Kind = "data" | "dark" | "flat";

/** Size of a frame in pixels. */
type Size = readonly [number, number];

/**
 * One NeXus file for each frame, numbered from 1; positions are `positions` (frame, 2) of the metadata file, row then column, or
 * the two data sets that `motors` names if there is no such. Frames are corrected as they come: hot pixels, deconvolution, dark and flat
 * frame. With `use_EP` the scan is the mean flat frame alone, at (0, 0): a measurement of the probe without a sample.
 *
 * @throws {ParameterError} if numbers are missing or names contradict each other
 * @throws {DataError} if files or data sets are missing or do not fit together
 * @see PtyPy 0.4: UCLLaserScan (differs: runs with its default `center`; corrections act on whole frames, which are cropped afterwards;
 *   `detector_name`, `lam`, `z`, `use_EP`, `motors` and `dfile` do what they say; frames are those asked for)
 */
export const uclLaser = defineLoader<UclLaserScanParams>({
  name: "UCLLaserScan",
  open: (p, services) => p.use_EP ? openEmptyProbe(p, services) : openFrames(p, services),
});

function openFrames(p: UclLaserScanParams, services: LoaderServices): OpenScan {
  const frames = seriesOf(p, "data", services);
  return scanOver(frames, () => ({
    positions: p.positions_theory === null ? readPositions(p, services) : null,
    weight: maskOf(p, frames.shape, services),
    found: laserGeometry(p, { lam: null, z: null }),
    correct: correctionOf(p, frames, services),
  }));
}

/** The mean flat frame as a scan of one frame. */
function openEmptyProbe(p: UclLaserScanParams, services: LoaderServices): OpenScan {
  const message = "the number of the scan with the flat frames, as data.use_EP takes them for the probe";
  need(p.flat_number, "flat_number", message);
  const flat = meanOf(p, "flat", services)!;
  const dark = meanOf(p, "dark", services);
  assertFits(dark, flat);
  const frame = flat.data.slice();
  correctDarkFlat(frame, { dark, flat: null });
  return {
    numFrames: 1,
    source: flat.source,
    positions: new Float64Array(2),
    weight: maskOf(p, flat.shape, services),
    found: laserGeometry(p, { lam: null, z: null }),
    frames: (start, stop) => ({
      data: {
        dtype: "float64",
        shape: [stop - start, ...flat.shape],
        data: frame.subarray(0, (stop - start) * frame.length),
      },
    }),
    [Symbol.dispose]: () => {},
  };
}

/** Folder and beginning of the file names of one kind of frames. */
function placeOf(p: UclLaserScanParams, kind: Kind): { readonly folder: string; readonly number: string } {
  const name = kind === "data" ? "scan_number" : `${kind}_number` as const;
  const number = String(need(p[name], name, "the number of the scan")).padStart(6, "0");
  const base_path = p.base_path.endsWith("/") ? p.base_path : `${p.base_path}/`;
  const { scan_number, dark_number, flat_number } = p;
  // PtyPy's default holds the quotes of a sum of texts, which it never evaluates.
  const pattern = p[`${kind}_file_path`].replaceAll("' + '", "");
  const values = { base_path, scan_number, dark_number, flat_number };
  return { folder: fillParameters(pattern, values, `${kind}_file_path`), number };
}

function seriesOf(p: UclLaserScanParams, kind: Kind, services: LoaderServices): FrameReader {
  const { folder, number } = placeOf(p, kind);
  const place = services.path(folder);
  const count = lastNumber(place, number);
  if (count === 0) {
    throw new DataError(`Cannot read folder "${place}": found no files "${number}_0001.nxs" and so on`, {
      file: place,
    });
  }
  const paths = requireFiles(Array.from({ length: count }, (_, i) => {
    return services.path(join(folder, `${number}_${String(i + 1).padStart(4, "0")}.nxs`));
  }));
  const detector = p.detector_name ?? detectorIn(paths[0]!);
  const read = (path: string) => readFrameOf(path, `entry/instrument/${detector}/data`);
  return fileFrames({ paths, read, source: `"${place}"` });
}

/** The greatest number of a frame file, 0 if there is none. */
function lastNumber(folder: string, number: string): number {
  try {
    const names = [...Deno.readDirSync(folder)].map((entry) => /^(\d{6,})_(\d{4,})\.nxs$/.exec(entry.name));
    return names.reduce((most, name) => name?.[1] === number ? Math.max(most, Number(name[2])) : most, 0);
  } catch (error) {
    throw readError(folder, error);
  }
}

/** The first detector that has data. */
function detectorIn(path: string): string {
  using file = openHdf5(path);
  const found = file.keys("entry/instrument").find((name) => file.has(`entry/instrument/${name}/data`));
  if (found !== undefined) return found;
  const text = `Cannot read "entry/instrument" in "${path}": found no detector with a data set "data"`;
  throw new DataError(text, { file: path, dataset: "entry/instrument" });
}

function readPositions(p: UclLaserScanParams, services: LoaderServices): Float64Array {
  const { folder, number } = placeOf(p, "data");
  const path = services.path(join(folder, `${number}_metadata.h5`));
  using file = openHdf5(path);
  const [rows, cols, more] = p.motors;
  if (rows === undefined || cols === undefined || more !== undefined) {
    throw badParameter("motors", `found ${p.motors.length} names, expected two: along the rows, along the columns`);
  }
  const factor = p.motors_multiplier;
  const hasMotors = !file.has("positions") && file.has(rows) && file.has(cols);
  if (!hasMotors) return readPairs(file, "positions", { columns: [0, 1], factor });
  const along = (motor: string) => readColumn(file, motor).map((value) => value * factor);
  return joinColumns(along(rows), along(cols), { source: `"${path}"` });
}

function maskOf(p: UclLaserScanParams, shape: Size, services: LoaderServices): OpenScan["weight"] {
  return p.mask_file === null ? null : readMask(services.path(p.mask_file), { dataset: "mask", shape });
}

/** Mean of the dark or flat frames without hot pixels; null where they have no number. */
function meanOf(p: UclLaserScanParams, kind: "dark" | "flat", services: LoaderServices): CorrectionFrame | null {
  if (p[`${kind}_number`] === null) return null;
  using frames = seriesOf(p, kind, services);
  const mean = meanFrame(frames, { what: `${kind} frame` });
  hotPixelRemoval(p, frames.shape)?.(mean.data);
  return mean;
}

function correctionOf(
  p: UclLaserScanParams,
  frames: FrameReader,
  services: LoaderServices,
): ((frame: Float64Array) => void) | undefined {
  const [dark, flat] = [meanOf(p, "dark", services), meanOf(p, "flat", services)];
  for (const correction of [dark, flat]) assertFits(correction, frames);
  const removeHot = hotPixelRemoval(p, frames.shape);
  const deconvolve = deconvolution(p, frames.shape, services);
  if (dark === null && flat === null && removeHot === null && deconvolve === null) return undefined;
  return (frame) => {
    removeHot?.(frame);
    deconvolve?.(frame);
    if (dark !== null || flat !== null) correctDarkFlat(frame, { dark, flat });
  };
}

function hotPixelRemoval(p: UclLaserScanParams, [rows, cols]: Size): ((frame: Float64Array) => void) | null {
  const { apply, size, tolerance, ignore_edges: ignoreEdges } = p.remove_hot_pixels;
  if (!apply) return null;
  if (size < 2 || size > Math.min(rows, cols)) {
    throw badParameter("remove_hot_pixels.size", `found ${size}, expected pixels from 2 to ${Math.min(rows, cols)}`);
  }
  if (tolerance < 0) {
    throw badParameter("remove_hot_pixels.tolerance", `found ${tolerance}, expected standard deviations from 0`);
  }
  return (frame) => void removeHotPixels(frame, { rows, cols, size, tolerance, ignoreEdges });
}

function deconvolution(
  p: UclLaserScanParams,
  [rows, cols]: Size,
  services: LoaderServices,
): ((frame: Float64Array) => void) | null {
  const { apply, numiter, dfile, gaussians } = p.rl_deconvolution;
  if (!apply) return null;
  if (numiter < 0) throw badParameter("rl_deconvolution.numiter", `found ${numiter}, expected a whole number from 0`);
  const mtf = dfile === null
    ? transferFunction(gaussiansOf(gaussians), { rows, cols })
    : readTransferFunction(placeReference(dfile, services.path), [rows, cols]);
  const sharpen = createDeconvolution(mtf, { rows, cols, numiter });
  return (frame) => {
    for (let i = 0; i < frame.length; i++) if (frame[i]! < 0) frame[i] = 0;
    sharpen(frame);
  };
}

function gaussiansOf(group: UclLaserScanParams["rl_deconvolution"]["gaussians"]) {
  return Object.entries(group).map(([name, gaussian]) => {
    if (gaussian.std_x >= 0 && gaussian.std_y >= 0) return gaussian;
    throw badParameter(`rl_deconvolution.gaussians.${name}`, "found a negative deviation, expected pixels from 0");
  });
}

/** A transfer function (y, x), frequency 0 first, as large as the frames. */
function readTransferFunction(reference: string, [rows, cols]: Size): Float64Array {
  const array = loadArray(reference);
  if (array.shape.join() === `${rows},${cols}` && !array.dtype.startsWith("complex")) return toNumbers(array);
  throw new DataError(
    `Cannot deconvolve by "${reference}": found ${array.dtype} of (${
      array.shape.join(", ")
    }), expected real numbers of (${rows}, ${cols}), the shape of the frames`,
    { file: reference, found: array.shape, expected: [rows, cols] },
  );
}
