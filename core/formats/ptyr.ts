/** .ptyr files: a reconstruction with its parameters and its history, as PtyPy 0.4 and 0.9 write and read them. */

import type { NdArray, RealArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import type { PlainValue } from "./h5rw_values.ts";
import type { Complex } from "./hdf5_values.ts";

/** `minimal`: to keep; `dump`: an autosave, with the last entry of the history only; `dls`: PtyPy 0.9's variant, read only. */
export type PtyrKind = "minimal" | "dump" | "dls";

/** A probe or object storage. */
export interface PtyrStorage {
  /** ID as PtyPy gives it, such as `SscanG00`. */
  readonly ID: string;
  /** Complex, (layer, y, x). */
  readonly data: NdArray<RealArray>;
  /** Pixel size in metres, (y, x). */
  readonly psize: readonly [number, number];
  /** Pixel (y, x) that lies at the zero of the coordinates. */
  readonly center: readonly [number, number];
  /** Position in metres of the centre of pixel (0, 0), (y, x). */
  readonly origin: readonly [number, number];
  /** Photon energy in keV. */
  readonly energy: number | null;
  /** What new pixels are filled with. */
  readonly fill_value: number | Complex;
  /** Layer number of each layer. */
  readonly layermap: readonly number[];
  readonly nlayers: number;
  readonly padding: number;
  /** Number that the ID was made from. */
  readonly numID: number;
}

/** One entry of the history. */
export interface PtyrIteration {
  readonly engine: string;
  /** Iteration of the engine, from 1. */
  readonly iteration: number;
  /** Iteration of the whole run, from 1. */
  readonly iterations: number;
  /** Iterations that the engine was asked for (PtyPy 0.9). */
  readonly numiter?: number;
  /** Seconds. */
  readonly duration: number;
  /** Mean over frames of fourierError, photonError, exitError. */
  readonly error: readonly [number, number, number];
}

/** What happened in the run. */
export interface PtyrRuntime {
  readonly run: string;
  /** Times in the form of Python's asctime. */
  readonly start: string;
  readonly stop: string | null;
  readonly iter_info: readonly PtyrIteration[];
  /** Iterations at the last autosave and the last plot. */
  readonly last_save: number;
  readonly last_plot: number;
  /** The three errors of each view after the last iteration, by view ID (`V0000`). */
  readonly error_local?: Readonly<Record<string, readonly [number, number, number]>>;
  /** Scale of each view, by view ID, if the engine let it float. */
  readonly float_intens?: Readonly<Record<string, number>>;
}

/** The content of a .ptyr file. */
export interface Ptyr {
  readonly kind: PtyrKind;
  readonly description: string;
  readonly probe: Readonly<Record<string, PtyrStorage>>;
  readonly obj: Readonly<Record<string, PtyrStorage>>;
  /** Exit waves by storage ID, (frame * mode, y, x), complex; only in our own dumps. */
  readonly exit?: Readonly<Record<string, NdArray<RealArray>>>;
  /** The parameters of the run, as the user gave them. */
  readonly pars: Readonly<Record<string, PlainValue>>;
  readonly runtime: PtyrRuntime;
  /** Positions (frame, 2) in metres by object storage ID; PtyPy 0.9 leaves them out unless told otherwise. */
  readonly positions: Readonly<Record<string, NdArray<Float64Array>>>;
}

/** What PtyPy writes into the header. */
export const PTYR_DESCRIPTION = "Ptypy .h5 compatible storage format";

/** The error of a .ptyr file in which something is missing or of the wrong kind. */
export function ptyrError(file: string, what: { path: string; found: string; expected: string }): DataError {
  const text = `Cannot read "${what.path}" in "${file}": found ${what.found}, expected ${what.expected}`;
  return new DataError(text, { file, dataset: what.path, found: what.found, expected: what.expected });
}
