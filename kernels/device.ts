/**
 * The device contract: where arrays live and kernels run. Engines record work and never wait; only `flush` and `save` read back.
 */

import type { Element } from "./kernel.ts";
import type { FrameNeed, MemoryNeed } from "./memory_plan.ts";
import type { NdArray, Precision } from "./nd_array.ts";
import type { Buffer, Pass, WholeCall } from "./pass.ts";
import type { Block, Data, LoadedState } from "./reconstruction.ts";
import type { ArraySink } from "./state_arrays.ts";

/** What a memory plan needs to know of a device. */
export interface DeviceLimits {
  /** Bytes that one buffer may have. */
  readonly maxBufferBytes: number;
  /** Storage buffers that one kernel may bind. */
  readonly maxBindings: number;
  /** Bytes that all buffers together may have; no limit of the device's own if left out. */
  readonly memoryBytes?: number;
  /** Bytes that a plane (y, x) of real numbers takes there; those of its numbers if left out. */
  readonly planeBytes?: (
    plane: { readonly rows: number; readonly cols: number; readonly precision: Precision },
  ) => number;
  /** Planes that a frame takes while it is worked on, beside what is kept of it; none if left out. */
  readonly workPlanes?: { readonly perFrame: number; readonly perMode: number };
  /** Bytes that a frame takes there beside its intensities and waves, such as its mask; none if left out. */
  readonly frameBytes?: (frame: FrameNeed) => number;
  /** Bytes that the device takes beside frames and arrays, whatever it holds or for some need; 0 if left out. */
  readonly overheadBytes?: number | ((need: MemoryNeed) => number);
}

/** What a device is told of the engine that will run. */
export interface LoadOptions {
  /** Complex numbers that it keeps for every measured value and mode; 2, the most of any engine, if left out. */
  readonly waves?: number;
  /** Is told where fewer frames stay than planned, because memory ended. */
  readonly log?: ((message: string) => void) | undefined;
}

/** A place that runs kernels. */
export interface Device {
  readonly name: string;
  readonly limits: DeviceLimits;
  /**
   * Whether arrays can vanish while the program goes on, as with a graphics card that is lost. Whoever runs for long on such a device keeps
   * a saved state on the host.
   */
  readonly mayBeLost: boolean;
  /**
   * Puts data and state on the device; frames that it has no room for pass through it. Arrays of the state that are read by range must stay
   * readable as long as the resident lives.
   * @throws {ShapeError} if an array of the state does not fit the data @throws {DeviceError} if there is no room for a frame
   */
  load(data: Data, state: LoadedState, options?: LoadOptions): Promise<Resident>;
}

/** The buffers of a block. */
export interface ResidentBlock {
  readonly index: number;
  readonly block: Block;
  /** Measured intensity, (frame, y, x), photons. */
  readonly diffraction: Buffer<"real">;
  /** 1 = valid pixel, (frame, y, x), or one for all frames. */
  readonly mask: Buffer<"byte">;
  /** (frame * mode, ADDRESS.columns). */
  readonly address: Buffer<"int">;
}

/** What `alloc` makes. */
export interface AllocOptions<E extends Element> {
  readonly element: E;
  /** Elements in all (extent `whole`, the default) or per frame or pod. */
  readonly count: number;
  readonly extent?: "whole" | "frames" | "block" | "scratch";
  readonly perMode?: boolean;
  readonly block?: number;
  /**
   * Shape under which the array is part of the state. Such a buffer starts with the state's array of that name if there is one.
   * Without it the buffer is temporary and starts with zeros.
   */
  readonly shape?: readonly number[];
  /**
   * An array of the same size whose numbers nobody needs from when this one is first written in a round until that array is written from it:
   * a device may let both lie in the same place.
   */
  readonly inPlaceOf?: Buffer | undefined;
}

/** Data and state on a device. A cache: it may be thrown away at any time and loaded again from a saved state. */
export interface Resident extends Disposable {
  readonly data: Data;
  readonly blocks: readonly ResidentBlock[];
  readonly probe: Buffer<"complex">;
  readonly object: Buffer<"complex">;
  /** (frame, 2), metres, all blocks one after the other. */
  readonly positions: Buffer<"wide">;
  /** A new buffer. @throws {ShapeError} if the state's array of that name has another size @throws {DeviceError} if memory is short */
  alloc<E extends Element>(name: string, options: AllocOptions<E>): Buffer<E>;
  /** Forgets a temporary buffer. */
  free(buffer: Buffer): void;
  /** Whether the loaded state has an array of this name, so that `alloc` with a shape will continue it. */
  has(name: string): boolean;
  /** Makes a block's address table part of the state, because views will move. */
  keepAddress(block: ResidentBlock): void;
  /** Uploads small values that the host knows, such as random draws, in the order of the recorded work. */
  write(buffer: Buffer<"wide">, values: Float64Array): void;
  /** Records work. */
  run(work: WholeCall | Pass): void;
  /**
   * Records `body` at most `max` times, leaving before a round when `until` holds a number other than 0. The body may be called any
   * number of times, including once: it only records, and records the same work each time.
   */
  loop(options: { readonly max: number; readonly until: Buffer<"wide"> }, body: () => void): void;
  /** Records that the next work begins `seconds` later. */
  pause(seconds: number): void;
  /** Does all recorded work and returns the contents of small buffers: the only read-back within a run, once per block. */
  flush(read: readonly Buffer<"wide">[]): Promise<Float64Array[]>;
  /** Arrays of the state, copied: all, or those whose names are wanted. */
  save(isWanted?: (name: string) => boolean): Promise<Record<string, NdArray>>;
  /** The same arrays in the same order, in pieces that are not kept. */
  saveInto(sink: ArraySink, isWanted?: (name: string) => boolean): Promise<void>;
}
