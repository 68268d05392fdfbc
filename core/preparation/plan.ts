/**
 * What preparation is going to do, decided from the parameters and from what the source says of itself, before any frame but
 * the first is read. A dry run needs no more than this.
 */

import type { DType } from "../../kernels/nd_array.ts";
import type { OpenScan } from "../loaders/loader.ts";
import { ROCKING_COLUMNS, type RockingCurves } from "../loaders/rocking.ts";
import type { PtyScanParams } from "../parameters/scandata/pty_scan.ts";
import { DataError, ParameterError } from "../errors.ts";
import { type FrameShape, resolveCenter } from "./center.ts";
import { assertFrames, assertPositions } from "./checks.ts";
import { type Orientation, parseOrientation } from "./orientation.ts";
import { refuseProcessing } from "./prepared_source.ts";

/** What is known beside parameters and source. */
export interface PlanContext {
  /** Label of the scan in the parameter tree. */
  readonly label: string;
  /** Names under `scans.<label>.data` that the user wrote; they win over what the source says, defaults do not. */
  readonly written: ReadonlySet<string>;
  /** (frame, 2), metres: replaces the positions of the source (`positions_theory`, or the `xy` of the scan model). */
  readonly positions?: Float64Array | null;
  /** (frame, 4): replaces the coordinates of a source of rocking curves, beside `positions`. */
  readonly coordinates?: Float64Array | null;
  /** Says what may be of interest. */
  readonly log: (message: string) => void;
  /** Says that something the user wrote gives way. */
  readonly warn: (message: string) => void;
}

/** The decisions. */
export interface PreparationPlan {
  /** What messages call the source. */
  readonly source: string;
  readonly numFrames: number;
  /** (frame, 2), row then column, metres. */
  readonly positions: Float64Array;
  /** Where the frames are those of rocking curves. */
  readonly rocking?: RockingCurves;
  /** Shape of the source's frames. */
  readonly rawShape: FrameShape;
  /** Bytes of one frame of the source with its weights. */
  readonly rawBytes: number;
  /** Element type of the source's frames. */
  readonly rawType: DType;
  /** Centre (y, x) in pixels of the source's frames; null where it is to be found. */
  readonly center: readonly [number, number] | null;
  /** Shape after cropping, before orientation and rebinning. */
  readonly cropShape: FrameShape;
  readonly orientation: Orientation;
  /** Rebinning factor, 1 for none. */
  readonly bin: number;
  /** Shape in the end. */
  readonly shape: readonly [number, number];
  /** Pixel size (y, x) in metres in the end. As in PtyPy it belongs to the oriented frame: a transpose does not swap it. */
  readonly psize: readonly [number, number];
  /** keV. */
  readonly energy: number;
  /** Metres. */
  readonly distance: number;
  /** Of the preparation. */
  readonly version: string | number;
}

/**
 * Decides everything that can be decided before reading.
 *
 * @throws {ParameterError} for values that contradict each other or the source, with their full paths
 * @throws {DataError} if the source has no frames, no positions, or not as many of one as of the other
 */
export function planPreparation(scan: OpenScan, p: PtyScanParams, context: PlanContext): PreparationPlan {
  const source = scan.source ?? context.label;
  assertFrames({ frames: scan.numFrames, positions: context.positions ? null : scan.positions, source });
  if (scan.prepared) refuseProcessing(scan, p, context);
  const { numFrames, positions } = selectFrames(scan, p, { ...context, source });
  const { data: first, weights } = scan.frames(0, 1);
  if (first.shape.length !== 3 || first.shape[0] !== 1) {
    throw new DataError(`Cannot prepare ${source}: found frames of shape (${first.shape.slice(1)}), expected (y, x)`, {
      source,
      found: first.shape,
      expected: ["frame", "y", "x"],
    });
  }
  if (first.dtype.startsWith("complex")) {
    throw new DataError(
      `Cannot prepare ${source}: found complex frames (${first.dtype}), expected counts; name the data set of the intensities`,
      { source, found: first.dtype, expected: "real numbers" },
    );
  }
  const rawShape = [first.shape[1]!, first.shape[2]!] as const;
  const choice = scan.prepared ? { ...p, orientation: null, rebin: null, shape: null, auto_center: false } : p;
  const bin = countFrom(choice.rebin ?? 1, { name: "rebin", context });
  const cropShape = scan.prepared ? rawShape : cropShapeOf(scan, { p, rawShape, bin, context });
  const orientation = checked("orientation", context, () => parseOrientation(choice.orientation));
  const [rows, cols] = orientation.transpose ? [cropShape[1], cropShape[0]] : cropShape;
  const known = { p, context };
  const [psizeY, psizeX] = pixelSize(value(scan, "psize", known) ?? scan.found.psize ?? null, context);
  return {
    source,
    numFrames,
    positions,
    ...rockingOf(scan, { numFrames, coordinates: context.coordinates ?? null }),
    rawShape,
    rawType: first.dtype,
    rawBytes: first.data.byteLength + (weights?.data.byteLength ?? 0),
    center: checked("center", context, () => centerOf(scan, { p: choice, rawShape, context })),
    cropShape,
    orientation,
    bin,
    shape: [rows / bin, cols / bin],
    psize: [psizeY * bin, psizeX * bin],
    energy: positive(value(scan, "energy", known) ?? scan.found.energy ?? null, {
      name: "energy",
      unit: "keV",
      context,
    }),
    distance: positive(value(scan, "distance", known) ?? scan.found.distance ?? null, {
      name: "distance",
      unit: "metres",
      context,
    }),
    version: value(scan, "version", known),
  };
}

