/** Forms of whole kernels on planes against their twins on flat arrays. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { bufferHandle } from "../frame_records.ts";
import { objectDirection, probeDirection, takeStep, turnDirection } from "../gradient_descent/conjugate.ts";
import { del2Gradient, del2Line } from "../gradient_descent/regularizer.ts";
import type { Element, WholeKernel } from "../kernel.ts";
import { reportIteration } from "../metrics/report.ts";
import { type ElementArray, type NdArray, newArray, type Precision } from "../nd_array.ts";
import { probeChange } from "../object_probe_update/probe_change.ts";
import { probeSupport } from "../object_probe_update/probe_support.ts";
import { finishMean, startMean } from "../object_probe_update/weighted_mean.ts";
import type { Buffer, WholeCall } from "../pass.ts";
import type { Data, StorageSpec } from "../reconstruction.ts";
import { collectArrays, sourceOf } from "../state_arrays.ts";
import { assertClose, seededNumbers } from "../testing.ts";
import { createDeviceArrays } from "./device_arrays.ts";
import { createDeviceMemory } from "./device_memory.ts";
import { objectPlanes, probePlanes } from "./device_planes.ts";
import { openPlaneForms } from "./plane_forms.ts";

/** Double: sums of some hundred terms in another order. Single: the rounding of a few operations. */
const TOLERANCE = { single: 1e-6, double: 1e-13 };

const PROBES = [
  storage("a", { start: 0, layers: 2, rows: 6, cols: 5 }),
  storage("b", {
    start: 60,
    layers: 1,
    rows: 3,
    cols: 8,
  }),
];
const OBJECTS = [
  storage("a", { start: 0, layers: 1, rows: 9, cols: 7 }),
  storage("b", {
    start: 63,
    layers: 2,
    rows: 5,
    cols: 6,
  }),
];
const [PROBE, OBJECT] = [84, 123];
const SECOND_LAYER = { start: 93, rows: 5, cols: 6, amplitude: 0.3 };

/** An array of a call: its type and how many elements it has. */
type Given = readonly [Element, number];

interface Case {
  readonly kernel: unknown;
  readonly arrays: Readonly<Record<string, Given>>;
  readonly params: Readonly<Record<string, number>>;
}

const MEAN = { sum: ["wide_complex", OBJECT], norm: ["wide", OBJECT], array: ["complex", OBJECT] } as const;
const CASES: readonly Case[] = [
  { kernel: startMean, arrays: MEAN, params: { start: 63, count: 60, oldWeight: 0.3, normStart: 0.7 } },
  { kernel: finishMean, arrays: MEAN, params: {} },
  ...[0.01, 0.5, 2].map((support) => ({
    kernel: probeSupport,
    arrays: { probe: ["complex", PROBE] } as const,
    params: { start: 0, layers: 2, rows: 6, cols: 5, support },
  })),
  {
    kernel: probeChange,
    arrays: { probe: ["complex", PROBE], previous: ["complex", PROBE], ratios: ["wide", 2] },
    params: { start: 60, count: 24, slot: 1 },
  },
  {
    kernel: turnDirection,
    arrays: {
      scalars: ["wide", 3],
      objectGradient: ["wide_complex", OBJECT],
      oldObjectGradient: ["complex", OBJECT],
      probeGradient: ["complex", PROBE],
      oldProbeGradient: ["complex", PROBE],
    },
    params: { scale_probe_object: 0.5, scale_precond: 1, first: 0 },
  },
  {
    kernel: objectDirection,
    arrays: { direction: ["complex", OBJECT], gradient: ["wide_complex", OBJECT], scalars: ["wide", 3] },
    params: {},
  },
  {
    kernel: probeDirection,
    arrays: {
      direction: ["complex", PROBE],
      oldGradient: ["complex", PROBE],
      gradient: ["complex", PROBE],
      scalars: ["wide", 3],
    },
    params: {},
  },
  ...[PROBE, OBJECT].map((count) => ({
    kernel: takeStep,
    arrays: { array: ["complex", count], direction: ["complex", count], scalars: ["wide", 3] } as const,
    params: {},
  })),
  {
    kernel: del2Gradient,
    arrays: { gradient: ["wide_complex", OBJECT], object: ["complex", OBJECT] },
    params: SECOND_LAYER,
  },
  {
    kernel: del2Line,
    arrays: { sums: ["wide", 2], object: ["complex", OBJECT], direction: ["complex", OBJECT] },
    params: SECOND_LAYER,
  },
  {
    kernel: reportIteration,
    arrays: { report: ["wide", 8], errors: ["wide", 6], probe: ["complex", PROBE], object: ["complex", OBJECT] },
    params: { row: 1 },
  },
];

for (const precision of ["single", "double"] as const) {
  for (const c of CASES) {
    const { name } = c.kernel as WholeKernel;
    Deno.test(`${name} of ${Object.values(c.arrays)[0]![1]} elements agrees with its twin, ${precision}`, () => {
      using bench = setUp(c, precision);
      const expected = bench.flatCopies();
      (c.kernel as WholeKernel).cpu(expected as Parameters<WholeKernel["cpu"]>[0], c.params);
      assert(bench.run(), "the form did not run");
      for (const [binding, array] of Object.entries(expected)) {
        assertClose(bench.read(binding), array as Float64Array, TOLERANCE[precision]);
      }
    });
  }
}

