/**
 * Whole kernels that the WASM device runs on planes with SIMD, by name: those that go over the whole object in every iteration. Each
 * does what its twin of that name does, but that sums are in another order.
 */

import { CG, type GradientProducts, setTurn } from "../gradient_descent/conjugate.ts";
import { REPORT_COLUMNS } from "../metrics/report.ts";
import type { Buffer, WholeCall } from "../pass.ts";
import type { DeviceArrays, Use } from "./device_arrays.ts";
import type { DeviceMemory } from "./device_memory.ts";
import { numbersOf, type PlanePart, type Planes, type PlaneView } from "./device_planes.ts";
import { lanesOf } from "./lanes.ts";
import { generatePlaneKernels, instantiatePlaneKernels, type PlaneKernels } from "./plane_kernels.ts";
import { addDel2Gradient, del2LineSums, type RegularizedPlane } from "./plane_regularizer.ts";

/** The forms for the arrays of a resident. */
export interface PlaneForms extends Disposable {
  /** Runs a call and gives true, or does nothing and gives false. Whether it runs depends on nothing but the call and the sizes. */
  run(call: WholeCall): boolean;
}

interface Context {
  readonly memory: WebAssembly.Memory;
  readonly arrays: DeviceArrays;
  readonly kernels: PlaneKernels;
  /** Address of room for three f64. */
  readonly sumsAt: number;
  readonly probes: Planes;
  readonly objects: Planes;
}

/** Opens the forms. `probes` and `objects` are how arrays of their sizes lie. */
export function openPlaneForms(
  memory: DeviceMemory,
  { arrays, probes, objects }: {
    readonly arrays: DeviceArrays;
    readonly probes: Planes;
    readonly objects: Planes;
  },
): PlaneForms {
  const module = new WebAssembly.Module(
    generatePlaneKernels({ precision: objects.precision, sharedPages: memory.sharedPages }),
  );
  const kernels = instantiatePlaneKernels(module, memory);
  const sumsAt = memory.take(3 * Float64Array.BYTES_PER_ELEMENT, "sums");
  const context = { memory: memory.memory, arrays, kernels, sumsAt, probes, objects };
  return {
    run: (call) => FORMS[call.kernel.name]?.(context, call) ?? false,
    [Symbol.dispose]: () => memory.give(sumsAt),
  };
}

type Form = (context: Context, call: WholeCall) => boolean;

const FORMS: Readonly<Record<string, Form>> = {
  start_mean: startMean,
  finish_mean: finishMean,
  probe_support: probeSupport,
  probe_change: probeChange,
  turn_direction: turnDirection,
  object_direction: objectDirection,
  probe_direction: probeDirection,
  take_step: takeStep,
  del2_gradient: del2Gradient,
  del2_line: del2Line,
  report_iteration: reportIteration,
};

/**
 * How an array lies, from its size; null if probes and objects have that size. Not from how it lies now: a form must be taken in every
 * session of a run or in none, as it rounds differently from its twin.
 */
function planesOf({ probes, objects }: Context, buffer: Buffer): Planes | null {
  const fits = [probes, objects].filter((planes) => elementsOf(planes.parts) === buffer.layout.count);
  return fits.length === 1 ? fits[0]! : null;
}

function elementsOf(parts: readonly PlanePart[]): number {
  return parts.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
}

/** Views of some bindings of a call, whose arrays all lie in one way; null if that is not known. */
function viewsOf<K extends string>(
  context: Context,
  { buffers }: WholeCall,
  uses: Readonly<Record<K, Use>>,
): Record<K, PlaneView> | null {
  const names = Object.keys(uses) as K[];
  const planes = planesOf(context, buffers[names[0]!]!);
  if (planes === null) return null;
  const entries = names.map((name) => [name, context.arrays.planes(buffers[name]!, planes, uses[name])] as const);
  return Object.fromEntries(entries) as Record<K, PlaneView>;
}

function wide({ arrays }: Context, buffer: Buffer, use: Use): Float64Array {
  return arrays.flat(buffer, use) as Float64Array;
}

/** The parts that make up `count` elements from `start`; null if these are not whole parts. */
function partsWithin({ parts }: Planes, { start, count }: { start: number; count: number }): PlanePart[] | null {
  const found = parts.filter((part) => part.start >= start && part.start < start + count);
  return elementsOf(found) === count ? found : null;
}

