/** The stage that writes simulated scans as `.ptyd` files, with the truth beside them as a `.ptyr` file. */

import { PTYR_DESCRIPTION, writePtyr } from "../core/formats/ptyr.ts";
import { asctime } from "../core/formats/h5rw.ts";
import { UnsupportedError } from "../core/errors.ts";
import { type MoonFlowerTruth, simulateMoonFlower } from "../core/loaders/moon_flower.ts";
import type { PreparedScan } from "../core/loaders/prepared_scan.ts";
import { type PrepareOptions, prepareScan } from "../core/preparation/prepare.ts";
import type { ParsedPtycho, PtychoParams } from "../core/ptycho_params.ts";
import { complexArray } from "../kernels/nd_array.ts";
import type { LoaderParams } from "../core/loaders/mod.ts";
import { dataParams, loaderOf, type LoadServices, sortedScans, writtenBelow } from "./load.ts";

/** What was written for a scan. */
export interface SimulatedFiles {
  readonly label: string;
  readonly frames: number;
  readonly shape: readonly [number, number];
  readonly ptyd: string;
  /** Object and probe that the frames were made of; null where there is no such thing (QuickScan). */
  readonly truth: string | null;
}

/** Loaders that make frames instead of reading them. */
const SIMULATORS: ReadonlySet<string> = new Set(["MoonFlowerScan", "QuickScan"]);

/** What the stage needs beside parameters. */
export interface SimulateServices extends LoadServices {
  /** The `.ptyd` file of a scan that has no `dfile`. */
  fileOf(label: string): string;
}

/** The scans of a tree with their simulators. @throws {UnsupportedError} for a scan whose loader reads frames */
export function simulatedScans({ scans }: Pick<PtychoParams, "scans">): { label: string; data: LoaderParams }[] {
  return sortedScans(scans).map(([label, scan]) => {
    const data = dataParams(label, scan);
    if (SIMULATORS.has(data.name)) return { label, data };
    const path = `scans.${label}.data.name`;
    const expected = [...SIMULATORS].join(" or ");
    const message = `Cannot simulate scan "${label}": found loader "${data.name}", expected ${expected}`;
    throw new UnsupportedError(message, { path, value: data.name });
  });
}

/**
 * Simulates all scans of a tree. A scan is saved to its `dfile` (mode `save`, `append` where it has none).
 *
 * @throws {UnsupportedError} for a scan whose loader reads frames
 */
export function simulateScans({ p, written }: ParsedPtycho, services: SimulateServices): SimulatedFiles[] {
  const scans = simulatedScans(p);
  return scans.map(({ label, data }) => {
    const dfile = data.dfile ?? services.fileOf(label);
    const options = { label, written: writtenBelow(written, `scans.${label}.data.`), services, now: services.now };
    const admit: PrepareOptions["admit"] = ({ numFrames: frames, shape }) => services.admit?.(label, { frames, shape });
    const saving = { ...data, dfile, save: data.save ?? "append" } as typeof data;
    const prepared = prepareScan(loaderOf(label, data), saving, { ...options, admit, precision: "single" });
    const ptyd = services.path(dfile);
    const files = { label, frames: prepared.numFrames, shape: prepared.meta.shape, ptyd };
    if (data.name !== "MoonFlowerScan") return { ...files, truth: null };
    // A name of its own is a path of its own: a link may be there.
    const truth = services.path(`${dfile.replace(/\.ptyd$/i, "")}_truth.ptyr`);
    writeTruth(truth, { label, prepared, now: services.now, truth: simulateMoonFlower(data).truth });
    return { ...files, truth };
  });
}

/** What a truth file is made of. */
export interface TruthInput {
  readonly label: string;
  readonly prepared: PreparedScan;
  readonly truth: MoonFlowerTruth;
  readonly now: Date;
}

/** Writes the truth of a simulation like a result, so that everything that reads results can read it. */
export function writeTruth(path: string, { label, prepared, truth, now }: TruthInput): void {
  const ID = `S${label}G00`;
  const { energy } = prepared.meta;
  const [rows, cols] = truth.probe.shape as readonly [number, number];
  const psize = truth.resolution;
  const zeroOf = (axis: 0 | 1) =>
    truth.origins[axis]! + Math.floor([rows, cols][axis]! / 2) - Math.round(prepared.positions[axis]! / psize[axis]);
  const center = [zeroOf(0), zeroOf(1)] as const;
  const storage = (array: typeof truth.probe, zero: readonly [number, number]) => ({
    ID,
    numID: 1,
    data: complexArray(array.data, [1, ...array.shape]),
    psize,
    center: zero,
    origin: [-zero[0] * psize[0], -zero[1] * psize[1]] as const,
    energy,
    fill_value: 0,
    layermap: [0],
    nlayers: 1,
    padding: 0,
  });
  const positions = { dtype: "float64", shape: [prepared.numFrames, 2], data: prepared.positions } as const;
  writePtyr(path, {
    kind: "minimal",
    description: PTYR_DESCRIPTION,
    probe: { [ID]: storage(truth.probe, [Math.floor(rows / 2), Math.floor(cols / 2)]) },
    obj: { [ID]: storage(truth.object, center) },
    pars: {},
    runtime: {
      run: `${label}_truth`,
      start: asctime(now),
      stop: asctime(now),
      iter_info: [],
      last_save: 0,
      last_plot: 0,
    },
    positions: { [ID]: positions },
  }, { now });
}
