/** Calls of kernels as values, and passes: the calls that belong together for every frame of a block. */

import type { Bindings, Element, ElementOf, FrameKernel, ParamKinds, ValuesOf, WholeKernel } from "./kernel.ts";

/** How the elements of a buffer lie. `whole` belongs to no frame; the others have one record of `count` elements per frame or pod. */
export interface BufferLayout<E extends Element = Element> {
  readonly name: string;
  readonly element: E;
  /** Elements in all (`whole`) or per record. */
  readonly count: number;
  /** `block`: records of one block's frames. `frames`: records of all blocks' frames. `scratch`: lives only within a pass. */
  readonly extent: "whole" | "frames" | "block" | "scratch";
  /** One record per pod (frame and mode) instead of one per frame. */
  readonly perMode: boolean;
  /** Index of the block, for `block` and `scratch`. */
  readonly block: number;
}

/** A handle of an array on a device. Only the device reads what is behind it. */
export interface Buffer<E extends Element = Element> {
  readonly layout: BufferLayout<E>;
}

/** Buffers for the bindings of a kernel. */
export type BuffersOf<B extends Bindings> = { readonly [K in keyof B]: Buffer<ElementOf<B[K]>> };

/** A frame kernel with its buffers and parameters. */
export interface FrameCall {
  readonly kernel: FrameKernel;
  readonly buffers: Readonly<Record<string, Buffer>>;
  readonly params: Readonly<Record<string, number>>;
}

/** A whole kernel with its buffers and parameters. */
export interface WholeCall {
  readonly kernel: WholeKernel;
  readonly buffers: Readonly<Record<string, Buffer>>;
  readonly params: Readonly<Record<string, number>>;
}

/** Calls that are done for every frame: frame by frame on a CPU, call by call over many frames on a GPU. */
export interface Pass {
  readonly name: string;
  /** Index of the block whose frames are visited. */
  readonly block: number;
  readonly calls: readonly FrameCall[];
  /** Visit frames (all modes at once) or single pods. */
  readonly each: "frame" | "pod";
  /** Which frames or pods, in which order; all in their own order if left out. */
  readonly order?: Int32Array;
  /** Whether a frame must see what the frames before it changed; otherwise frames are independent but for `add` bindings. */
  readonly sequential: boolean;
}

/** A call of a frame kernel, for use in a pass. */
export function frameCall<B extends Bindings, P extends ParamKinds>(
  kernel: FrameKernel<B, P>,
  buffers: BuffersOf<B>,
  params: ValuesOf<P>,
): FrameCall {
  return { kernel: kernel as unknown as FrameKernel, buffers, params };
}

/** A call of a whole kernel. */
export function wholeCall<B extends Bindings, P extends ParamKinds>(
  kernel: WholeKernel<B, P>,
  buffers: BuffersOf<B>,
  params: ValuesOf<P>,
): WholeCall {
  return { kernel: kernel as unknown as WholeKernel, buffers, params };
}

/** A pass over all frames of a block, independent of each other. */
export function framePass(name: string, { block, calls }: { block: number; calls: readonly FrameCall[] }): Pass {
  return { name, block, calls, each: "frame", sequential: false };
}