function partBytes({ rows, pitch }: PlanePart, { precision }: Planes): number {
  return rows * pitch * lanesOf(precision).bytes;
}

function startMean(context: Context, call: WholeCall): boolean {
  const views = viewsOf(context, call, { sum: "update", norm: "update", array: "read" });
  const { start, count, oldWeight, normStart } = call.params as Record<
    "start" | "count" | "oldWeight" | "normStart",
    number
  >;
  const parts = views && partsWithin(views.array.planes, { start, count });
  if (!views || !parts) return false;
  const { sum, norm, array } = views;
  const { bytes: size } = lanesOf(norm.planes.precision);
  for (const part of parts) {
    const bytes = partBytes(part, sum.planes);
    for (const plane of ["re", "im"] as const) {
      const x = array.address + part[plane];
      context.kernels.scale(sum.address + part[plane], { x, a: oldWeight, bytes });
    }
    numbersOf(norm).fill(normStart, part.re / size, (part.re + bytes) / size);
  }
  return true;
}

function finishMean(context: Context, call: WholeCall): boolean {
  const views = viewsOf(context, call, { array: "update", sum: "read", norm: "read" });
  if (views === null) return false;
  const { array, sum, norm } = views;
  for (const part of array.planes.parts) {
    const bytes = partBytes(part, array.planes);
    for (const plane of ["re", "im"] as const) {
      const at = { sum: sum.address + part[plane], norm: norm.address + part.re, bytes };
      context.kernels.finishMean(array.address + part[plane], at);
    }
  }
  return true;
}

function probeSupport(context: Context, call: WholeCall): boolean {
  const views = viewsOf(context, call, { probe: "update" });
  const { start, layers, rows, cols, support } = call.params as Record<
    "start" | "layers" | "rows" | "cols" | "support",
    number
  >;
  const parts = views && partsWithin(views.probe.planes, { start, count: layers * rows * cols });
  if (!views || !parts) return false;
  const numbers = numbersOf(views.probe);
  const { bytes } = lanesOf(views.probe.planes.precision);
  for (let y = 0; y < rows; y++) {
    const edge = supportEdge({ rows, cols, support }, y);
    for (const { re, im, pitch } of parts) {
      for (const plane of [re, im]) {
        const row = plane / bytes + y * pitch;
        numbers.fill(0, row, row + edge);
        numbers.fill(0, row + cols - edge, row + cols);
      }
    }
  }
  return true;
}

/** Pixels outside of the disc at either end of row `y`. */
function supportEdge({ rows, cols, support }: { rows: number; cols: number; support: number }, y: number): number {
  const dy = y - (rows / 2 - 0.5);
  for (let x = 0; x < cols / 2; x++) {
    const dx = x - (cols / 2 - 0.5);
    if (Math.PI * (dy * dy + dx * dx) < support * rows * cols) return x;
  }
  return Math.ceil(cols / 2);
}

function probeChange(context: Context, call: WholeCall): boolean {
  const views = viewsOf(context, call, { probe: "read", previous: "update" });
  const { start, count, slot } = call.params as Record<"start" | "count" | "slot", number>;
  const parts = views && partsWithin(views.probe.planes, { start, count });
  if (!views || !parts) return false;
  const { probe, previous } = views;
  const sums = new Float64Array(context.memory.buffer, context.sumsAt, 2);
  let [change, norm] = [0, 0];
  for (const part of parts) {
    const bytes = partBytes(part, probe.planes);
    for (const plane of [part.re, part.im]) {
      context.kernels.replace(context.sumsAt, { before: previous.address + plane, x: probe.address + plane, bytes });
      change += sums[0]!;
      norm += sums[1]!;
    }
  }
  wide(context, call.buffers["ratios"]!, "update")[slot] = change / norm;
  return true;
}

function turnDirection(context: Context, call: WholeCall): boolean {
  const object = viewsOf(context, call, { objectGradient: "read", oldObjectGradient: "read" });
  const probe = viewsOf(context, call, { probeGradient: "read", oldProbeGradient: "read" });
  if (object === null || probe === null) return false;
  const products = {
    object: productsOf(context, object.objectGradient, object.oldObjectGradient),
    probe: productsOf(context, probe.probeGradient, probe.oldProbeGradient),
  };
  setTurn(wide(context, call.buffers["scalars"]!, "update"), products, call.params as Parameters<typeof setTurn>[2]);
  return true;
}

