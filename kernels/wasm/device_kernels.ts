/**
 * Kernels on whole arrays that the WASM device runs on planes, with plain loops: those that are seldom needed (plane_forms.ts has the
 * others). Kernels that treat every number alike run their own twins on the planes: padding is zero there and stays so.
 */

import type { RealArray } from "../nd_array.ts";
import type { Bindings } from "../kernel.ts";
import type { WholeCall } from "../pass.ts";
import type { DeviceArrays } from "./device_arrays.ts";
import { numbersOf, type PlanePart, type Planes } from "./device_planes.ts";
import { lanesOf } from "./lanes.ts";

/** Runs a kernel on planes if it has a form there; false if not, and nothing is done then. */
export function runOnPlanes(arrays: DeviceArrays, call: WholeCall): boolean {
  return FORMS[call.kernel.name]?.(arrays, call) ?? false;
}

type Form = (arrays: DeviceArrays, call: WholeCall) => boolean;

const FORMS: Readonly<Record<string, Form>> = {
  fill_wide_complex: fillWideComplex,
  narrow: runTwinOnPlanes,
  widen: runTwinOnPlanes,
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
  arrays: DeviceArrays,
  { kernel, buffers }: WholeCall,
  names: readonly string[],
): OnPlanes | null {
  const planes = arrays.formOf(buffers[names[0]!]!);
  if (planes === null) return null;
  const views = names.map((name) => {
    const use = (kernel.bindings as Bindings)[name]!.endsWith(":read") ? "read" : "update";
    return arrays.planes(buffers[name]!, planes, use);
  });
  // Numbers are looked at only when all arrays have their place: until then the memory may grow.
  return { planes, numbers: views.map(numbersOf) };
}

/** Runs a twin that treats all numbers alike on planes as they are; all its arrays are of one size. */
function runTwinOnPlanes(arrays: DeviceArrays, call: WholeCall): boolean {
  const { kernel, params } = call;
  const names = Object.keys(kernel.bindings).sort((a) => a === "from" ? -1 : 1);
  const taken = takePlanes(arrays, call, names);
  if (taken === null) return false;
  const numbers = Object.fromEntries(names.map((name, i) => [name, taken.numbers[i]!]));
  kernel.cpu(numbers as Parameters<typeof kernel.cpu>[0], params);
  return true;
}

/** Only zeros leave the padding as it must be. An array that nobody has used needs no room in double for them. */
function fillWideComplex(arrays: DeviceArrays, call: WholeCall): boolean {
  if (call.params["value"] !== 0) return false;
  return arrays.isUntouched(call.buffers["array"]!) || runTwinOnPlanes(arrays, call);
}

/** Where a part's planes begin and how many numbers each has, padding included. */
function spanOf({ re, im, rows, pitch }: PlanePart, { precision }: Planes): { re: number; im: number; length: number } {
  const { bytes } = lanesOf(precision);
  return { re: re / bytes, im: im / bytes, length: rows * pitch };
}

function clipObject(arrays: DeviceArrays, call: WholeCall): boolean {
  const { low, high } = call.params as Record<"low" | "high", number>;
  const taken = takePlanes(arrays, call, ["object"]);
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

function averageCovered(arrays: DeviceArrays, call: WholeCall): boolean {
  const ranks = call.params["ranks"]!;
  const taken = takePlanes(arrays, call, ["object", "coverage"]);
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
