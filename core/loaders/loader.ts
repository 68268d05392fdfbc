/** The contract between a source of frames and data preparation. */

import type { NdArray } from "../../kernels/nd_array.ts";
import type { Scratch } from "../../kernels/scratch.ts";
import type { OpenModule } from "./module_scan.ts";
import type { Random } from "../random.ts";
import type { RockingCurves } from "./rocking.ts";

/** A run of frames read from a source. */
export interface RawFrames {
  /** (frame, y, x), real, any element type. */
  readonly data: NdArray;
  /** Weights of these frames (> 0 valid), (frame, y, x); absent where the source has one for all, or none. */
  readonly weights?: NdArray;
}

/**
 * A source that has been opened: what is known before any frame is read. Values found override parameters that the user did
 * not write. Counts at valid pixels are finite and not negative: preparation refuses others, so a loader that subtracts a
 * dark frame clips at 0 itself and says so.
 */
export interface OpenScan extends Disposable {
  readonly numFrames: number;
  /** What messages call the source: file and dataset, such as `scan.ptyd:/chunks`. The loader's name where absent. */
  readonly source?: string;
  /** True where frames are prepared already and are taken as they are; parameters that say otherwise are refused. */
  readonly prepared?: boolean;
  /** (frame, 2), row then column, metres; null where the source has none. */
  readonly positions: Float64Array | null;
  /** Frames of rocking curves; `positions` then are their `flatPositions()`. */
  readonly rocking?: RockingCurves;
  /** True where the frames are empty and are meant to be. */
  readonly empty?: boolean;
  /** Weight for all frames, (y, x), > 0 valid; null where the source has none. */
  readonly weight: NdArray | null;
  /** Geometry found in the source. */
  readonly found: {
    /** keV. */
    readonly energy?: number;
    /** Metres. */
    readonly distance?: number;
    /** Metres, one value or (y, x). */
    readonly psize?: number | readonly [number, number];
    /** Optical axis (y, x) in pixels of the source's frames. */
    readonly center?: readonly [number, number];
    readonly shape?: readonly [number, number];
    /** Under which prepared frames are saved if the parameter `label` is None. */
    readonly label?: string;
    readonly version?: string | number;
  };
  /** What was found that holds whatever the user wrote: the source was made from it, or he wrote where it is to be found. */
  readonly settled?: readonly (keyof OpenScan["found"])[];
  /** Reads frames `start` to `stop` (exclusive). They are valid until the next call. */
  frames(start: number, stop: number): RawFrames;
  /** Is told that the frames were prepared; not where they were only looked at. */
  finish?(): void;
}

/** What a loader may use beside its parameters. */
export interface LoaderServices {
  /** Every random draw goes through this. */
  readonly random: Random;
  /** Resolves a path of the parameter tree, which is relative to `io.home`. */
  path(relative: string): string;
  /** Says something to the user at an informative level. */
  log(message: string): void;
  /** `open` of modules of the user's own by their names in the parameters, where they may run at all. */
  readonly modules?: ReadonlyMap<string, OpenModule> | undefined;
  /** Opens room for frames beside the memory; they are held in memory where there is none. */
  readonly scratch?: (() => Scratch) | undefined;
  /** Says what the user must not miss, such as data that were left out; `log` where there is none. */
  warn?(message: string): void;
}

/** A loader: one source format, its parameters (the branch `scandata.<name>`) and how to open it. */
export interface Loader<P> {
  readonly name: string;
  /** Opens the source. @throws {DataError} naming file, dataset, what was found and what was expected */
  open(p: P, services: LoaderServices): OpenScan;
}

/** Declares a loader; exists to infer its parameter type. */
export function defineLoader<P>(loader: Loader<P>): Loader<P> {
  return loader;
}
