/** The generated passes against their formulas in double, and the same bytes however the work is divided. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { planWasmFft } from "../fft/wasm_plan.ts";
import type { Precision } from "../nd_array.ts";
import { viewMemory } from "./lanes.ts";
import {
  type Case,
  FRAMES,
  type Inputs,
  makeInputs,
  modelOf,
  OBJECT,
  overlap,
  project,
  propagate,
} from "./projection_formulas.ts";
import { instantiateProjection } from "./pass_instances.ts";
import { FRAME_RECORD, generateProjection, JOB, POD_RECORD } from "./projection_pass.ts";

const CASES: readonly Case[] = [
  { rows: 16, cols: 16, modes: 1, kind: "farfield", powerBound: 0, alpha: 1 },
  { rows: 12, cols: 10, modes: 2, kind: "farfield", powerBound: 4, alpha: 0.7 },
  { rows: 9, cols: 7, modes: 3, kind: "nearfield", powerBound: 4, alpha: 1 },
];

/**
 * Double: sums of some hundred terms in another order, and two transforms. Single: the same in units of 6e-8, and the square root in
 * the relaxation, which amplifies the deviation's error.
 */
const TOLERANCE = { single: 3e-6, double: 1e-12 };

for (const precision of ["single", "double"] as const) {
  for (const c of CASES) {
    Deno.test(`fourierUpdate() is the projection with its three errors at ${Deno.inspect(c)}, ${precision}`, () => {
      const inputs = makeInputs(c);
      const bench = setUp(c, inputs, precision);
      bench.passes.fourierUpdate(bench.job, { start: 0, end: FRAMES });
      const expected = inputs.frames.map((frame) => project(c, inputs, frame));
      // The bounds of the cases lie between the deviations of their frames, so that both branches are seen.
      if (c.powerBound > 0) assertEquals([...new Set(expected.map((e) => e.within))].sort(), [false, true]);
      expected.forEach(({ exitWaves, errors }, k) => {
        exitWaves.forEach((exit, m) => {
          close(bench.exitWave(k, m), exit, precision);
          propagate(c, exit, { factor: inputs.factors[m]!, back: false });
          close(bench.spectrum(k, m), exit, precision);
        });
        close(bench.errors(k), Float64Array.from(errors), precision);
      });
    });

    Deno.test(`beginExitWaves() and beginSpectra() are the model and its propagation at ${Deno.inspect(c)}, ${precision}`, () => {
      const inputs = makeInputs(c);
      const bench = setUp(c, inputs, precision);
      bench.passes.beginExitWaves(bench.job, { start: 1, end: FRAMES });
      bench.passes.beginSpectra(bench.job, { start: 1, end: FRAMES });
      inputs.frames.slice(1).forEach((frame, k) => {
        for (let mode = 0; mode < c.modes; mode++) {
          const wave = modelOf(c, inputs, { frame, mode });
          close(bench.exitWave(k + 1, mode), wave, precision);
          propagate(c, wave, { factor: inputs.factors[mode]!, back: false });
          close(bench.spectrum(k + 1, mode), wave, precision);
        }
      });
    });

    Deno.test(`objectUpdate() and probeUpdate() are the sums of the overlap update at ${Deno.inspect(c)}, ${precision}`, () => {
      const inputs = makeInputs(c);
      const bench = setUp(c, inputs, precision);
      const pods = FRAMES * c.modes;
      bench.passes.objectUpdate(bench.job, { pods, start: 0, end: OBJECT.rows });
      bench.passes.probeUpdate(bench.job, { pods, start: 0, end: c.rows });
      const { objectSum, objectNorm, probeSums, probeNorms } = overlap(c, inputs);
      close(bench.objectSum(), objectSum, precision);
      close(bench.objectNorm(), objectNorm, precision);
      probeSums.forEach((sum, m) => close(bench.probeSum(m), sum, precision));
      probeNorms.forEach((norm, m) => close(bench.probeNorm(m), norm, precision));
    });
  }

  Deno.test(`ranges of frames and bands of rows give the bytes of one call, ${precision}`, () => {
    const [whole, parts] = [0, 1].map(() => setUp(CASES[1]!, makeInputs(CASES[1]!), precision));
    const pods = FRAMES * CASES[1]!.modes;
    for (const [bench, cuts] of [[whole!, [0, 1]], [parts!, [0, 0.25, 1]]] as const) {
      for (let i = 1; i < cuts.length; i++) {
        const range = (count: number) => ({
          start: Math.round(cuts[i - 1]! * count),
          end: Math.round(cuts[i]! * count),
        });
        bench.passes.fourierUpdate(bench.job, range(FRAMES));
      }
      for (let i = 1; i < cuts.length; i++) {
        const range = (count: number) => ({
          start: Math.round(cuts[i - 1]! * count),
          end: Math.round(cuts[i]! * count),
        });
        bench.passes.objectUpdate(bench.job, { pods, ...range(OBJECT.rows) });
        bench.passes.probeUpdate(bench.job, { pods, ...range(CASES[1]!.rows) });
      }
    }
    assertEquals(parts!.exitWave(3, 1), whole!.exitWave(3, 1));
    assertEquals(parts!.objectSum(), whole!.objectSum());
    assertEquals(parts!.probeSum(1), whole!.probeSum(1));
  });
}

