/**
 * Which of the eight orientations of the frames fits their positions: each is tried with a few iterations of DM on some neighbouring
 * frames, and the errors tell.
 *
 * In the far field |F(-q)|^2 of a wave is |F(q)|^2 of its complex conjugate. So an orientation and the one turned by half a turn fit
 * alike, and so do positions and their negatives; an initial probe that is not its own conjugate tells them apart, or else matter
 * does, which absorbs where it lowers the phase. Reversing one axis of the positions is reversing that axis of the frames: the eight
 * orientations hold every sign of the positions.
 */

import { openEngine } from "../core/engines/run_engine.ts";
import { ParameterError } from "../core/errors.ts";
import type { Loader } from "../core/loaders/loader.ts";
import type { LoaderParams } from "../core/loaders/mod.ts";
import { matterCorrelation } from "../core/metrics/conjugation.ts";
import { dmParams } from "../core/parameters/engine/dm.ts";
import type { PtyScanParams } from "../core/parameters/scandata/pty_scan.ts";
import { planScan, prepareScan } from "../core/preparation/prepare.ts";
import { middleFrames, withFrames } from "../core/preparation/some_frames.ts";
import type { ParsedPtycho } from "../core/ptycho_params.ts";
import { createRandom, restoreRandom } from "../core/random.ts";
import type { Device } from "../kernels/device.ts";
import type { RealArray } from "../kernels/nd_array.ts";
import { dataParams, type LoadedScan, loaderOf, type LoadServices, sortedScans, writtenBelow } from "./load.ts";
import { startModel } from "./start.ts";

/** How much is tried. */
export interface OrientOptions {
  /** Label of the scan; may be left out where there is one. */
  readonly scan?: string | undefined;
  /** Frames around the middle of the scan. */
  readonly frames: number;
  /** Iterations of DM for each orientation. */
  readonly iterations: number;
  readonly device: Device;
  /** Is told of each result. */
  readonly report?: (trial: OrientTrial) => void;
}

/** One orientation and how it fits. Plain JSON. */
export interface OrientTrial {
  /** 0 to 7, made of 4 (transpose), 2 (reverse rows) and 1 (reverse columns). */
  readonly orientation: number;
  /** Photon error of DM after the last iteration: how far intensities are off, in units of their noise. */
  readonly error: number;
  /** Correlation of phase and absorption, above 0 for matter. */
  readonly matter: number;
}

/** What was found. Plain JSON. */
export interface OrientResult {
  readonly label: string;
  /** Frames that were used, and that there are. */
  readonly frames: number;
  readonly of: number;
  readonly iterations: number;
  /** The answer. */
  readonly orientation: number;
  /** Error of the best of the others, apart from the one turned by half a turn, over that of the answer. */
  readonly factor: number;
  /** What told the answer from itself turned by half a turn; null where nothing did. */
  readonly halfTurn: "error" | "matter" | null;
  /** All eight, by their errors. */
  readonly trials: readonly OrientTrial[];
}

/** Half a turn: both axes reversed. */
const HALF_TURN = 3;

/** Errors that differ by less say nothing: measured, equal fits are within 1 % and others apart by a factor of 1.5 and more. */
const SAME_FIT = 1.1;

/** Correlations that differ by less say nothing. */
const SAME_MATTER = 0.02;

/** Iterations between two read-backs. */
const BLOCK = 5;

/** Tries all orientations. @throws {ParameterError} if there is no such scan; what loading it throws */
export async function orient(parsed: ParsedPtycho, services: LoadServices, o: OrientOptions): Promise<OrientResult> {
  const { some, of, prepare } = someFrames(parsed, services, o);
  const trials: OrientTrial[] = [];
  for (let orientation = 0; orientation < 8; orientation++) {
    const model = startModel([prepare(orientation)], parsed.p, { ...services, random: createRandom(parsed.p.seed) });
    const trial = { orientation, ...await tried(model, o) };
    trials.push(trial);
    o.report?.(trial);
  }
  const isNearField = chooseScan(parsed, o.scan)[1].propagation === "nearfield";
  const { label, frames } = some;
  return { label, frames, of, iterations: o.iterations, ...judge(trials, { isNearField }) };
}

