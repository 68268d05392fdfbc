/** Fly scans of NanoMAX (MAX IV) as of June 2017. */

import { type DType, type NdArray, newArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { placeReference, splitReference } from "../formats/array_file.ts";
import { type Hdf5File, openHdf5 } from "../formats/hdf5.ts";
import { toNumbers } from "../formats/hdf5_values.ts";
import type { NanomaxFlyscanJune2017Params } from "../parameters/scandata/nanomax.ts";
import { fillNumbers } from "../path_pattern.ts";
import { roundHalfEven } from "../preparation/crop_pad.ts";
import { type FrameReader, scanOver, wrongRank } from "./frame_reader.ts";
import { badParameter, isThere, readColumn, under } from "./instrument_files.ts";
import { type IndexRange, parseWindow, windowMean } from "./index_window.ts";
import { defineLoader, type LoaderServices } from "./loader.ts";
import { frameFile, maskOfDead, masterFile, readMaster, stagePositions } from "./nanomax_master.ts";

/** What the master file says of a fly scan. */
interface Lines {
  /** Positions of the slow axis, one for each line. */
  readonly slow: Float64Array;
  /** Positions of the fast axis, (line, point). */
  readonly fast: Float64Array;
  /** Points of a line. */
  readonly points: number;
}

/**
 * Lines in y, through which x flies: `samy` of the master file has one value for each line, `AdLinkAI_buff` the values of x, as many
 * as there are before the first 0 of its first line. Each line is a frame file of so many frames. With
 * `detNormalizationFilePattern` frames are divided by the mean of a window of another detector, relative to the first frame, and
 * rounded back to whole counts.
 *
 * @throws {ParameterError} if files are not named, or the window is not understood
 * @throws {DataError} if files or data sets are missing or do not fit together
 * @see PtyPy 0.4: NanomaxFlyscanJune2017 (differs: files are found by `pilatusPath` and `pilatusPattern`, as PtyPy's own names were never
 *   declared; a line that is missing is refused)
 */
export const nanomaxFlyscanJune2017 = defineLoader<NanomaxFlyscanJune2017Params>({
  name: "NanomaxFlyscanJune2017",
  open(p, services) {
    const lines = readMaster(p, services, readLines);
    const frames = lineFrames(p, lines, services);
    return scanOver(frames, () => ({
      positions: stagePositions(
        Float64Array.from(lines.fast, (_, i) => lines.slow[Math.floor(i / lines.points)]!),
        lines.fast,
        p,
      ),
      weight: maskOfDead(p, frames, services),
      correct: normalisation(p, { lines, isWhole: !frames.read(0, 1).dtype.startsWith("float"), services }),
    }));
  },
});

function readLines(file: Hdf5File, group: string): Lines {
  const slow = readColumn(file, `${group}/samy`);
  const dataset = `${group}/AdLinkAI_buff`;
  const shape = file.shape(dataset);
  const [rows = 0, room = 0] = shape;
  if (shape.length !== 2 || rows !== slow.length) {
    throw wrongRank(file.path, { dataset, found: shape, expected: `(${slow.length}, points), a row for each of samy` });
  }
  const buffer = toNumbers(file.readArray(dataset));
  const end = buffer.subarray(0, room).indexOf(0);
  const points = end < 0 ? room : end;
  if (points === 0) {
    const text = `Cannot read "${dataset}" in "${file.path}": found 0 in the first place, expected positions of x`;
    throw new DataError(text, { file: file.path, dataset });
  }
  const fast = Float64Array.from(
    { length: rows * points },
    (_, i) => buffer[Math.floor(i / points) * room + i % points]!,
  );
  return { slow, fast, points };
}

function lineFrames(p: NanomaxFlyscanJune2017Params, lines: Lines, services: LoaderServices): FrameReader {
  const paths = linePaths(p, lines.slow.length, services);
  const read = (line: number, start: number, stop: number) => readLine(paths[line]!, { p, lines, start, stop });
  const first = read(0, 0, 1);
  const shape = [first.shape[1]!, first.shape[2]!] as const;
  return {
    numFrames: paths.length * lines.points,
    shape,
    source: `"${masterFile(p, services)}"`,
    read(start, stop) {
      const data = newArray(first.dtype, (stop - start) * sizeOf(shape));
      for (let at = start; at < stop;) {
        const line = Math.floor(at / lines.points);
        const end = Math.min(stop, (line + 1) * lines.points);
        const part = read(line, at - line * lines.points, end - line * lines.points);
        assertAlike(part, { path: paths[line]!, shape, dtype: first.dtype });
        (data as Float64Array).set(part.data as Float64Array, (at - start) * sizeOf(shape));
        at = end;
      }
      return { dtype: first.dtype, shape: [stop - start, ...shape], data };
    },
    [Symbol.dispose]: () => {},
  };
}

/** Files of the lines in their order. A line that is missing between others is refused; lines missing at the end show in the number. */
function linePaths(p: NanomaxFlyscanJune2017Params, count: number, services: LoaderServices): string[] {
  const all = Array.from({ length: count }, (_, line) => frameFile(p, line, services));
  const found = all.map(isThere);
  const missing = found.indexOf(false);
  if (missing < 0) return all;
  const rest = found.lastIndexOf(true) > missing ? "though there are later ones" : `of ${count} lines that samy has`;
  throw new DataError(
    `Cannot read the frames of line ${missing}: found no file "${all[missing]}", ${rest}; copy the missing files`,
    { file: all[missing], found: missing, expected: count },
  );
}

function readLine(
  path: string,
  o: { p: NanomaxFlyscanJune2017Params; lines: Lines; start: number; stop: number },
): NdArray {
  using file = openHdf5(path);
  const found = file.shape(o.p.hdfPath);
  if (found.length !== 3 || found[0] !== o.lines.points) {
    const expected = `(${o.lines.points}, y, x), a frame for each position of x`;
    throw wrongRank(path, { dataset: o.p.hdfPath, found, expected });
  }
  return file.readFrames(o.p.hdfPath, o.start, o.stop);
}

function assertAlike(part: NdArray, o: { path: string; shape: readonly [number, number]; dtype: DType }): void {
  if (part.dtype === o.dtype && part.shape[1] === o.shape[0] && part.shape[2] === o.shape[1]) return;
  throw new DataError(
    `Cannot use the frames in "${o.path}": found ${part.dtype} of (${
      part.shape.slice(1).join(", ")
    }), expected ${o.dtype} of (${o.shape.join(", ")}) as in the first line`,
    { file: o.path, found: part.shape, expected: o.shape },
  );
}

/** Divides a frame by what another detector saw, relative to the first frame; undefined where none is named. */
function normalisation(
  p: NanomaxFlyscanJune2017Params,
  o: { lines: Lines; isWhole: boolean; services: LoaderServices },
): ((frame: Float64Array, index: number) => void) | undefined {
  if (p.detNormalizationFilePattern === null) {
    if (p.detNormalizationIndices === null) return undefined;
    throw badParameter("detNormalizationFilePattern", "found None beside detNormalizationIndices, expected file names");
  }
  const window = parseWindow(p.detNormalizationIndices, "detNormalizationIndices");
  const meansOf = (line: number) => lineMeans(p, { ...o, line, window });
  let last = { line: 0, means: meansOf(0) };
  const reference = last.means[0]!;
  return (frame, index) => {
    const line = Math.floor(index / o.lines.points);
    if (last.line !== line) last = { line, means: meansOf(line) };
    const factor = reference / last.means[index % o.lines.points]!;
    for (let at = 0; at < frame.length; at++) {
      const value = frame[at]! * factor;
      frame[at] = o.isWhole ? roundHalfEven(value) : value;
    }
  };
}

function lineMeans(
  p: NanomaxFlyscanJune2017Params,
  o: { line: number; window: readonly IndexRange[]; lines: Lines; services: LoaderServices },
): number[] {
  const name = "scans.*.data.detNormalizationFilePattern";
  const pattern = fillNumbers(p.detNormalizationFilePattern!, [p.scannr!, o.line], name);
  const { path, dataset } = splitReference(placeReference(under(p.pilatusPath, pattern), o.services.path));
  using file = openHdf5(path);
  return windowMean(file, { dataset: dataset ?? p.hdfPath, window: o.window, count: o.lines.points });
}
