/**
 * Kernels on whole arrays that the WASM device runs on planes, with plain loops. Kernels that treat every number alike run their own
 * twins on the planes: padding is zero there and stays so.
 */

import type { ElementArray, RealArray } from "../nd_array.ts";
import type { Bindings } from "../kernel.ts";
import type { Buffer, WholeCall } from "../pass.ts";
import type { DeviceArrays } from "./device_arrays.ts";
import { numbersOf, type PlanePart, type Planes } from "./device_planes.ts";
import { lanesOf } from "./lanes.ts";

/** What kernels work with. */
export interface KernelContext {
  readonly arrays: DeviceArrays;
  readonly probes: Planes;
  readonly objects: Planes;
}

/** Runs a kernel on planes if it has a form there; false if not, and nothing is done then. */
export function runOnPlanes(context: KernelContext, call: WholeCall): boolean {
  const alike = ALIKE[call.kernel.name];
  if (alike !== undefined) return runAlike(context, { call, formOf: alike });
  return FORMS[call.kernel.name]?.(context, call) ?? false;
}

/** Which planes the arrays of a kernel lie in, by binding; bindings that are left out are flat. null if the kernel cannot run so. */
type FormOf = (context: KernelContext, call: WholeCall) => Readonly<Record<string, Planes>> | null;

const probeAndObject: FormOf = ({ probes, objects }) => ({ probe: probes, object: objects });

/** Kernels that treat all numbers of their large arrays alike. */
const ALIKE: Readonly<Record<string, FormOf>> = {
  fill_wide_complex: (context, { buffers, params }) =>
    params["value"] === 0 ? sameAs(context, buffers, ["array"]) : null,
  narrow: (context, { buffers }) => sameAs(context, buffers, ["from", "to"]),
  widen: (context, { buffers }) => sameAs(context, buffers, ["from", "to"]),
  take_step: (context, { buffers }) => sameAs(context, buffers, ["array", "direction"]),
  object_direction: ({ objects }) => ({ direction: objects, gradient: objects }),
  probe_direction: ({ probes }) => ({ direction: probes, oldGradient: probes, gradient: probes }),
  turn_direction: ({ probes, objects }) => ({
    objectGradient: objects,
    oldObjectGradient: objects,
    probeGradient: probes,
    oldProbeGradient: probes,
  }),
  report_iteration: probeAndObject,
};

/** The form of the first binding's array for all of them. */
function sameAs(
  { arrays }: KernelContext,
  buffers: Readonly<Record<string, Buffer>>,
  names: readonly string[],
): Record<string, Planes> | null {
  const planes = arrays.formOf(buffers[names[0]!]!);
  return planes === null ? null : Object.fromEntries(names.map((name) => [name, planes]));
}

function runAlike(context: KernelContext, { call, formOf }: { call: WholeCall; formOf: FormOf }): boolean {
  const { kernel, buffers, params } = call;
  const forms = formOf(context, call);
  if (forms === null) return false;
  const views: [string, () => ElementArray][] = Object.entries(kernel.bindings as Bindings).map(([name, role]) => {
    const use = role.endsWith(":read") ? "read" : "update";
    const planes = forms[name];
    if (planes === undefined) return [name, () => context.arrays.flat(buffers[name]!, use)];
    const view = context.arrays.planes(buffers[name]!, planes, use);
    return [name, () => numbersOf(view)];
  });
  // Numbers are looked at only when all arrays have their place: until then the memory may grow.
  const numbers = Object.fromEntries(views.map(([name, get]) => [name, get()]));
  kernel.cpu(numbers as Parameters<typeof kernel.cpu>[0], params);
  return true;
}

type Form = (context: KernelContext, call: WholeCall) => boolean;

const FORMS: Readonly<Record<string, Form>> = {
  start_mean: startMean,
  finish_mean: finishMean,
  probe_change: probeChange,
  probe_support: probeSupport,
  clip_object: clipObject,
  average_covered: averageCovered,
};

interface OnPlanes {
  /** The numbers of the arrays, in the order of the wanted bindings. */
  readonly numbers: readonly RealArray[];
  readonly planes: Planes;
}

/** Brings arrays into the form that the first of them has; null if that one is flat. */
function takePlanes(
  { arrays }: KernelContext,
  { kernel, buffers }: WholeCall,
  names: readonly string[],
): OnPlanes | null {
  const planes = arrays.formOf(buffers[names[0]!]!);
  if (planes === null) return null;
  const views = names.map((name) => {
    const use = (kernel.bindings as Bindings)[name]!.endsWith(":read") ? "read" : "update";
    return arrays.planes(buffers[name]!, planes, use);
  });
  return { planes, numbers: views.map(numbersOf) };
}

/** Where a part's planes begin and how many numbers each has, padding included. */
function spanOf({ re, im, rows, pitch }: PlanePart, { precision }: Planes): { re: number; im: number; length: number } {
  const { bytes } = lanesOf(precision);
  return { re: re / bytes, im: im / bytes, length: rows * pitch };
}