/** What trials say. */
export function judge(
  all: readonly OrientTrial[],
  { isNearField }: { readonly isNearField: boolean },
): Pick<OrientResult, "orientation" | "factor" | "halfTurn" | "trials"> {
  const trials = [...all].sort((a, b) => a.error - b.error);
  const best = trials[0]!;
  const twin = trials.find(({ orientation }) => orientation === (best.orientation ^ HALF_TURN))!;
  const isTold = isNearField || twin.error > SAME_FIT * best.error;
  const difference = twin.matter - best.matter;
  const isMatter = !isTold && Math.abs(difference) > SAME_MATTER;
  const answer = isMatter && difference > 0 ? twin : best;
  const others = trials.filter((trial) => trial !== best && (isNearField || trial !== twin));
  return {
    orientation: answer.orientation,
    factor: others[0]!.error / answer.error,
    halfTurn: isTold ? "error" : isMatter ? "matter" : null,
    trials,
  };
}

interface SomeFrames {
  readonly some: { readonly label: string; readonly frames: number };
  readonly of: number;
  prepare(orientation: number): LoadedScan;
}

/** The frames in the middle of a scan, to be prepared in any orientation. */
function someFrames(parsed: ParsedPtycho, services: LoadServices, o: OrientOptions): SomeFrames {
  const [label, scan] = chooseScan(parsed, o.scan);
  const data = rawData(dataParams(label, scan));
  // The parameters are the loader's own, as it was found by their name.
  const loader = loaderOf(label, dataParams(label, scan)) as unknown as Loader<PtyScanParams>;
  const written = writtenBelow(parsed.written, `scans.${label}.data.`);
  const { name } = loader;
  const open: Loader<PtyScanParams>["open"] = (p, s) => ({ ...loader.open(p, s), prepared: false });
  const { positions, numFrames } = planScan({ name, open }, data, { label, written, services });
  const frames = middleFrames(positions, o.frames);
  const subset: Loader<PtyScanParams> = {
    name,
    open: (p, s) => withFrames(loader.open(p, s), { frames, positions }),
  };
  return {
    some: { label, frames: frames.length },
    of: numFrames,
    prepare(orientation) {
      const p = { ...data, positions_theory: null, num_frames: null, orientation } as PtyScanParams;
      // What is to be said was said when the scan was planned.
      const quiet = { ...services, log: () => {}, warn: () => {} };
      const options = { label, written, services: quiet, precision: parsed.p.data_type, now: services.now };
      return { label, p: scan, prepared: prepareScan(subset, p, options) };
    },
  };
}

async function tried(
  { data, state, model }: ReturnType<typeof startModel>,
  { iterations, device }: OrientOptions,
): Promise<Omit<OrientTrial, "orientation">> {
  const p = dmParams.parse({ name: "DM", numiter: iterations, probe_support: null });
  const session = await openEngine({ p, device, data, state, random: restoreRandom(state.random) });
  try {
    let error = Infinity;
    for (let done = 0; done < iterations; done += BLOCK) {
      const { errors } = await session.iterate(Math.min(BLOCK, iterations - done));
      error = errors.at(-1)![1];
    }
    const { arrays } = await session.save((name) => name === "object");
    const { rows, cols } = model.obj.storages[0]!;
    const object = arrays.object!.data.subarray(0, 2 * rows * cols) as RealArray;
    return { error, matter: matterCorrelation(object, [rows, cols]) };
  } finally {
    session.close();
  }
}

function chooseScan({ p }: ParsedPtycho, wanted: string | undefined): ReturnType<typeof sortedScans>[number] {
  const scans = sortedScans(p.scans);
  const found = scans.filter(([label]) => wanted === undefined || label === wanted);
  if (found.length === 1) return found[0]!;
  const labels = scans.map(([label]) => `"${label}"`).join(", ");
  const message = wanted === undefined
    ? `found ${scans.length} scans (${labels}), expected one; name one with --scan`
    : `found no "${wanted}", expected one of ${labels}`;
  throw new ParameterError([{ path: "scans", message }]);
}

/** Frames as the source has them, which nobody saves. */
function rawData(data: LoaderParams): PtyScanParams {
  return { ...data, save: null, orientation: null, add_poisson_noise: false };
}
