/** .ptyr files: a reconstruction with its parameters and its history, as PtyPy 0.4 and 0.9 write and read them. */

import type { NdArray, RealArray } from "../../kernels/nd_array.ts";
import type { LoadedArray } from "../../kernels/state_arrays.ts";
import { DataError } from "../errors.ts";
import { readTree, writeEntries, writeRootAttributes } from "./h5rw.ts";
import { dict, type PlainValue, text, toPlain } from "./h5rw_values.ts";
import { openHdf5 } from "./hdf5.ts";
import type { Complex } from "./hdf5_values.ts";
import { writeHdf5 } from "./hdf5_writer.ts";
import { contentNode, contentOf, ptyrError } from "./ptyr_nodes.ts";

/** `minimal`: to keep; `dump`: an autosave, with the last entry of the history only; `dls`: PtyPy 0.9's variant, read only. */
export type PtyrKind = "minimal" | "dump" | "dls";

/** A probe or object storage. */
export interface PtyrStorage {
  /** ID as PtyPy gives it, such as `SscanG00`. */
  readonly ID: string;
  /** Complex, (layer, y, x), or (layer, plane, y, x) for volumes. */
  readonly data: NdArray<RealArray>;
  /** Pixel size in metres, (y, x). */
  readonly psize: readonly [number, number];
  /** Pixel (y, x) that lies at the zero of the coordinates. */
  readonly center: readonly [number, number];
  /** Position in metres of the centre of pixel (0, 0), (y, x). */
  readonly origin: readonly [number, number];
  /** The axis r3 of volumes, in metres and degrees; the Bragg angle is null in files that do not say it. */
  readonly depth?: {
    readonly planes: number;
    readonly psize: number;
    readonly center: number;
    readonly origin: number;
    readonly theta_bragg: number | null;
  };
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
  readonly exit?: Readonly<Record<string, LoadedArray>>;
  /** The parameters of the run, as the user gave them. */
  readonly pars: Readonly<Record<string, PlainValue>>;
  readonly runtime: PtyrRuntime;
  /** Positions (frame, 2), for volumes (frame, 3), in metres by object storage ID; PtyPy 0.9 leaves them out unless told otherwise. */
  readonly positions: Readonly<Record<string, NdArray<Float64Array>>>;
}

/** How to write a .ptyr file. */
export interface WritePtyrOptions {
  /** Time of creation, for the file's attributes. */
  readonly now: Date;
  /** True for the parameter paths (`scans.MF.data.energy`) whose whole numbers are floats for PtyPy. */
  isFloat?(path: string): boolean;
}

/** How to read a .ptyr file. */
export interface ReadPtyrOptions {
  /** Is told of what could not be read and was left out. */
  notice?(message: string): void;
}

/** What PtyPy writes into the header. */
export const PTYR_DESCRIPTION = "Ptypy .h5 compatible storage format";

/** Kinds that hold a reconstruction; PtyPy's `fullflat` is obsolete and `used_params` has parameters only. */
const KINDS: readonly string[] = ["minimal", "dump", "dls"];

/**
 * Reads a .ptyr file of PtyPy 0.4, PtyPy 0.9 or our own.
 *
 * @throws {DataError} naming what is missing or of the wrong kind
 */
export function readPtyr(path: string, options: ReadPtyrOptions = {}): Ptyr {
  using file = openHdf5(path);
  for (const group of ["/header", "/content"]) {
    if (file.kind(group) !== "group") {
      throw ptyrError(path, { path: group, found: "nothing", expected: "a .ptyr file" });
    }
  }
  const header = toPlain(readTree(file, "/header", options)) as Record<string, PlainValue>;
  const kind = String(header.kind);
  if (!KINDS.includes(kind)) {
    throw ptyrError(path, { path: "/header/kind", found: `"${kind}"`, expected: KINDS.join(", ") });
  }
  // The coordinates of every pixel follow from origin and psize.
  const skip = (at: string): boolean => at.endsWith("/grids");
  const content = readTree(file, "/content", { ...options, skip });
  return { kind: kind as PtyrKind, description: String(header.description ?? ""), ...contentOf(path, content) };
}

/**
 * Writes a .ptyr file that PtyPy 0.4 and 0.9 read; the file appears whole or not at all.
 *
 * @throws {DataError} if the file cannot be written, or `content.kind` is only for reading
 */
export function writePtyr(path: string, content: Ptyr, options: WritePtyrOptions): void {
  if (content.kind === "dls") {
    throw new DataError(`Cannot write "${path}": found kind "dls", expected minimal or dump`, { file: path });
  }
  writeHdf5(path, (writer) => {
    writeRootAttributes(writer, options.now);
    const header = dict({ kind: text(content.kind), description: text(content.description) });
    writeEntries(writer, "/", { header, content: contentNode(content, options) });
  });
}
