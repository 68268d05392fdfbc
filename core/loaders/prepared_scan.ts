/** What data preparation hands to the models: cropped, centred, oriented, rebinned frames with their geometry. */

import type { MeasuredFrames } from "../../kernels/measured.ts";
import type { RockingCurves } from "./rocking.ts";

/** Geometry and bookkeeping of a prepared scan, the `meta` group of a `.ptyd` file. */
export interface ScanMeta {
  /** Label of the scan in the parameter tree. */
  readonly label: string;
  /** Photon energy in keV. */
  readonly energy: number;
  /** Sample to detector in metres. */
  readonly distance: number;
  /** Detector pixel (y, x) in metres, after rebinning. */
  readonly psize: readonly [number, number];
  /** Frame shape (y, x) in pixels, after cropping and rebinning. */
  readonly shape: readonly [number, number];
  /** Optical axis (y, x) in pixels of the prepared frame. */
  readonly center: readonly [number, number];
  readonly version: string | number;
}

/** A prepared scan. */
export interface PreparedScan {
  readonly meta: ScanMeta;
  readonly numFrames: number;
  /** Index of each frame in the source. */
  readonly indices: Int32Array;
  /** (frame, 2), row then column, metres. */
  readonly positions: Float64Array;
  /** Where the frames are those of rocking curves; `positions` then are their `flatPositions()`. */
  readonly rocking?: RockingCurves;
  /** Photons and masks of the frames. */
  readonly measured: MeasuredFrames;
}
