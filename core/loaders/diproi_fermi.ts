/** Scans of the DiProI beamline of FERMI. */

import { assertFits, correctDarkFlat, type CorrectionFrame, meanFrame } from "../corrections/dark_flat.ts";
import { openHdf5 } from "../formats/hdf5.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import type { DiproiFermiScanParams } from "../parameters/scandata/diproi_fermi_scan.ts";
import { fileFrames, type FrameReader, readCorrection, readFrameOf, scanOver, wrongRank } from "./frame_reader.ts";
import {
  badParameter,
  fillParameters,
  joinColumns,
  listSeries,
  need,
  readMask,
  readNumber,
  under,
} from "./instrument_files.ts";
import { defineLoader, type LoaderServices } from "./loader.ts";

const FRAME = "image/ccd1";

/**
 * One file for each frame, `image/ccd1`, with its position: the motors `sample_x` and `sample_y` are the data sets `DPI/SampleX` and
 * `DPI/SampleY`; the first of `motors` moves along the rows, the second along the columns, as PtyPy has it. Refined positions are
 * `data/probe_positions` (2, frame) of `Fermi_reconstruction.h5`, in metres. Dark frames are the files that begin with "Dark".
 *
 * @throws {ParameterError} if folders are not named, or a flat field is asked for and not named
 * @throws {DataError} if files or data sets are missing, a numbered series has a gap, or things do not fit together
 * @see PtyPy 0.4: DiProIFERMIScan (differs: frames are those asked for, `dark_value`, `motors` and a flat field without a dark frame work,
 *   nothing need be saved)
 */
export const diproiFermi = defineLoader<DiproiFermiScanParams>({
  name: "DiProIFERMIScan",
  open(p, services) {
    const paths = listSeries(folderOf(p, "h5_file_pattern"), { services, fits: () => true, what: "frame files" });
    const source = `"${services.path(folderOf(p, "h5_file_pattern"))}"`;
    const frames = fileFrames({ paths, read: (path) => readFrameOf(path, FRAME), source });
    return scanOver(frames, () => ({
      positions: p.positions_theory !== null
        ? null
        : p.use_refined_positions
        ? readRefined(services.path(under(folderOf(p, "refined_positions_pattern"), "Fermi_reconstruction.h5")))
        : readMotors(paths, p, source),
      weight: p.mask_file === null
        ? null
        : readMask(services.path(p.mask_file), { dataset: "mask", shape: frames.shape }),
      correct: correctionOf(p, frames, services),
    }));
  },
});

function folderOf(
  p: DiproiFermiScanParams,
  name: "h5_file_pattern" | "dark_h5_file_pattern" | "refined_positions_pattern",
): string {
  need(p.base_path, "base_path", "the folder of the measurement");
  const { base_path, run_ID, scan_name, dark_name, date } = p;
  return fillParameters(p[name], { base_path, run_ID, scan_name, dark_name, date }, name);
}

function readMotors(paths: readonly string[], p: DiproiFermiScanParams, source: string): Float64Array {
  if (p.motors.length !== 2) {
    throw badParameter("motors", `found ${p.motors.length} names, expected two: along the rows, along the columns`);
  }
  const [rows, cols] = p.motors.map((motor) => `DPI/${camelCase(motor)}`) as [string, string];
  const along: [Float64Array, Float64Array] = [new Float64Array(paths.length), new Float64Array(paths.length)];
  for (const [i, path] of paths.entries()) {
    using file = openHdf5(path);
    along[0][i] = readNumber(file, rows) * p.motors_multiplier;
    along[1][i] = readNumber(file, cols) * p.motors_multiplier;
  }
  return joinColumns(...along, { source });
}

/** `sample_x` as the files have it: `SampleX`. */
function camelCase(name: string): string {
  return name.split("_").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}

function readRefined(path: string): Float64Array {
  const dataset = "data/probe_positions";
  using file = openHdf5(path);
  const found = file.shape(dataset);
  const count = found[1] ?? 0;
  if (found.length !== 2 || found[0] !== 2) throw wrongRank(path, { dataset, found, expected: "(2, frame)" });
  const values = toNumbers(file.readArray(dataset));
  return joinColumns(values.subarray(0, count), values.subarray(count), { source: `"${path}"` });
}

function correctionOf(
  p: DiproiFermiScanParams,
  frames: FrameReader,
  services: LoaderServices,
): ((frame: Float64Array) => void) | undefined {
  if (!p.dark_subtraction && !p.flat_division) return undefined;
  const dark = p.dark_subtraction ? darkFrame(p, frames, services) : null;
  const flat = p.flat_division ? flatField(p, services) : null;
  for (const correction of [dark, flat]) assertFits(correction, frames);
  return (frame) => correctDarkFlat(frame, { dark, flat });
}

function darkFrame(p: DiproiFermiScanParams, frames: FrameReader, services: LoaderServices): CorrectionFrame {
  if (p.dark_name === null) {
    const data = new Float64Array(frames.shape[0] * frames.shape[1]).fill(p.dark_value);
    return { shape: frames.shape, data, source: "data.dark_value" };
  }
  const folder = folderOf(p, "dark_h5_file_pattern");
  const paths = listSeries(folder, {
    services,
    fits: (name) => name.startsWith("Dark"),
    what: 'files that begin with "Dark"',
  });
  const source = `"${services.path(folder)}"`;
  using darks = fileFrames({ paths, read: (path) => readFrameOf(path, FRAME), source });
  return meanFrame(darks, { what: "dark frame" });
}

function flatField(p: DiproiFermiScanParams, services: LoaderServices): CorrectionFrame {
  const expected = "the HDF5 file with the flat field, as data.flat_division is true";
  const path = services.path(need(p.detector_flat_file, "detector_flat_file", expected));
  using file = openHdf5(path);
  return readCorrection(file, "flat", { what: "flat field" });
}
