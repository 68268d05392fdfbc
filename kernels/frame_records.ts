/** How buffers lie in flat arrays, records of frames and pods within them: what devices that hold typed arrays share. */

import { DeviceError, ShapeError } from "./errors.ts";
import type { Element, FrameShape } from "./kernel.ts";
import { type DType, type ElementArray, type Precision, realArray, sizeOf } from "./nd_array.ts";
import type { Buffer, BufferLayout } from "./pass.ts";
import { createPropagator } from "./propagation/propagator.ts";
import { ADDRESS, type Block, type Data } from "./reconstruction.ts";

/** A block and where its frames begin. */
export interface LoadedBlock {
  readonly block: Block;
  /** Number of the block's first frame and pod in the whole data. */
  readonly firstFrame: number;
  readonly firstPod: number;
  readonly shape: FrameShape;
}

/** A frame of a block, or one pod of it. */
export interface RecordPlace {
  readonly loaded: LoadedBlock;
  readonly frame: number;
  /** null for all modes of the frame. */
  readonly mode: number | null;
}

/** The blocks of some data with compiled propagators. */
export function loadBlocks(data: Data): LoadedBlock[] {
  let firstFrame = 0;
  let firstPod = 0;
  return data.blocks.map((block) => {
    const { modes, rows, cols } = block;
    const propagators = block.propagators.map((factors) => createPropagator(factors, { rows, cols }));
    const loaded = { block, firstFrame, firstPod, shape: { modes, rows, cols, propagators } };
    firstFrame += block.frames;
    firstPod += block.frames * modes;
    return loaded;
  });
}

/** A handle of an array. */
export function bufferHandle<E extends Element>(
  { name, element, count, extent = "whole", perMode = false, block = 0 }:
    & Partial<BufferLayout<E>>
    & Pick<BufferLayout<E>, "name" | "element" | "count">,
): Buffer<E> {
  return { layout: { name, element, count, extent, perMode, block } };
}

/** True if elements are two numbers. */
export function isComplexElement(element: Element): boolean {
  return element === "complex" || element === "wide_complex";
}

/** Numbers behind a buffer: all frames of the run or of a block, or one record for scratch. */
export function totalCount(data: Data, { extent, count, perMode, block, element }: BufferLayout): number {
  const records = (b: Block) => b.frames * (perMode ? b.modes : 1);
  const elements = extent === "whole"
    ? count
    : extent === "frames"
    ? count * data.blocks.reduce((sum, b) => sum + records(b), 0)
    : extent === "block"
    ? count * records(data.blocks[block]!)
    : count * (perMode ? data.blocks[block]!.modes : 1);
  return isComplexElement(element) ? 2 * elements : elements;
}

/** A zeroed array for an element type, on the CPU. @throws {DeviceError} if there is no memory for it */
export function newElementArray(
  element: Element,
  { count, precision, name }: { readonly count: number; readonly precision: Precision; readonly name: string },
): ElementArray {
  try {
    if (element === "int") return new Int32Array(count);
    if (element === "byte") return new Uint8Array(count);
    return realArray(count, element === "complex" || element === "real" ? precision : "double");
  } catch (cause) {
    throw new DeviceError(
      `Cannot hold "${name}": found no memory for ${count} numbers; use fewer frames, a smaller shape or single precision`,
      { name, count },
      cause,
    );
  }
}

/** @throws {ShapeError} if the frames or the address table of a block do not fit its shape */
export function checkBlock(block: Block): void {
  const points = block.rows * block.cols;
  const { measured } = block;
  if (measured.frames !== block.frames || measured.points !== points) {
    throw new ShapeError(
      `Cannot load block ${block.ID}: found ${measured.frames} measured frames of ${measured.points} pixels, expected ` +
        `${block.frames} of ${points}`,
    );
  }
  checkLength(block.address, block.frames * block.modes * ADDRESS.columns, `address table of block ${block.ID}`);
}

/** Handles of what was measured, one record per frame. */
export function measuredHandles(block: Block, index: number): { diffraction: Buffer<"real">; mask: Buffer<"byte"> } {
  const layout = { count: block.rows * block.cols, extent: "block", block: index } as const;
  return {
    diffraction: bufferHandle({ name: "diffraction", element: "real", ...layout }),
    mask: bufferHandle({ name: "mask", element: "byte", ...layout }),
  };
}

/** Checks the size of an array. @throws {ShapeError} */
export function checkLength(array: { readonly length: number }, expected: number, what: string): void {
  if (array.length !== expected) {
    throw new ShapeError(`Cannot load the ${what}: found ${array.length} numbers, expected ${expected}`);
  }
}

/** @throws {ShapeError} if an array of `count` numbers does not fit the shape under which it is to be saved */
export function checkSaved(
  { name, element }: Pick<BufferLayout, "name" | "element">,
  { count, shape }: { readonly count: number; readonly shape: readonly number[] },
): void {
  const expected = (isComplexElement(element) ? 2 : 1) * sizeOf(shape);
  if (count !== expected) throw new ShapeError(`Cannot save "${name}": found ${count} numbers, expected ${expected}`);
}

/** The numbers of an array that belong to a frame, or to one mode of it. */
export function recordRange(
  layout: BufferLayout,
  { loaded: { block, firstFrame, firstPod }, frame, mode }: RecordPlace,
): { readonly start: number; readonly length: number } {
  const size = isComplexElement(layout.element) ? 2 * layout.count : layout.count;
  const perFrame = layout.perMode ? block.modes : 1;
  const shared = layout.element === "byte" && block.measured.maskFrames === 1;
  const local = layout.extent === "scratch" || shared ? 0 : frame * perFrame;
  const base = layout.extent === "frames" ? (layout.perMode ? firstPod : firstFrame) : 0;
  const start = size * (base + local + (mode !== null && layout.perMode ? mode : 0));
  return { start, length: size * (mode === null ? perFrame : 1) };
}

/** The element type of a buffer's array as a value. */
export function dtypeOf(element: Element, precision: Precision): DType {
  if (element === "int") return "int32";
  if (element === "byte") return "uint8";
  const single = precision === "single" && (element === "complex" || element === "real");
  if (isComplexElement(element)) return single ? "complex64" : "complex128";
  return single ? "float32" : "float64";
}
