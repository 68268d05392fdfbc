/**
 * What a kernel is: one numerical operation with its bindings, its parameters and its reference twin in one declaration.
 *
 * A frame kernel is run once for every frame (or pod) of a block; a whole kernel once for the arrays it names. Devices other than
 * the reference add their own form of a kernel (WGSL text, WASM bytes) as further fields of the declaration, keyed by its name and
 * checked against the same bindings; engines do not see the difference.
 */

import type { RealArray } from "./nd_array.ts";
import type { Propagator } from "./propagation/propagator.ts";

/**
 * Element types of device buffers. `complex` and `real` have the run's precision; `wide` has the best precision that the device
 * computes with (double on CPUs), for scratch, sums and scalars. Complex elements are interleaved re, im.
 */
export interface ElementArrays {
  complex: RealArray;
  real: RealArray;
  wide_complex: Float64Array;
  wide: Float64Array;
  int: Int32Array;
  byte: Uint8Array;
}

/** Name of an element type. */
export type Element = keyof ElementArrays;

/**
 * How a kernel touches a buffer. `add` is a sum over frames: the kernel only adds to it, and every device adds the frames in their
 * order (modes of a frame in theirs), be it by scattering frame after frame or by gathering per element from a list of views.
 */
export type Access = "read" | "write" | "update" | "add";

/** `frame`: the kernel sees the part that belongs to the current frame or pod. `whole`: it sees all of it. */
export type Role = `${"frame" | "whole"}:${Element}:${Access}`;

/** Bindings of a kernel by name. */
export type Bindings = Readonly<Record<string, Role>>;

/** Parameters of a kernel by name; all are numbers, flags are 0 or 1. */
export type ParamKinds = Readonly<Record<string, "real" | "int" | "flag">>;

/** The element type of a role. */
export type ElementOf<R extends Role> = R extends `${string}:${infer E extends Element}:${Access}` ? E : never;

/** What a twin receives for its bindings. */
export type ArraysOf<B extends Bindings> = { readonly [K in keyof B]: ElementArrays[ElementOf<B[K]>] };

/** What a twin receives for its parameters. */
export type ValuesOf<P extends ParamKinds> = { readonly [K in keyof P]: number };

/** The shape of the current frame; in a pass over pods `modes` is 1. */
export interface FrameShape {
  readonly modes: number;
  readonly rows: number;
  readonly cols: number;
  /** The block's propagators; a pod's own is at `address[ADDRESS.propagator]`. */
  readonly propagators: readonly Propagator[];
}

/** A kernel that is run for every frame of a block. */
export interface FrameKernel<B extends Bindings = Bindings, P extends ParamKinds = ParamKinds> {
  readonly scope: "frame";
  readonly name: string;
  readonly bindings: B;
  readonly params: P;
  /** The reference twin: simple loops, sums in double. */
  cpu(arrays: ArraysOf<B>, params: ValuesOf<P>, shape: FrameShape): void;
}

/** A kernel that is run once. */
export interface WholeKernel<B extends Bindings = Bindings, P extends ParamKinds = ParamKinds> {
  readonly scope: "whole";
  readonly name: string;
  readonly bindings: B;
  readonly params: P;
  /** The reference twin: simple loops, sums in double. */
  cpu(arrays: ArraysOf<B>, params: ValuesOf<P>): void;
}

/** Most storage buffers that a kernel may bind: what every WebGPU adapter offers. */
export const MAX_BINDINGS = 8;

/** Declares a frame kernel. @throws {RangeError} if it binds more than `MAX_BINDINGS` buffers */
export function defineFrameKernel<const B extends Bindings, const P extends ParamKinds>(
  kernel: Omit<FrameKernel<B, P>, "scope">,
): FrameKernel<B, P> {
  checkBindings(kernel);
  return { ...kernel, scope: "frame" };
}

/** Declares a whole kernel. @throws {RangeError} if it binds more than `MAX_BINDINGS` buffers */
export function defineKernel<const B extends Bindings, const P extends ParamKinds>(
  kernel: Omit<WholeKernel<B, P>, "scope">,
): WholeKernel<B, P> {
  checkBindings(kernel);
  return { ...kernel, scope: "whole" };
}

function checkBindings({ name, bindings }: { name: string; bindings: Bindings }): void {
  const count = Object.keys(bindings).length;
  if (count > MAX_BINDINGS) {
    throw new RangeError(`Cannot define kernel "${name}": found ${count} bindings, expected at most ${MAX_BINDINGS}`);
  }
}
