/** The contract of a scan model: how many modes a scan has, what its storages are called and how probe and object start. */

import type { NdArray } from "../../kernels/nd_array.ts";
import type { Random } from "../random.ts";
import type { ScanFrames } from "./scan_frames.ts";
import type { SpectrumLayout } from "./spectrum.ts";

/** What an earlier reconstruction offers; `Ptyr` of core/formats/ptyr.ts is one. */
export interface EarlierResult {
  readonly probe: Readonly<Record<string, { readonly data: NdArray }>>;
  readonly obj: Readonly<Record<string, { readonly data: NdArray }>>;
}

/** What models may use beside their parameters. */
export interface ModelServices {
  readonly random: Random;
  /** Reads `x.npy`, `x.h5:/dataset` or `x.ptyr`, relative to `io.home`. */
  loadArray(reference: string): NdArray;
  /** Reads a `.ptyr` file, relative to `io.home`. */
  readPtyr(path: string): EarlierResult;
  /** Says something to the user at an informative level. */
  log(message: string): void;
}

/** The scan that a model is made for. */
export interface ScanContext extends ModelServices {
  readonly label: string;
  /** Path of the scan's parameters, such as `scans.MF`. */
  readonly where: string;
}

/** The storage that a probe or object starts in. */
export interface StoragePlane {
  readonly storageID: string;
  /** Pixels, (y, x). */
  readonly shape: readonly [number, number];
  /** Sample pixel in metres, (y, x). */
  readonly psize: readonly [number, number];
  /** Photon energy in keV. */
  readonly energy: number;
  /** Valid photons of the strongest frame. */
  readonly photons: number;
  /** The frames of the model's scans; left out where there are none, as in a simulation. */
  readonly frames?: ScanFrames;
}

/** What a scan model makes of the parameters of one scan. */
export interface ScanLayout {
  readonly probeModes: number;
  readonly objectModes: number;
  /** Left out for light of the scan's energy alone. */
  readonly spectrum?: SpectrumLayout;
  /** ID of the probe storage and of the object storage of the first energy, unless they are shared with another scan. */
  readonly storageID: string;
  /** Added to the ID of the diffraction storage for the exit storage of the first energy. */
  readonly exitSuffix: string;
  readonly geometryID: string;
  /** Complex, (mode, y, x). */
  initialProbe(plane: StoragePlane): Float64Array;
  /** Complex, (mode, y, x); `probe` is that of the same scan. */
  initialObject(plane: StoragePlane & { readonly probe: ArrayLike<number> }): Float64Array;
}

/** A scan model for parameters `P`. */
export interface ScanModel<P extends { readonly name: string }> {
  /** The value of `name` in the parameters. */
  readonly name: P["name"];
  layout(p: P, context: ScanContext): ScanLayout;
}

/** Declares a scan model; exists to infer its parameter type. */
export function defineScanModel<P extends { readonly name: string }>(model: ScanModel<P>): ScanModel<P> {
  return model;
}
