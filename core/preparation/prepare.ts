/**
 * Data preparation: from the frames of a loader to the frames that models use. The chain is load, centre, crop or pad, noise,
 * orientation, rebin, save; frames stream through it in chunks into memory or scratch.
 */

import type { MeasuredFrames } from "../../kernels/measured.ts";
import { type NdArray, type Precision, sizeOf } from "../../kernels/nd_array.ts";
import { DataError, isPtychoError, ParameterError } from "../errors.ts";
import { loadArray, placeReference } from "../formats/array_file.ts";
import type { Loader, LoaderServices, OpenScan } from "../loaders/loader.ts";
import type { PreparedScan, ScanMeta } from "../loaders/prepared_scan.ts";
import { flatPositions, ROCKING_COLUMNS } from "../loaders/rocking.ts";
import type { PtyScanParams } from "../parameters/scandata/pty_scan.ts";
import { assertInside } from "./center.ts";
import { assertSomeValid } from "./checks.ts";
import { type CropWindow, cropWindow } from "./crop_pad.ts";
import { findCenter } from "./find_center.ts";
import { createFrameStore, type FrameStore } from "./frame_store.ts";
import { createFrameChain, type PreparedFrame, type RawFrameAt } from "./frame_chain.ts";
import { orientCenter } from "./orientation.ts";
import { type PlanContext, planPreparation, type PreparationPlan } from "./plan.ts";
import { givenPositions } from "./positions_theory.ts";
import { openSaver, type ScanSaver } from "./save.ts";

/** Bytes of frames that are read at a time beside the result, unless `min_frames` needs more. */
export const READ_BYTES = 2 * 2 ** 20;

/** Bytes of prepared frames that become one chunk of a file that is saved. */
export const CHUNK_BYTES = 32 * 2 ** 20;

/** What preparation needs beside loader and parameters. */
export interface PrepareOptions {
  /** Label of the scan in the parameter tree. */
  readonly label: string;
  /** Names under `scans.<label>.data` that the user wrote; they win over what the source says, defaults do not. */
  readonly written: ReadonlySet<string>;
  /** Randomness, paths relative to `io.home`, and the log. */
  readonly services: LoaderServices;
  /** Of the diffraction that is returned. */
  readonly precision: Precision;
  /** (frame, 2), metres: positions of the scan model's `xy`, used where `positions_theory` is None. */
  readonly positions?: Float64Array | null;
  /** Written into a file that is saved. */
  readonly now: Date;
  /** Of what is read at a time and of a chunk that is saved: READ_BYTES and CHUNK_BYTES if left out. */
  readonly chunkBytes?: number;
  /** Is told what is going to be done before there is room for the frames; may throw. */
  readonly admit?: (plan: PreparationPlan) => void;
}

/** What deciding without preparing needs. */
export type PlanOptions = Omit<PrepareOptions, "precision" | "now" | "chunkBytes" | "admit">;

/** A prepared scan, and where the optical axis was in the source. */
export interface Preparation extends PreparedScan {
  /** Centre (y, x) in pixels of the source's frames, as given or as found. */
  readonly rawCenter: readonly [number, number];
}

/**
 * Prepares a scan. Intensities are float32 or float64 by `precision`; positions and geometry as `PreparedScan` says. With
 * `save` the prepared frames are also written to `dfile`, which appears whole or not at all.
 *
 * @throws {ParameterError} for parameters that contradict each other or the source
 * @throws {DataError} for a source that cannot be read, or whose counts, positions or masks are not usable
 * @see PtyPy 0.4: PtyScan (differs: one process; `merge` works; part files of `link` are found beside `dfile`)
 */
export function prepareScan<P extends PtyScanParams>(loader: Loader<P>, p: P, options: PrepareOptions): Preparation {
  using scan = openSource(loader, p, options);
  const plan = planPreparation(scan, p, planContext(scan, p, options));
  options.admit?.(plan);
  const batches = batchesOf(plan, { p, ...options });
  const rawCenter = chooseCenter(scan, p, { plan, chunk: batches.read, services: options.services });
  const window = scan.prepared ? wholeFrame(plan, rawCenter) : cropWindow(plan.rawShape, plan.cropShape, rawCenter);
  const center = orientCenter(window.center, { ...plan.orientation, shape: plan.cropShape });
  const meta = metaOf(plan, { center: [center[0] / plan.bin, center[1] / plan.bin], label: options.label });
  const savedAs = { ...p, label: p.label ?? scan.found.label ?? null };
  using saver = openSaver(savedAs, { ...options, meta, plan, rawCenter });
  const noise = p.add_poisson_noise ? options.services.random : null;
  const prepareFrame = createFrameChain(plan, { window, weight: scan.weight, noise });
  const { precision, services: { scratch } } = options;
  const measured = streamFrames(scan, { plan, batches, prepareFrame, saver, precision, scratch });
  saver?.finish();
  scan.finish?.();
  const { numFrames, positions, rocking } = plan;
  const beside = rocking === undefined ? {} : { rocking };
  return { meta, numFrames, indices: count(0, numFrames), positions, ...beside, measured, rawCenter };
}