Deno.test("report_iteration reports an object that is not finite", () => {
  const c = CASES.find(({ kernel }) => (kernel as WholeKernel).name === "report_iteration")!;
  using bench = setUp(c, "single");
  bench.set("object", 200, NaN);
  bench.run();
  assertEquals(bench.read("report")[7], 1);
});

Deno.test("a form does nothing with ranges that are no whole layers, and with sizes that probes and objects share", () => {
  using partial = setUp({ ...CASES[0]!, params: { ...CASES[0]!.params, count: 59 } }, "single");
  using shared = setUp(
    { ...CASES[1]!, arrays: { sum: ["wide_complex", 5], norm: ["wide", 5], array: ["complex", 5] } },
    "single",
  );
  for (const bench of [partial, shared]) {
    const before = bench.flatCopies();
    assertEquals(bench.run(), false);
    for (const [binding, array] of Object.entries(before)) assertEquals(bench.read(binding), array);
  }
});

Deno.test("arrays in planes are saved in the type of their element, and come back", async () => {
  for (const precision of ["single", "double"] as const) {
    const memory = createDeviceMemory({ shared: false, bytes: 2 ** 24 });
    const arrays = createDeviceArrays(memory, { precision, blocks: [], probes: PROBES, objects: OBJECTS });
    const planes = objectPlanes(OBJECTS, precision);
    const count = planes.parts.reduce((n, { rows, cols }) => n + rows * cols, 0);
    for (const element of ["complex", "wide_complex", "real", "wide"] as const) {
      const isComplex = element.endsWith("complex");
      const isSingle = precision === "single" && !element.startsWith("wide");
      const dtype = isComplex ? (isSingle ? "complex64" : "complex128") : isSingle ? "float32" : "float64";
      // What planes in single precision hold exactly.
      const data = (newArray(dtype, isComplex ? 2 * count : count) as Float64Array).map((_, i) => i / 8);
      const from: NdArray = { dtype, shape: [count], data };
      const buffer = bufferHandle({ name: "x", element, count });
      arrays.add(buffer, { from: sourceOf(from), planes });
      const { x } = await collectArrays((sink) => arrays.save(buffer, { sink, shape: [count] }));
      assertEquals(x, from);
      const write = (piece: ElementArray) => assertEquals(piece.constructor, data.constructor);
      arrays.save(buffer, { sink: { begin: () => ({ write, end: () => {} }) }, shape: [count] });
    }
  }
});

Deno.test("a real array of the object's size takes half of the room of a complex one", () => {
  const memory = createDeviceMemory({ shared: false, bytes: 2 ** 24 });
  const taken: number[] = [];
  const take = (bytes: number, what: string) => (taken.push(bytes), memory.take(bytes, what));
  const arrays = createDeviceArrays({ ...memory, take }, {
    precision: "single",
    blocks: [],
    probes: PROBES,
    objects: OBJECTS,
  });
  const planes = objectPlanes(OBJECTS, "single");
  for (const element of ["wide_complex", "wide"] as const) {
    const buffer = bufferHandle({
      name: element,
      element,
      count: planes.parts.reduce((n, p) => n + p.rows * p.cols, 0),
    });
    arrays.add(buffer);
    arrays.planes(buffer, planes, "update");
  }
  assertEquals(taken, [planes.bytes, planes.bytes / 2]);
});

function storage(ID: string, place: Pick<StorageSpec, "start" | "layers" | "rows" | "cols">): StorageSpec {
  return { ID, ...place, psize: [1, 1], origin: [0, 0] };
}

function setUp({ kernel, arrays: given, params }: Case, precision: Precision) {
  const data: Data = { precision, blocks: [], probes: PROBES, objects: OBJECTS };
  const memory = createDeviceMemory({ shared: false });
  const arrays = createDeviceArrays(memory, data);
  const [probes, objects] = [probePlanes(PROBES, precision), objectPlanes(OBJECTS, precision)];
  const forms = openPlaneForms(memory, { arrays, probes, objects });
  const buffers: Record<string, Buffer> = {};
  Object.entries(given).forEach(([binding, [element, count]], seed) => {
    const buffer = bufferHandle({ name: binding, element, count });
    const isComplex = element.endsWith("complex");
    // Norms are positive but for some that are 0; scalars are positive.
    const values = seededNumbers(isComplex ? 2 * count : count, seed + 1).map((v) =>
      binding === "norm" ? Math.max(0, v) : binding === "scalars" ? Math.abs(v) : v
    );
    const isNarrow = !element.startsWith("wide") && precision === "single";
    const from = {
      dtype: isComplex ? (isNarrow ? "complex64" : "complex128") : "float64",
      shape: [count],
      // What planes in single precision hold exactly.
      data: isNarrow ? Float32Array.from(values) : values.map(Math.fround),
    } as NdArray;
    arrays.add(buffer, { from: sourceOf(from) });
    buffers[binding] = buffer;
  });
  const call = { kernel, buffers, params } as unknown as WholeCall;
  const read = (binding: string) => arrays.flat(buffers[binding]!, "read") as Float64Array;
  return {
    run: () => forms.run(call),
    read,
    set: (binding: string, at: number, value: number) => arrays.flat(buffers[binding]!, "update")[at] = value,
    flatCopies: () => Object.fromEntries(Object.keys(given).map((binding) => [binding, read(binding).slice()])),
    [Symbol.dispose]() {
      forms[Symbol.dispose]();
      arrays.clear();
    },
  };
}
