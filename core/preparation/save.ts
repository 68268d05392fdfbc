/** Saves prepared frames into a `.ptyd` file while they are made. */

import type { ScanMeta } from "../loaders/prepared_scan.ts";
import type { LoaderServices } from "../loaders/loader.ts";
import type { PtyScanParams } from "../parameters/scandata/pty_scan.ts";
import { ParameterError } from "../errors.ts";
import type { PreparationPlan } from "./plan.ts";

/** Prepared frames that were read together. */
export interface SavedPart {
  /** Number of each frame in the source. */
  readonly indices: Int32Array;
  /** (frame, 2), metres. */
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
}

/**
 * A saver for the mode `p.save`, null where nothing is to be saved.
 *
 * @throws {ParameterError} if `save` is set without `dfile`
 */
export function openSaver(p: PtyScanParams, o: SaveContext): ScanSaver | null {
  if (p.save === null) return null;
  if (p.dfile === null) {
    const message = `found null with save = "${p.save}", expected the path of the .ptyd file to write`;
    throw new ParameterError([{ path: `scans.${o.label}.data.dfile`, message }]);
  }
  throw new Error("not yet");
}
