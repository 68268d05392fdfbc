/** Made-up inputs for any kernel, from a few words per buffer, for the comparison of devices. */

import type { Resident } from "../device.ts";
import type { Element, FrameKernel, WholeKernel } from "../kernel.ts";
import type { NdArray } from "../nd_array.ts";
import { sizeOf } from "../nd_array.ts";
import type { Buffer } from "../pass.ts";
import type { Data, State } from "../reconstruction.ts";
import {
  complexNumbers,
  createNumbers,
  type ToleranceName,
  twinData,
  type TwinShape,
  type TwinWork,
} from "../twins.ts";

/**
 * How a buffer is made: per frame or pod (`wave`, `image`, `address`, or a number of values), as whole arrays like the probe or the object,
 * or as so many values.
 */
export type Recipe =
  | "wave"
  | "image"
  | "address"
  | "probe"
  | "object"
  | number
  | `values ${number}`
  | "diffraction"
  | "mask";

/** A kernel with inputs for it. */
export interface Twin {
  // deno-lint-ignore no-explicit-any -- kernels of all bindings and parameters in one table
  readonly kernel: FrameKernel<any, any> | WholeKernel<any, any>;
  readonly buffers: Readonly<Record<string, Recipe>>;
  readonly params?: (shape: TwinShape, data: Data) => Readonly<Record<string, number>>;
  readonly tolerance?: ToleranceName;
  /** Visit pods one after the other. */
  readonly pods?: boolean;
  /** Values of buffers where any will not do. */
  readonly values?: Readonly<Record<string, (i: number, data: Data) => number>>;
}

/** The kernel on made-up data as work for any device; all its buffers are part of the state. */
export function twinWork(twin: Twin, shape: TwinShape, options: Parameters<typeof twinData>[1] = {}): TwinWork {
  const { data, state } = twinData(shape, options);
  const random = createNumbers(5);
  const arrays: Record<string, NdArray> = { ...state.arrays };
  for (const [name, recipe] of Object.entries(twin.buffers)) {
    if (recipe === "diffraction" || recipe === "mask") continue;
    const { element, dims } = describe(twin, { name, recipe, shape, data });
    const array = makeArray(element, dims, random);
    const make = twin.values?.[name];
    if (make !== undefined) { for (let i = 0; i < array.data.length; i++) array.data[i] = make(i, data); }
    if (recipe === "address") array.data.set(data.blocks[0]!.address as never);
    arrays[`twin ${name}`] = array;
  }
  const { kernel } = twin;
  const params = twin.params?.(shape, data) ?? {};
  return {
    data,
    state: { ...state, arrays } as State,
    record(resident: Resident) {
      const buffers = Object.fromEntries(
        Object.entries(twin.buffers).map(([name, recipe]) => [name, allocate(resident, { twin, name, recipe, shape })]),
      );
      if (kernel.scope === "whole") return [{ kernel, buffers, params }];
      const call = { kernel: kernel as FrameKernel, buffers, params };
      const pass = { name: kernel.name, block: 0, calls: [call] };
      if (twin.pods !== true) return [{ ...pass, each: "frame" as const, sequential: false }];
      // Backwards and not all of them.
      const order = Int32Array.from({ length: Math.ceil(shape.frames * shape.modes / 2) }, (_, i) => 2 * i).reverse();
      return [{ ...pass, each: "pod" as const, sequential: true, order }];
    },
  };
}

interface Described {
  readonly name: string;
  readonly recipe: Recipe;
  readonly shape: TwinShape;
  readonly data: Data;
}

function describe(twin: Twin, { name, recipe, shape, data }: Described): {
  element: Element;
  dims: readonly number[];
  count: number;
  perMode: boolean;
  framed: boolean;
} {
  const role = (twin.kernel.bindings as Record<string, string>)[name]!;
  const element = role.split(":")[1] as Element;
  const { frames, modes, rows, cols } = shape;
  const points = rows * cols;
  const whole = (count: number) => ({ element, dims: [count], count, perMode: false, framed: false });
  const framed = (count: number, perMode: boolean) => ({
    element,
    dims: [frames * (perMode ? modes : 1), count],
    count,
    perMode,
    framed: true,
  });
  if (recipe === "wave") return framed(points, true);
  if (recipe === "image") return framed(points, false);
  if (recipe === "address") return framed(7, true);
  if (typeof recipe === "number") return framed(recipe, twin.pods === true);
  if (recipe === "probe") return whole(modes * points);
  const [object] = data.objects;
  if (recipe === "object") return whole(object!.layers * object!.rows * object!.cols);
  return whole(Number(recipe.split(" ")[1]));
}

function makeArray(element: Element, dims: readonly number[], random: () => number): NdArray<Float32Array> {
  const count = sizeOf(dims);
  if (element === "complex" || element === "wide_complex") return { ...complexNumbers(count, random), shape: dims };
  const data = element === "int"
    ? new Int32Array(count)
    : Float32Array.from({ length: count }, () => 2 * random() - 0.5);
  return { dtype: element === "int" ? "int32" : "float32", shape: dims, data } as NdArray<Float32Array>;
}

function allocate(
  resident: Resident,
  { twin, name, recipe, shape }: { twin: Twin; name: string; recipe: Recipe; shape: TwinShape },
): Buffer {
  const [block] = resident.blocks;
  if (recipe === "diffraction") return block!.diffraction;
  if (recipe === "mask") return block!.mask;
  const { element, dims, count, perMode, framed } = describe(twin, { name, recipe, shape, data: resident.data });
  const usesTiles = ["object_update", "object_gradient", "count_coverage"].includes(twin.kernel.name);
  // Lists of views belong to the block's own address table.
  if (recipe === "address" && usesTiles) return block!.address;
  const extent = !framed ? "whole" : twin.kernel.scope === "whole" || count < 7 ? "frames" : "block";
  return resident.alloc(`twin ${name}`, { element, count, extent, perMode, block: 0, shape: dims });
}