function productsOf({ kernels, memory, sumsAt }: Context, x: PlaneView, y: PlaneView): GradientProducts {
  kernels.products(sumsAt, { x: x.address, y: y.address, bytes: x.planes.bytes });
  const [square, mixed, oldSquare] = new Float64Array(memory.buffer, sumsAt, 3) as unknown as [number, number, number];
  return { square, mixed, oldSquare };
}

function objectDirection(context: Context, call: WholeCall): boolean {
  const views = viewsOf(context, call, { direction: "update", gradient: "read" });
  if (views === null) return false;
  const { direction: { address, planes: { bytes } }, gradient } = views;
  const turn = wide(context, call.buffers["scalars"]!, "read")[CG.turn]!;
  context.kernels.combine(address, { x: address, y: gradient.address, a: turn, b: -1, bytes });
  return true;
}

function probeDirection(context: Context, call: WholeCall): boolean {
  const views = viewsOf(context, call, { direction: "update", oldGradient: "update", gradient: "read" });
  if (views === null) return false;
  const { direction: { address, planes: { bytes } }, oldGradient, gradient } = views;
  const scalars = wide(context, call.buffers["scalars"]!, "read");
  context.kernels.scale(oldGradient.address, { x: gradient.address, a: scalars[CG.scale]!, bytes });
  context.kernels.combine(address, { x: address, y: oldGradient.address, a: scalars[CG.turn]!, b: -1, bytes });
  return true;
}

function takeStep(context: Context, call: WholeCall): boolean {
  const views = viewsOf(context, call, { array: "update", direction: "update" });
  if (views === null) return false;
  const { array: { address, planes: { bytes } }, direction } = views;
  const step = wide(context, call.buffers["scalars"]!, "read")[CG.step]!;
  context.kernels.takeStep(address, { direction: direction.address, step, bytes });
  return true;
}

function del2Gradient(context: Context, call: WholeCall): boolean {
  const views = viewsOf(context, call, { gradient: "update", object: "read" });
  const planes = views && regularizedPlanes(views.object.planes, call);
  if (!views || !planes) return false;
  const [gradient, object] = [numbersOf(views.gradient), numbersOf(views.object)];
  for (const plane of planes) addDel2Gradient(gradient, object, plane);
  return true;
}

function del2Line(context: Context, call: WholeCall): boolean {
  const views = viewsOf(context, call, { object: "read", direction: "read" });
  const planes = views && regularizedPlanes(views.object.planes, call);
  if (!views || !planes) return false;
  const [object, direction] = [numbersOf(views.object), numbersOf(views.direction)];
  const sums = wide(context, call.buffers["sums"]!, "update");
  for (const plane of planes) {
    const [first, square] = del2LineSums(object, direction, plane);
    sums[0] = sums[0]! + first;
    sums[1] = sums[1]! + square;
  }
  return true;
}

/** The two planes of the layer that a call is about; null if it is no layer. */
function regularizedPlanes(planes: Planes, { params }: WholeCall): RegularizedPlane[] | null {
  const { start, rows, cols, amplitude } = params as Record<"start" | "rows" | "cols" | "amplitude", number>;
  const part = partsWithin(planes, { start, count: rows * cols })?.[0];
  if (part === undefined || part.rows !== rows || part.cols !== cols) return null;
  const { bytes } = lanesOf(planes.precision);
  return [part.re, part.im].map((at) => ({ offset: at / bytes, rows, cols, pitch: part.pitch, amplitude }));
}

function reportIteration(context: Context, call: WholeCall): boolean {
  const probe = viewsOf(context, call, { probe: "read" });
  const object = viewsOf(context, call, { object: "read" });
  if (probe === null || object === null) return false;
  const report = wide(context, call.buffers["report"]!, "update");
  const errors = wide(context, call.buffers["errors"]!, "read");
  const first = call.params["row"]! * REPORT_COLUMNS;
  let good = true;
  for (let column = 0; column < 3; column++) {
    let sum = 0;
    for (let i = column; i < errors.length; i += 3) sum += errors[i]!;
    report[first + column] = sum / (errors.length / 3);
    good &&= Number.isFinite(sum);
  }
  for (const { address, planes: { bytes } } of [probe.probe, object.object]) {
    good &&= context.kernels.isFinite(address, { bytes });
  }
  report[first + 3] = good ? 0 : 1;
  return true;
}