/** The parts that make up `count` elements from `start`; null if these are not whole parts. */
function partsOf({ parts }: Planes, { start, count }: { start: number; count: number }): PlanePart[] | null {
  const found = parts.filter((part) => part.start >= start && part.start < start + count);
  const elements = found.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  return elements === count ? found : null;
}

function startMean(context: KernelContext, call: WholeCall): boolean {
  const { start, count, oldWeight, normStart } = call.params as Record<
    "start" | "count" | "oldWeight" | "normStart",
    number
  >;
  const planes = context.arrays.formOf(call.buffers["array"]!);
  const parts = planes && partsOf(planes, { start, count });
  const taken = parts && takePlanes(context, call, ["array", "sum", "norm"]);
  if (!parts || !taken) return false;
  const [array, sum, norm] = taken.numbers as [RealArray, RealArray, RealArray];
  for (const part of parts) {
    const { re, im, length } = spanOf(part, taken.planes);
    for (const at of [re, im]) for (let i = at; i < at + length; i++) sum[i] = oldWeight * array[i]!;
    norm.fill(normStart, re, re + length);
  }
  return true;
}

function finishMean(context: KernelContext, call: WholeCall): boolean {
  const taken = takePlanes(context, call, ["sum", "norm", "array"]);
  if (taken === null) return false;
  const [sum, norm, array] = taken.numbers as [RealArray, RealArray, RealArray];
  for (const part of taken.planes.parts) {
    const { re, im, length } = spanOf(part, taken.planes);
    for (let i = 0; i < length; i++) {
      const n = norm[re + i]!;
      if (n === 0) continue;
      array[re + i] = sum[re + i]! / n;
      array[im + i] = sum[im + i]! / n;
    }
  }
  return true;
}

function probeChange(context: KernelContext, call: WholeCall): boolean {
  const { start, count, slot } = call.params as Record<"start" | "count" | "slot", number>;
  const parts = partsOf(context.probes, { start, count });
  const taken = parts && takePlanes(context, call, ["probe", "previous"]);
  if (!parts || !taken) return false;
  const [probe, previous] = taken.numbers as [RealArray, RealArray];
  let [change, norm] = [0, 0];
  for (const part of parts) {
    const { re, im, length } = spanOf(part, taken.planes);
    for (const at of [re, im]) {
      for (let i = at; i < at + length; i++) {
        change += (probe[i]! - previous[i]!) ** 2;
        norm += probe[i]! ** 2;
        previous[i] = probe[i]!;
      }
    }
  }
  context.arrays.flat(call.buffers["ratios"]!, "update")[slot] = change / norm;
  return true;
}

function probeSupport(context: KernelContext, call: WholeCall): boolean {
  const { start, layers, rows, cols, support } = call.params as Record<
    "start" | "layers" | "rows" | "cols" | "support",
    number
  >;
  const parts = partsOf(context.probes, { start, count: layers * rows * cols });
  const taken = parts && takePlanes(context, call, ["probe"]);
  if (!parts || !taken) return false;
  const [probe] = taken.numbers as [RealArray];
  const limit = support * rows * cols;
  for (const part of parts) {
    const { re, im } = spanOf(part, taken.planes);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < cols; x++) {
        const [dy, dx] = [y - (rows / 2 - 0.5), x - (cols / 2 - 0.5)];
        if (Math.PI * (dy * dy + dx * dx) < limit) continue;
        probe[re + y * part.pitch + x] = 0;
        probe[im + y * part.pitch + x] = 0;
      }
    }
  }
  return true;
}

function clipObject(context: KernelContext, call: WholeCall): boolean {
  const { low, high } = call.params as Record<"low" | "high", number>;
  const taken = takePlanes(context, call, ["object"]);
  if (taken === null) return false;
  const [object] = taken.numbers as [RealArray];
  for (const part of taken.planes.parts) {
    const span = spanOf(part, taken.planes);
    for (let y = 0; y < part.rows; y++) {
      for (let x = y * part.pitch; x < y * part.pitch + part.cols; x++) {
        const [re, im] = [object[span.re + x]!, object[span.im + x]!];
        const modulus = Math.hypot(re, im);
        const wanted = modulus > high ? high : modulus < low ? low : modulus;
        if (wanted === modulus) continue;
        object[span.re + x] = modulus === 0 ? wanted : wanted * (re / modulus);
        object[span.im + x] = modulus === 0 ? 0 : wanted * (im / modulus);
      }
    }
  }
  return true;
}

function averageCovered(context: KernelContext, call: WholeCall): boolean {
  const ranks = call.params["ranks"]!;
  const taken = takePlanes(context, call, ["object", "coverage"]);
  if (taken === null) return false;
  const [object, coverage] = taken.numbers as [RealArray, RealArray];
  for (const part of taken.planes.parts) {
    const { re, im, length } = spanOf(part, taken.planes);
    for (let i = 0; i < length; i++) {
      const factor = coverage[re + i]! > 0 ? 1 / (ranks + 1e-5) * ranks : 0;
      object[re + i] = object[re + i]! * factor;
      object[im + i] = object[im + i]! * factor;
    }
  }
  return true;
}