/**
 * Opens a source and decides what preparation would do, without doing it: for a dry run.
 *
 * @throws {ParameterError | DataError} what `prepareScan` throws before it reads frames
 */
export function planScan<P extends PtyScanParams>(
  loader: Loader<P>,
  p: P,
  options: PlanOptions,
): PreparationPlan {
  using scan = openSource(loader, p, options);
  return planPreparation(scan, p, planContext(scan, p, options));
}

/** Opens the source. A loader does not know its scan: what it says about `scans.*` gets the label here. */
function openSource<P extends PtyScanParams>(loader: Loader<P>, p: P, { label, services }: PlanOptions): OpenScan {
  const named = (text: string) => text.replaceAll("scans.*.", `scans.${label}.`);
  const { log, warn = log } = services;
  const say = { log: (message: string) => log(named(message)), warn: (message: string) => warn(named(message)) };
  try {
    return loader.open(p, { ...services, ...say });
  } catch (e) {
    if (!isPtychoError(e, "ParameterError")) throw e;
    const { issues } = e as ParameterError;
    throw new ParameterError(issues.map(({ path, message }) => ({ path: named(path), message: named(message) })), e);
  }
}

function planContext(scan: OpenScan, p: PtyScanParams, o: PlanOptions): PlanContext {
  const columns = scan.rocking === undefined ? 2 : ROCKING_COLUMNS;
  const given = givenPositions(p.positions_theory, {
    path: `scans.${o.label}.data.positions_theory`,
    columns,
    load: (reference) => loadArray(placeReference(reference, o.services.path)),
  });
  const { log, warn = log } = o.services;
  const positions = given !== null && columns === ROCKING_COLUMNS ? flatPositions(given) : given ?? o.positions ?? null;
  const coordinates = columns === ROCKING_COLUMNS ? given : null;
  return { label: o.label, written: o.written, positions, coordinates, log, warn };
}

/** Frames that are read at a time, and those that become a chunk of a file. */
interface Batches {
  readonly read: number;
  readonly chunk: number;
}

/** As many frames as fit into the bytes of each, but at least `min_frames`. Frames to save are gathered as float64 with their masks. */
function batchesOf(plan: PreparationPlan, o: { p: PtyScanParams; label: string; chunkBytes?: number }): Batches {
  const { min_frames: least, save } = o.p;
  if (least < 1) {
    const message = `found ${least}, expected a whole number from 1`;
    throw new ParameterError([{ path: `scans.${o.label}.data.min_frames`, message }]);
  }
  const fitting = (bytes: number, frameBytes: number) => Math.max(least, Math.floor(bytes / frameBytes), 1);
  const read = fitting(o.chunkBytes ?? READ_BYTES, plan.rawBytes);
  return { read, chunk: save === null ? read : fitting(o.chunkBytes ?? CHUNK_BYTES, 9 * sizeOf(plan.shape)) };
}

/** The centre of the plan, or the one that is found; `auto_center` true beside a given centre only reports, as in PtyPy. */
function chooseCenter(
  scan: OpenScan,
  p: PtyScanParams,
  o: { plan: PreparationPlan; chunk: number; services: LoaderServices },
): readonly [number, number] {
  const isAsked = p.auto_center === true && !scan.prepared;
  const found = o.plan.center === null || isAsked ? findCenter(scan, o.plan, { chunk: o.chunk }) : null;
  const center = o.plan.center ?? found!;
  if (found !== null) {
    const [y, x] = found.map((c) => c.toFixed(2));
    const remedy = o.plan.center === null
      ? ""
      : `, but data.center says (${center.join(", ")}), which is used; set data.center to None to use what was found`;
    const { log, warn = log } = o.services;
    const say = o.plan.center === null ? log : warn;
    say(`centre of mass of the frames at pixel (${y}, ${x})${remedy}`);
  }
  if (!scan.prepared) assertInside(center, o.plan.rawShape);
  return center;
}

/** Frames that are prepared already keep their axis where it is. */
function wholeFrame(plan: PreparationPlan, center: readonly [number, number]): CropWindow {
  return { from: plan.rawShape, to: plan.rawShape, corner: [0, 0], center };
}

