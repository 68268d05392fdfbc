/**
 * What an engine works on, as plain values: the data that never change in a run and the state that does. Kernels see only
 * this; they know nothing of scans, pods or files.
 */

import type { MeasuredFrames } from "./measured.ts";
import type { NdArray, Precision, RealArray } from "./nd_array.ts";
import type { LoadedArray } from "./state_arrays.ts";

/**
 * A propagator as factors, each complex and interleaved. Farfield, (y, x): `fw(w) = post * fft2(pre * w) / sqrt(y * x)`,
 * `bw(W) = conj(pre) * sqrt(y * x) * ifft2(conj(post) * W)`. Nearfield, (y, x): `fw(w) = ifft2(fft2(w) * kernel)`, `bw` with the conjugate
 * kernel. Both are unitary. Scaled, (out, in) along either axis: `fw(w) = y w x^T`, `bw` is its adjoint; a far field of which the sample
 * pixel is not that of a Fourier transform of the frame, and which loses what falls beside the detector.
 */
export type PropagatorFactors =
  | { readonly kind: "farfield"; readonly pre: RealArray; readonly post: RealArray }
  | { readonly kind: "nearfield"; readonly kernel: RealArray }
  | { readonly kind: "scaled"; readonly y: RealArray; readonly x: RealArray };

/** Factors of a propagator that loses nothing. */
export type UnscaledFactors = Exclude<PropagatorFactors, { readonly kind: "scaled" }>;

/** Whether waves lose something on their way to the detector and back, so that `bw` does not invert `fw`. */
export function losesWaves({ propagators }: Pick<Block, "propagators">): boolean {
  return propagators.some(({ kind }) => kind === "scaled");
}

/** Columns of a row of an address table; starts and strides count complex elements of the flat probe and object arrays. */
export const ADDRESS = {
  /** First element of the probe layer. */
  probeStart: 0,
  /** First element of the object layer. */
  objectStart: 1,
  /** Elements from one object row to the next. */
  objectStride: 2,
  /** Row of the view's first pixel in the object layer. */
  oy: 3,
  /** Column of the view's first pixel in the object layer. */
  ox: 4,
  /** Index into `Block.propagators`. */
  propagator: 5,
  /** Index into `Data.objects`. */
  object: 6,
  /** Number of columns. */
  columns: 7,
} as const;

/** Frames that share shape, modes and propagators: one diffraction storage. */
export interface Block {
  /** ID of the diffraction storage, such as `S0000`. */
  readonly ID: string;
  /** Label of the scan that the frames came from. */
  readonly label: string;
  readonly frames: number;
  /** Pods per frame: probe modes times object modes times energies. */
  readonly modes: number;
  readonly rows: number;
  readonly cols: number;
  /**
   * Frames are volumes (plane, y, x), propagated by the plain three-dimensional transform `fftshift(fftn(w))`: they have no `propagators`.
   * `ADDRESS.objectStart` is then the first element of the view's first plane.
   */
  readonly planes?: number;
  /** Intensities and masks of the frames. */
  readonly measured: MeasuredFrames;
  readonly propagators: readonly PropagatorFactors[];
  /** (frame * mode, ADDRESS.columns): where each pod finds its probe layer, its object view and its propagator at the start. */
  readonly address: Int32Array;
}

/** The axis in front of rows and columns, r3, of volumes. */
export interface Depth {
  readonly planes: number;
  /** Metres from one plane to the next. */
  readonly psize: number;
  /** Position of the first plane in metres. */
  readonly origin: number;
}

/** Where a probe or object storage lies in the flat array of its container. */
export interface StorageSpec {
  /** ID as PtyPy gives it, such as `SscanG00`. */
  readonly ID: string;
  /** First complex element in the flat array. */
  readonly start: number;
  readonly layers: number;
  readonly rows: number;
  readonly cols: number;
  /** Pixel size in metres, (y, x). */
  readonly psize: readonly [number, number];
  /** Position in metres of the centre of pixel (0, 0), (y, x). */
  readonly origin: readonly [number, number];
  /** Layers are volumes (plane, y, x). */
  readonly depth?: Depth;
}

/**
 * Layers of a probe or an object that have something in common, one after the other in the flat array of their container, of equal
 * size. Both matrices are (energy, energy): see coupleEnergies in object_probe_update/couple_energies.ts.
 */
export interface Coupling {
  /** First complex element of the first, and elements from one to the next. */
  readonly start: number;
  readonly stride: number;
  readonly energies: number;
  /** Makes updated layers fit. */
  readonly project: readonly number[];
  /** Makes a gradient point along layers that fit. */
  readonly restrict: readonly number[];
}

/** Everything that stays as it is while engines run. */
export interface Data {
  readonly precision: Precision;
  readonly blocks: readonly Block[];
  readonly probes: readonly StorageSpec[];
  readonly objects: readonly StorageSpec[];
  /** Left out for layers that are free. */
  readonly couplings?: Readonly<Record<"probe" | "object", readonly Coupling[]>>;
}

/** State of the seeded generator: enough to draw the same numbers again. Plain JSON. */
export type RandomState = Readonly<Record<string, number | string | readonly number[]>>;

/**
 * What engines change, as a value. `arrays` has at least `probe` and `object` (flat complex, all storages one after the other) and
 * `positions` (float64, (frame, 2), metres, all blocks one after the other). Engines add arrays that outlive them:
 * `exitWave/<block ID>` (complex, (frame * mode, y, x)) and, once positions were refined, `address/<block ID>` (int32, in place of
 * `Block.address`). All others belong to the engine that runs and are dropped at its end.
 */
export interface State {
  /** Iterations done by all engines so far. */
  readonly iterations: number;
  /** Iterations done by the current engine; 0 before its first. */
  readonly iteration: number;
  readonly random: RandomState;
  /** Small numbers that belong to the engine that runs. */
  readonly scalars: Readonly<Record<string, number | null>>;
  readonly arrays: Readonly<Record<string, NdArray>>;
}

/** A state apart from its arrays. */
export type StateHead = Omit<State, "arrays">;

/** A state whose arrays need not be held. */
export interface LoadedState extends StateHead {
  readonly arrays: Readonly<Record<string, LoadedArray>>;
}

/** What a block of iterations reports. */
export interface Metrics {
  /** Mean of (fourierError, photonError, exitError) over the rows of `localErrors`, once per iteration. */
  readonly errors: readonly (readonly [number, number, number])[];
  /** The three errors after the last iteration, (row, 3): a row per frame, or per pod for ePIE, all blocks one after the other. */
  readonly localErrors: Float64Array;
}