Deno.test("a frame without valid pixels has fourier error 0", () => {
  const inputs = makeInputs(CASES[1]!);
  const frames = inputs.frames.map((frame) => ({ ...frame, mask: frame.mask.map(() => 0) }));
  const bench = setUp(CASES[1]!, { ...inputs, frames }, "single");
  bench.passes.fourierUpdate(bench.job, { start: 0, end: 1 });
  assertEquals([...bench.errors(0).subarray(0, 2)], [0, 0]);
});

/** Lays a case out in memory; readers give interleaved arrays without padding. */
function setUp(c: Case, inputs: Inputs, precision: Precision) {
  const plan = planWasmFft({ rows: c.rows, cols: c.cols, precision });
  const code = generateProjection(plan, { modes: c.modes, kind: c.kind, sharedPages: 0, counts: false });
  const { planeBytes, pitch } = plan.layout;
  const bytes = precision === "single" ? 4 : 8;
  const memory = new WebAssembly.Memory({ initial: 32 });
  let top = 0;
  const take = (size: number) => {
    const at = top;
    top = Math.ceil((top + size) / 64) * 64;
    return at;
  };
  const view = (address: number, length: number) => viewMemory(memory, { precision, address, length });
  const shape = { rows: c.rows, cols: c.cols, pitch };
  const write = (address: number, values: ArrayLike<number>, { rows, cols, pitch }: typeof shape) => {
    const plane = view(address, rows * pitch);
    for (let i = 0; i < rows * cols; i++) plane[Math.floor(i / cols) * pitch + i % cols] = values[i]!;
  };
  const read = (address: number, { rows, cols, pitch }: typeof shape) =>
    Float64Array.from(
      { length: rows * cols },
      (_, i) => view(address, rows * pitch)[Math.floor(i / cols) * pitch + i % cols]!,
    );
  const writeComplex = (at: number, values: Float64Array) => {
    [0, 1].forEach((part) => write(at + part * planeBytes, values.filter((_, i) => i % 2 === part), shape));
    return at;
  };
  const join = (re: Float64Array, im: Float64Array) =>
    Float64Array.from({ length: 2 * re.length }, (_, i) => (i % 2 ? im : re)[i >> 1]!);

  const tables = take(code.tables.length);
  new Uint8Array(memory.buffer).set(code.tables, tables);
  const scratchAt = take(code.scratchBytes);
  const waves = (values: readonly Float64Array[]) => values.map((v) => writeComplex(take(2 * planeBytes), v));
  const probes = waves(inputs.probes);
  const factors = waves(inputs.factors);
  const probeSums = take(c.modes * 2 * planeBytes);
  const probeNorms = take(c.modes * 2 * planeBytes);
  const objectBytes = OBJECT.rows * OBJECT.pitch * bytes + 64;
  const [objectRe, objectIm, sumRe, sumIm, norm] = Array.from({ length: 5 }, () => take(objectBytes)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  write(objectRe, inputs.object.filter((_, i) => i % 2 === 0), OBJECT);
  write(objectIm, inputs.object.filter((_, i) => i % 2 === 1), OBJECT);
  /** The waves of a frame's pods, one right after the other. */
  const frameWaves = (values: readonly Float64Array[]) => {
    const at = take(values.length * 2 * planeBytes);
    return values.map((v, m) => writeComplex(at + m * 2 * planeBytes, v));
  };
  const exitWaves = inputs.frames.map((frame) => frameWaves(frame.exitWaves));
  const spectra = inputs.frames.map((frame) =>
    frameWaves(frame.exitWaves.map((exit, m) => {
      const wave = exit.slice();
      propagate(c, wave, { factor: inputs.factors[m]!, back: false });
      return wave;
    }))
  );
  const job = take(JOB.bytes);
  const records = take(FRAMES * FRAME_RECORD.bytes);
  const pods = take(FRAMES * c.modes * POD_RECORD.bytes);
  const planes = inputs.frames.map((frame) => {
    const root = take(planeBytes);
    view(root, planeBytes / bytes).fill(Infinity);
    const signedRoot = (v: number) => Math.sign(v) * Math.sqrt(Math.abs(v));
    write(root, frame.intensity.map((v, i) => frame.mask[i] === 1 ? signedRoot(v) : Infinity), shape);
    return { root, valid: frame.mask.reduce((a, b) => a + b, 0) };
  });

  const memoryView = new DataView(memory.buffer);
  const integers = (at: number, fields: Record<number, number>) =>
    Object.entries(fields).forEach(([offset, value]) => memoryView.setInt32(at + Number(offset), value, true));
  integers(job, {
    [JOB.frames]: records,
    [JOB.pods]: pods,
    [JOB.tables]: tables,
    [JOB.photonError]: 1,
    [JOB.bounded]: c.powerBound > 0 ? 1 : 0,
    [JOB.objectSumRe]: sumRe - objectRe,
    [JOB.objectSumIm]: sumIm - objectRe,
    [JOB.objectNorm]: norm - objectRe,
    [JOB.probeSum]: probeSums - probes[0]!,
    [JOB.probeNorm]: probeNorms - probes[0]!,
  });
  memoryView.setFloat64(job + JOB.alpha, c.alpha, true);
  memoryView.setFloat64(job + JOB.powerBound, c.powerBound, true);
  inputs.frames.forEach((frame, k) => {
    const at = records + k * FRAME_RECORD.bytes;
    integers(at, { [FRAME_RECORD.root]: planes[k]!.root });
    memoryView.setFloat64(at + FRAME_RECORD.valid, planes[k]!.valid, true);
    const first = (frame.oy * OBJECT.pitch + frame.ox) * bytes;
    for (let m = 0; m < c.modes; m++) {
      integers(pods + (k * c.modes + m) * POD_RECORD.bytes, {
        [POD_RECORD.probe]: probes[m]!,
        [POD_RECORD.objectRe]: objectRe + first,
        [POD_RECORD.objectIm]: objectIm + first,
        [POD_RECORD.objectPitch]: OBJECT.pitch * bytes,
        [POD_RECORD.objectRow]: frame.oy,
        [POD_RECORD.exitWave]: exitWaves[k]![m]!,
        [POD_RECORD.factor]: factors[m]!,
        [POD_RECORD.spectrum]: spectra[k]![m]!,
      });
    }
  });
  const passes = instantiateProjection(new WebAssembly.Module(code.bytes), { memory, scratchAt });
  const readComplex = (at: number) => join(read(at, shape), read(at + planeBytes, shape));
  const stride = probes.length > 1 ? probes[1]! - probes[0]! : 0;
  return {
    job,
    passes,
    exitWave: (k: number, m: number) => readComplex(exitWaves[k]![m]!),
    spectrum: (k: number, m: number) => readComplex(spectra[k]![m]!),
    errors: (k: number) => new Float64Array(memory.buffer, records + k * FRAME_RECORD.bytes + FRAME_RECORD.errors, 3),
    objectSum: () => join(read(sumRe, OBJECT), read(sumIm, OBJECT)),
    objectNorm: () => read(norm, OBJECT),
    probeSum: (m: number) => readComplex(probeSums + m * stride),
    probeNorm: (m: number) => read(probeNorms + m * stride, shape),
  };
}

function close(found: Float64Array, expected: Float64Array, precision: Precision): void {
  const largest = expected.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
  found.forEach((v, i) => {
    const off = Math.abs(v - expected[i]!) / largest;
    assert(
      off < TOLERANCE[precision],
      `element ${i}: found ${v}, expected ${expected[i]} (off by ${off} of the largest)`,
    );
  });
}