function metaOf(plan: PreparationPlan, o: Pick<ScanMeta, "center" | "label">): ScanMeta {
  const { energy, distance, psize, shape, version } = plan;
  return { label: o.label, energy, distance, psize, shape, center: o.center, version };
}

interface Stream {
  readonly plan: PreparationPlan;
  readonly batches: Batches;
  readonly prepareFrame: (at: RawFrameAt) => PreparedFrame;
  readonly saver: ScanSaver | null;
  readonly precision: Precision;
  readonly scratch: LoaderServices["scratch"];
}

function streamFrames(scan: OpenScan, o: Stream): MeasuredFrames {
  const { numFrames, source } = o.plan;
  const store = openStore(o);
  const part = o.saver === null ? null : createPart(o.plan, { chunk: o.batches.chunk, saver: o.saver });
  let isEmpty = true;
  for (let start = 0; start < numFrames; start += o.batches.read) {
    const stop = Math.min(start + o.batches.read, numFrames);
    const raw = scan.frames(start, stop);
    assertFrameShape(raw.data, { plan: o.plan, start, stop });
    for (let frame = start; frame < stop; frame++) {
      const { values, mask } = o.prepareFrame({ raw, index: frame - start, frame });
      assertSomeValid(mask, { frame, source });
      store.add(values, mask);
      isEmpty &&= values.every((photons) => photons === 0);
      part?.(frame, { values, mask });
    }
  }
  if (isEmpty && !scan.empty) refuseEmpty(source);
  return store.finish();
}

/** A function that gathers frames, which come in order, and saves as many as are a chunk of a file at once. */
function createPart(
  plan: PreparationPlan,
  { chunk, saver }: { readonly chunk: number; readonly saver: ScanSaver },
): (frame: number, prepared: PreparedFrame) => void {
  const { numFrames, shape } = plan;
  const { coordinates, columns } = savedPositions(plan);
  const pixels = sizeOf(shape);
  const most = Math.min(chunk, numFrames);
  const gathered = { values: new Float64Array(most * pixels), mask: new Uint8Array(most * pixels) };
  return (frame, { values, mask }) => {
    const start = frame - frame % chunk;
    gathered.values.set(values, (frame - start) * pixels);
    gathered.mask.set(mask, (frame - start) * pixels);
    const stop = frame + 1;
    if (stop - start < chunk && stop < numFrames) return;
    saver.add({
      values: gathered.values.subarray(0, (stop - start) * pixels),
      mask: gathered.mask.subarray(0, (stop - start) * pixels),
      indices: count(start, stop),
      positions: coordinates.slice(columns * start, columns * stop),
      shape,
    });
  };
}

/** What a file says of where frames were taken: the coordinates of rocking curves have their angle too. */
function savedPositions({ rocking, positions }: PreparationPlan): { coordinates: Float64Array; columns: number } {
  return rocking === undefined
    ? { coordinates: positions, columns: 2 }
    : { coordinates: rocking.coordinates, columns: ROCKING_COLUMNS };
}

function count(start: number, stop: number): Int32Array {
  return Int32Array.from({ length: stop - start }, (_, i) => start + i);
}

function openStore({ plan, precision, scratch }: Stream): FrameStore {
  const points = sizeOf(plan.shape);
  try {
    return createFrameStore({ frames: plan.numFrames, points, precision, scratch });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const length = plan.numFrames * points;
    const gigabytes = (length * (precision === "single" ? 4 : 8) / 1e9).toFixed(1);
    throw new DataError(
      `Cannot prepare ${plan.source}: found ${plan.numFrames} frames of ${plan.shape[0]} x ${
        plan.shape[1]
      }, which need ${gigabytes} GB, expected what fits into memory; lower data.num_frames or data.shape, or rebin`,
      { source: plan.source, found: length },
      cause,
    );
  }
}

function assertFrameShape(data: NdArray, o: { plan: PreparationPlan; start: number; stop: number }): void {
  const expected = [o.stop - o.start, ...o.plan.rawShape];
  if (data.shape.length === 3 && data.shape.every((n, axis) => n === expected[axis])) return;
  throw new DataError(
    `Cannot read frames ${o.start} to ${o.stop - 1} of ${o.plan.source}: found shape (${
      data.shape.join(", ")
    }), expected (${expected.join(", ")}); all frames must have one shape`,
    { source: o.plan.source, found: data.shape, expected },
  );
}

function refuseEmpty(source: string): never {
  throw new DataError(
    `Cannot use ${source}: found no photons in any frame, expected some; check the data set and center`,
    {
      source,
      found: 0,
      expected: "> 0",
    },
  );
}
