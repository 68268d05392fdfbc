/** What a person wants to know of a file at once: geometry and counts of a .ptyd, engine, errors and shapes of a .ptyr. */

import { isPtychoError } from "../errors.ts";
import { openHdf5 } from "./hdf5.ts";
import { openPtyd, type Ptyd } from "./ptyd.ts";
import { type PtyrIteration, type PtyrStorage, readPtyr } from "./ptyr.ts";

/** Least and greatest value. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Summary of a .ptyd file. */
export interface PtydSummary {
  readonly kind: "ptyd";
  readonly label: string | null;
  readonly frames: number;
  readonly shape: readonly [number, number];
  readonly dtype: string;
  /** keV, metres, metres; null where the file does not say. */
  readonly energy: number | null;
  readonly distance: number | null;
  readonly psize: readonly [number, number] | null;
  /** Metres. */
  readonly positions: { readonly y: Range; readonly x: Range };
  /** What rocking curves have beside positions: angles in degrees, z in metres, the Bragg angle in degrees; null for other scans. */
  readonly rocking: { readonly angles: Range; readonly z: Range; readonly theta_bragg: number | null } | null;
  /** Fraction of valid pixels in the frames that were looked at. */
  readonly validFraction: number;
  readonly weights: Ptyd["weightKind"];
  /** Counts per pixel in the frames that were looked at. */
  readonly counts: Range & { readonly meanPerFrame: number };
  /** Frames that mask and counts were taken from. */
  readonly framesLookedAt: number;
}

/** A storage in a summary. */
export interface StorageSummary {
  readonly ID: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Metres. */
  readonly psize: readonly [number, number];
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

/** Most bytes of frames that are read for mask and counts. */
const LOOK_BYTES = 1 << 28;

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
  const frameBytes = file.shape[0] * file.shape[1] * 16;
  const looked = Math.max(1, Math.min(file.numFrames, Math.floor(LOOK_BYTES / frameBytes)));
  const step = Math.max(1, Math.floor((1 << 25) / frameBytes));
  let [min, max, sum, valid, dtype] = [Infinity, -Infinity, 0, 0, ""];
  const pixels = file.shape[0] * file.shape[1];
  for (let start = 0; start < looked; start += step) {
    const stop = Math.min(looked, start + step);
    const { data, weights } = file.frames(start, stop);
    const weight = weights?.data ?? file.weight?.data;
    dtype = data.dtype;
    for (let i = 0; i < data.data.length; i++) {
      if (weight && !(weight[weights ? i : i % pixels]! > 0)) continue;
      const count = Number(data.data[i]!);
      if (count < min) min = count;
      if (count > max) max = count;
      sum += count;
      valid++;
    }
  }
  const { columns, meta: { theta_bragg } } = file;
  const along = (column: number): Range => rangeOf(file.positions.filter((_, i) => i % columns === column));
  const isRocking = columns === 4;
  return {
    kind: "ptyd",
    label: file.meta.label,
    frames: file.numFrames,
    shape: file.shape,
    dtype,
    energy: file.meta.energy,
    distance: file.meta.distance,
    psize: file.meta.psize,
    positions: isRocking ? { y: along(3), x: along(1) } : { y: along(0), x: along(1) },
    rocking: isRocking ? { angles: along(0), z: along(2), theta_bragg } : null,
    validFraction: valid / (looked * pixels),
    weights: file.weightKind,
    counts: { min, max, meanPerFrame: sum / looked },
    framesLookedAt: looked,
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
  const { ID, psize, energy, data } = storage;
  return { ID, shape: data.shape, dtype: data.dtype, psize, energy };
}

function rangeOf(values: Float64Array): Range {
  return {
    min: values.reduce((a, b) => Math.min(a, b), Infinity),
    max: values.reduce((a, b) => Math.max(a, b), -Infinity),
  };
}
