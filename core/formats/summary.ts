/** What a person wants to know of a file at once: geometry and counts of a .ptyd, engine, errors and shapes of a .ptyr. */

import { isPtychoError } from "../errors.ts";
import { type FrameSource, lookAtFrames, type Range, rangeOf } from "./frame_look.ts";
import { openHdf5 } from "./hdf5.ts";
import { openPtyd, type Ptyd } from "./ptyd.ts";
import { type PtyrIteration, type PtyrStorage, readPtyr } from "./ptyr.ts";

/** What frames and positions look like; too large to be printed. */
export interface ScanPictures {
  /** (frame, 2), metres; null where there are none. */
  readonly positions: Float64Array | null;
  /** Mean pattern, (y, x), of this shape. */
  readonly mean: Float64Array;
  readonly shape: readonly [number, number];
}

/** What there is of a scan. */
export interface ScanSummary {
  readonly frames: number;
  readonly shape: readonly [number, number];
  readonly dtype: string;
  /** keV, metres, metres; null where nothing says. */
  readonly energy: number | null;
  readonly distance: number | null;
  readonly psize: readonly [number, number] | null;
  /** Metres; null where there are none. */
  readonly positions: { readonly y: Range; readonly x: Range } | null;
  /** Fraction of valid pixels in the frames that were looked at. */
  readonly validFraction: number;
  /** Counts per pixel in the frames that were looked at. */
  readonly counts: Range & { readonly meanPerFrame: number };
  /** Frames that mask and counts were taken from. */
  readonly framesLookedAt: number;
  readonly pictures: ScanPictures;
}

/** Summary of a .ptyd file. */
export interface PtydSummary extends ScanSummary {
  readonly kind: "ptyd";
  readonly label: string | null;
  readonly weights: Ptyd["weightKind"];
  readonly positions: { readonly y: Range; readonly x: Range };
  /** What rocking curves have beside positions: angles in degrees, z in metres, the Bragg angle in degrees; null for other scans. */
  readonly rocking: { readonly angles: Range; readonly z: Range; readonly theta_bragg: number | null } | null;
}

/** A storage in a summary. */
export interface StorageSummary {
  readonly ID: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Metres, (y, x), or (r3, r1, r2) of volumes. */
  readonly psize: readonly number[];
  readonly energy: number | null;
}

/** Summary of a .ptyr file. */
export interface PtyrSummary {
  readonly kind: "ptyr";
  readonly fileKind: string;
  readonly run: string;
  /** Engines in the order they ran, with their iterations. */
  readonly engines: readonly { readonly name: string; readonly iterations: number }[];
  readonly last: PtyrIteration | null;
  readonly probe: readonly StorageSummary[];
  readonly obj: readonly StorageSummary[];
}

/**
 * Summary of a .ptyd or .ptyr file, told apart by their groups; null for other HDF5 files.
 *
 * @throws {DataError} if it is neither readable nor HDF5
 */
export function summarize(
  path: string,
  options: { notice?(message: string): void } = {},
): PtydSummary | PtyrSummary | null {
  const kind = kindOf(path);
  try {
    if (kind === "ptyd") return ptydSummary(path, options);
    if (kind === "ptyr") return ptyrSummary(path, options);
  } catch (error) {
    // Its tree can still be shown; why there is no summary is said.
    if (!isPtychoError(error, "DataError")) throw error;
    options.notice?.(error.message);
  }
  return null;
}

function kindOf(path: string): "ptyd" | "ptyr" | "hdf5" {
  using file = openHdf5(path);
  if (file.kind("/chunks") === "group" && file.kind("/meta") === "group") return "ptyd";
  return file.kind("/content") === "group" && file.kind("/header") === "group" ? "ptyr" : "hdf5";
}

function ptydSummary(path: string, options: { notice?(message: string): void }): PtydSummary {
  using file = openPtyd(path, options);
  const { columns, weightKind: weights, meta: { label, energy, distance, psize, theta_bragg } } = file;
  // Rocking curves have (angle, x, z, y) in each row.
  const isRocking = columns === 4;
  const all = file.positions;
  const column = (which: number) => all.filter((_, i) => i % columns === which);
  const [rows, cols] = [column(isRocking ? 3 : 0), column(1)];
  const positions = Float64Array.from({ length: 2 * file.numFrames }, (_, i) => (i % 2 === 0 ? rows : cols)[i >> 1]!);
  const source: FrameSource = {
    numFrames: file.numFrames,
    shape: file.shape,
    weight: file.weight,
    frames: (start, stop) => file.frames(start, stop),
  };
  return {
    kind: "ptyd",
    label,
    weights,
    rocking: isRocking ? { angles: rangeOf(column(0)), z: rangeOf(column(2)), theta_bragg } : null,
    ...scanSummary({ ...source, positions }, { energy, distance, psize }),
    positions: { y: rangeOf(rows), x: rangeOf(cols) },
  };
}

/** Summary of frames with their positions and what is known of their geometry. */
export function scanSummary(
  source: FrameSource & { readonly positions: Float64Array | null },
  geometry: Pick<ScanSummary, "energy" | "distance" | "psize">,
): ScanSummary {
  const { mean, ...look } = lookAtFrames(source);
  const { positions, shape } = source;
  return {
    ...geometry,
    ...look,
    frames: source.numFrames,
    shape,
    positions: positions === null ? null : { y: rangeOf(axisOf(positions, 0)), x: rangeOf(axisOf(positions, 1)) },
    pictures: { positions, mean, shape },
  };
}

function ptyrSummary(path: string, options: { notice?(message: string): void }): PtyrSummary {
  const content = readPtyr(path, options);
  const engines: { name: string; iterations: number }[] = [];
  for (const info of content.runtime.iter_info) {
    const current = engines.at(-1);
    if (current?.name === info.engine && info.iteration > 1) {
      current.iterations = Math.max(current.iterations, info.iteration);
    } else engines.push({ name: info.engine, iterations: info.iteration });
  }
  return {
    kind: "ptyr",
    fileKind: content.kind,
    run: content.runtime.run,
    engines,
    last: content.runtime.iter_info.at(-1) ?? null,
    probe: Object.values(content.probe).map(storageSummary),
    obj: Object.values(content.obj).map(storageSummary),
  };
}

function storageSummary(storage: PtyrStorage): StorageSummary {
  const { ID, energy, data, depth } = storage;
  const psize = [...depth === undefined ? [] : [depth.psize], ...storage.psize];
  return { ID, shape: data.shape, dtype: data.dtype, psize, energy };
}

function axisOf(positions: Float64Array, axis: number): Float64Array {
  return positions.filter((_, i) => i % 2 === axis);
}
