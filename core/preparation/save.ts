/** Saves prepared frames into a `.ptyd` file while they are made. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { ParameterError } from "../errors.ts";
import type { PlainValue } from "../formats/h5rw_values.ts";
import type { PtydMeta } from "../formats/ptyd.ts";
import { createPtyd } from "../formats/ptyd_writer.ts";
import type { LoaderServices } from "../loaders/loader.ts";
import type { ScanMeta } from "../loaders/prepared_scan.ts";
import type { PtyScanParams } from "../parameters/scandata/pty_scan.ts";
import type { PreparationPlan } from "./plan.ts";

/** Element types whose values all fit into int32, the type of counts in PtyPy's files. */
const NARROW = ["int8", "uint8", "int16", "uint16", "int32"];
const GREATEST_INT32 = 2 ** 31 - 1;

/** Prepared frames that were read together. */
export interface SavedPart {
  /** Number of each frame in the source. */
  readonly indices: Int32Array;
  /** (frame, 2), metres; (frame, 4) for rocking curves. */
  readonly positions: Float64Array;
  /** (frame, y, x), photons. */
  readonly values: Float64Array;
  /** (frame, y, x), 1 = valid. */
  readonly mask: Uint8Array;
  /** (y, x). */
  readonly shape: readonly [number, number];
}

/** Takes parts in order. Disposed without `finish`, it leaves no file. */
export interface ScanSaver extends Disposable {
  /** Writes a part: one chunk of the file. */
  add(part: SavedPart): void;
  /** Completes the file and gives it its name. */
  finish(): void;
}

/** What the file says beside its frames. */
export interface SaveContext {
  readonly meta: ScanMeta;
  readonly plan: PreparationPlan;
  /** Centre (y, x) in pixels of the source's frames. */
  readonly rawCenter: readonly [number, number];
  /** Label of the scan in the parameter tree. */
  readonly label: string;
  readonly services: LoaderServices;
  /** Time of creation, for the file's attributes. */
  readonly now: Date;
}

/**
 * A saver for the mode `p.save`, null where nothing is to be saved: `append` one group per part in `dfile`, `link` one file per
 * part and links in `dfile`, `merge` all frames in one group. A `dfile` that was there before becomes `<dfile>.old`. Counts are
 * stored as int32 where they are whole numbers that fit, else as float64.
 *
 * @throws {ParameterError} if `save` is set without `dfile`
 * @throws {DataError} if the file cannot be written
 */
export function openSaver(p: PtyScanParams, o: SaveContext): ScanSaver | null {
  if (p.save === null) return null;
  if (p.dfile === null) {
    const message = `found None with save = "${p.save}", expected the path of the .ptyd file to write`;
    throw new ParameterError([{ path: `scans.${o.label}.data.dfile`, message }]);
  }
  const path = o.services.path(p.dfile);
  const label = p.label ?? o.label;
  const info = infoOf(p, { ...o, label });
  const meta = { ...o.meta, ...anglesOf(o.plan), label };
  const file = createPtyd(path, { save: p.save, meta, info, now: o.now, chunkFormat: p.chunk_format });
  // Frames that grow into one data set must have one element type, which is settled before they are known.
  const isWhole = p.save === "merge" ? isWholeForSure(p, o.plan) : null;
  return {
    add: ({ indices, positions, values, mask, shape }) => {
      const frames = [indices.length, ...shape];
      const weights: NdArray = { dtype: "uint8", shape: frames, data: mask };
      file.append({ data: stored(values, { frames, isWhole }), indices, positions, weights });
    },
    finish: () => {
      file.close();
      o.services.log(`saved ${o.plan.numFrames} prepared frames to "${path}"`);
    },
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

function anglesOf({ rocking }: PreparationPlan): Pick<PtydMeta, "theta_bragg" | "rocking_step"> {
  return { theta_bragg: rocking?.theta_bragg ?? null, rocking_step: rocking?.rocking_step ?? null };
}

/** All parameters as they were used: the label, the centre in the source's pixels, the shape that was cut. */
function infoOf(p: PtyScanParams, o: SaveContext): Record<string, PlainValue> {
  const { energy, distance, bin, cropShape, psize } = o.plan;
  const pair = (
    values: readonly number[],
  ) => ({ dtype: "float64", shape: [2], data: Float64Array.from(values) } as const);
  const used = {
    label: o.label,
    center: pair(o.rawCenter),
    shape: { dtype: "int64", shape: [2], data: BigInt64Array.from(cropShape, BigInt) } as const,
    psize: pair(psize.map((n) => n / bin)),
    rebin: bin,
    energy,
    distance,
  };
  return { ...p as unknown as Record<string, PlainValue>, ...used };
}

function isWholeForSure(p: PtyScanParams, plan: PreparationPlan): boolean {
  return plan.bin === 1 && !p.add_poisson_noise && NARROW.includes(plan.rawType);
}

function stored(values: Float64Array, o: { frames: readonly number[]; isWhole: boolean | null }): NdArray {
  const isWhole = o.isWhole ?? values.every((n) => Number.isInteger(n) && n <= GREATEST_INT32);
  return isWhole
    ? { dtype: "int32", shape: o.frames, data: new Int32Array(values) }
    : { dtype: "float64", shape: o.frames, data: values };
}