function rockingOf(
  { rocking }: OpenScan,
  { numFrames, coordinates }: { readonly numFrames: number; readonly coordinates: Float64Array | null },
): Pick<PreparationPlan, "rocking"> {
  if (rocking === undefined) return {};
  const used = (coordinates ?? rocking.coordinates).slice(0, ROCKING_COLUMNS * numFrames);
  return { rocking: { ...rocking, coordinates: used } };
}

type Found = OpenScan["found"];

/** What the user wrote, else what the source says, else the default; where he wrote where to find it, what the source says. */
function value<K extends keyof Found & keyof PtyScanParams>(
  scan: OpenScan,
  name: K,
  o: { p: PtyScanParams; context: PlanContext },
): PtyScanParams[K] | NonNullable<Found[K]> {
  const found = scan.found[name];
  const isSettled = scan.prepared || scan.settled?.includes(name);
  return found === undefined || (o.context.written.has(name) && !isSettled) ? o.p[name] : found;
}

function selectFrames(
  scan: OpenScan,
  p: PtyScanParams,
  o: PlanContext & { source: string },
): { numFrames: number; positions: Float64Array } {
  const given = o.positions ?? null;
  const positions = given ?? scan.positions;
  if (positions === null) {
    throw new DataError(
      `Cannot prepare ${o.source}: found no positions, expected one per frame; give data.positions_theory or the scan's xy`,
      { source: o.source, found: 0, expected: scan.numFrames },
    );
  }
  const available = positions.length / 2;
  if (available > scan.numFrames || available < 1) {
    fail(
      "positions_theory",
      o,
      `found ${available} positions, expected 1 to ${scan.numFrames}, the frames in ${o.source}`,
    );
  }
  const wanted = p.num_frames === null ? available : countFrom(p.num_frames, { name: "num_frames", context: o });
  const numFrames = given ? available : Math.min(wanted, available);
  if (!given && p.num_frames !== null && p.num_frames > available) {
    const say = o.written.has("num_frames") ? o.warn : o.log;
    say(`data.num_frames = ${p.num_frames} gives way to the ${available} frames of ${o.source}`);
  }
  if (given && o.written.has("num_frames") && p.num_frames !== null && p.num_frames !== available) {
    o.warn(`data.num_frames = ${p.num_frames} gives way to the ${available} positions of data.positions_theory`);
  }
  if (given && available < scan.numFrames) {
    o.warn(`using the first ${available} of ${scan.numFrames} frames, as many as positions were given`);
  }
  const used = positions.slice(0, 2 * numFrames);
  assertPositions(used, o.source);
  return { numFrames, positions: used };
}

interface ShapeChoice {
  readonly p: PtyScanParams;
  readonly rawShape: FrameShape;
  readonly bin: number;
  readonly context: PlanContext;
}

function cropShapeOf(scan: OpenScan, o: ShapeChoice): FrameShape {
  const wanted = value(scan, "shape", o) ?? o.rawShape;
  const pair = typeof wanted === "number" ? [wanted, wanted] : wanted;
  if (pair.length !== 2 || pair.some((n) => !Number.isInteger(n) || n < 1)) {
    fail("shape", o.context, `found [${pair.join(", ")}], expected None, pixels or [pixels, pixels]`);
  }
  const side = Math.min(pair[0]!, pair[1]!);
  if (pair[0] !== pair[1]) {
    o.context.warn(`data.shape ${pair[0]} x ${pair[1]} is not square: frames are cropped to ${side} x ${side}`);
  }
  if (side % o.bin !== 0) {
    fail("rebin", o.context, `found ${o.bin} for frames of ${side} x ${side}, expected a divisor of ${side}`);
  }
  return [side, side];
}

function centerOf(
  scan: OpenScan,
  o: { p: PtyScanParams; rawShape: FrameShape; context: PlanContext },
): [number, number] | null {
  const center = value(scan, "center", o);
  // PtyPy takes any number modulo n: far outside it would silently become some pixel inside.
  const far = (typeof center === "object" ? center ?? [] : []).findIndex((c, axis) => {
    return typeof c === "number" && (c < -o.rawShape[axis]! || c > o.rawShape[axis]!);
  });
  if (far >= 0) {
    const [rows, cols] = o.rawShape;
    fail("center", o.context, `found ${JSON.stringify(center)}, expected pixels of a frame of ${rows} x ${cols}`);
  }
  if (center !== null) return resolveCenter(center, o.rawShape);
  return o.p.auto_center === false ? resolveCenter("fftshift", o.rawShape) : null;
}

function pixelSize(psize: number | readonly number[] | null, context: PlanContext): [number, number] {
  const pair = typeof psize === "object" ? psize ?? [] : [psize, psize];
  if (pair.length !== 2) fail("psize", context, `found ${JSON.stringify(psize)}, expected metres or [metres, metres]`);
  const side = (n: number | null) => positive(n, { name: "psize", unit: "metres", context });
  return [side(pair[0]!), side(pair[1]!)];
}

function countFrom(n: number, o: { name: string; context: PlanContext }): number {
  if (!Number.isInteger(n) || n < 1) fail(o.name, o.context, `found ${n}, expected a whole number from 1`);
  return n;
}

function positive(n: number | null, o: { name: string; unit: string; context: PlanContext }): number {
  if (n !== null && n > 0 && n < Infinity) return n;
  return fail(o.name, o.context, `found ${n ?? "None"}, expected a number of ${o.unit} above 0`);
}

function checked<T>(name: string, context: PlanContext, parse: () => T): T {
  try {
    return parse();
  } catch (e) {
    if (e instanceof RangeError) fail(name, context, e.message);
    throw e;
  }
}

function fail(name: string, context: PlanContext, message: string): never {
  throw new ParameterError([{ path: `scans.${context.label}.data.${name}`, message }]);
}
