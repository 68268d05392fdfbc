/** The generated sweep over single pods against its formulas in double. */

import { assert } from "@std/assert/assert.js";
import { assertEquals } from "@std/assert/equals.js";
import { createFft2 } from "../fft/fft.ts";
import { planWasmFft } from "../fft/wasm_plan.ts";
import type { Precision } from "../nd_array.ts";
import { viewMemory } from "./lanes.ts";
import { FRAME_RECORD, POD_RECORD } from "./projection_pass.ts";
import { instantiateVisit } from "./pass_instances.ts";
import { generateVisit, VISIT_JOB } from "./visit_pass.ts";

const ROWS = 12;
const COLS = 10;
const POINTS = ROWS * COLS;
const MODES = 2;
const FRAMES = 3;
const OBJECT = { rows: 20, cols: 18, pitch: 24 };
/** Frame after frame each pod meets what the pods before it left. */
const ORDER = [3, 0, 5, 2, 4, 1];
const [ALPHA, BETA] = [0.9, 0.6];

/** Six visits in a row, each with two transforms, in units of 6e-8 and 1e-16. */
const TOLERANCE = { single: 1e-5, double: 1e-12 };

for (const precision of ["single", "double"] as const) {
  for (const updateProbe of [false, true]) {
    const title = `visit() is the sweep of the extended iterative engine, ${
      updateProbe ? "with" : "without"
    } the probe`;
    Deno.test(`${title}, ${precision}`, () => {
      const bench = setUp(precision, updateProbe);
      bench.pass.visit(bench.job, { start: 0, end: ORDER.length });
      const expected = sweep(makeInputs(), updateProbe);
      close(bench.object(), expected.object, precision);
      expected.probes.forEach((probe, m) => close(bench.probe(m), probe, precision));
      expected.exitWaves.forEach((exit, pod) => close(bench.exitWave(pod), exit, precision));
      expected.errors.forEach((errors, pod) => close(bench.errors(pod), Float64Array.from(errors), precision));
    });
  }

  Deno.test(`visit() in two parts gives the bytes of one call, ${precision}`, () => {
    const [whole, parts] = [setUp(precision, true), setUp(precision, true)];
    whole.pass.visit(whole.job, { start: 0, end: 6 });
    parts.pass.visit(parts.job, { start: 0, end: 2 });
    parts.pass.visit(parts.job, { start: 2, end: 6 });
    assertEquals(parts.object(), whole.object());
    assertEquals(parts.probe(1), whole.probe(1));
  });
}

function makeInputs() {
  const probes = Array.from({ length: MODES }, (_, m) => numbers(2 * POINTS, m + 1));
  const object = numbers(2 * OBJECT.rows * OBJECT.cols, 10);
  // All real parts negative: the padding must not be taken for the largest; and a tie, decided by the imaginary part.
  for (let i = 0; i < object.length; i += 2) object[i] = -0.1 - Math.abs(object[i]!);
  for (const [at, im] of [[40, 0.25], [302, 0.75], [410, 0.5]] as const) object.set([-0.0625, im], at);
  const phases = numbers(POINTS, 20);
  const factor = Float64Array.from(
    { length: 2 * POINTS },
    (_, i) => i % 2 === 0 ? Math.cos(phases[i >> 1]!) : Math.sin(phases[i >> 1]!),
  );
  const frames = Array.from({ length: FRAMES }, (_, k) => ({
    oy: 3 * k,
    ox: 6 - 2 * k,
    intensity: numbers(POINTS, 30 + k).map((v) => 2 * Math.abs(v)),
    mask: numbers(POINTS, 40 + k).map((v) => v > -0.8 ? 1 : 0),
  }));
  const support = Float64Array.from({ length: POINTS }, (_, i) => i % 10 > 0 ? 1 : 0);
  return { probes, object, factor, frames, support };
}

/** The sweep by its formulas. Changes probes and object of the inputs. */
function sweep({ probes, object, factor, frames, support }: ReturnType<typeof makeInputs>, updateProbe: boolean) {
  const exitWaves: Float64Array[] = [];
  const errors: number[][] = [];
  const root = Math.sqrt(POINTS);
  for (const pod of ORDER) {
    const frame = frames[Math.floor(pod / MODES)]!;
    const probe = probes[pod % MODES]!;
    const place = (i: number) => 2 * ((frame.oy + Math.floor(i / COLS)) * OBJECT.cols + frame.ox + i % COLS);
    const model = new Float64Array(2 * POINTS);
    for (let i = 0; i < POINTS; i++) {
      const o = place(i);
      model[2 * i] = probe[2 * i]! * object[o]! - probe[2 * i + 1]! * object[o + 1]!;
      model[2 * i + 1] = probe[2 * i]! * object[o + 1]! + probe[2 * i + 1]! * object[o]!;
    }
    const wave = rotated(model, factor, 1);
    createFft2(ROWS, COLS).forward(wave);
    let [fourier, valid] = [0, 0];
    for (let i = 0; i < POINTS; i++) {
      const modulus = Math.hypot(wave[2 * i]!, wave[2 * i + 1]!) / root;
      const magnitude = Math.sqrt(frame.intensity[i]!);
      if (frame.mask[i] === 0) continue;
      fourier += (modulus - magnitude) ** 2;
      valid++;
      for (const j of [2 * i, 2 * i + 1]) wave[j] = wave[j]! * magnitude / modulus;
    }
    createFft2(ROWS, COLS).inverse(wave);
    const exit = rotated(wave, factor, -1);
    const d = exit.map((v, i) => v - model[i]!);
    exitWaves[pod] = exit;
    errors[pod] = [fourier / valid, 0, d.reduce((sum, v) => sum + v * v, 0)];
    const square = (a: Float64Array, i: number) => a[i]! ** 2 + a[i + 1]! ** 2;
    let peak = 0;
    for (let i = 0; i < POINTS; i++) peak = Math.max(peak, square(probe, 2 * i));
    for (let i = 0; i < POINTS; i++) {
      const o = place(i);
      const [pr, pi] = [probe[2 * i]!, probe[2 * i + 1]!];
      object[o] = object[o]! + ALPHA / peak * (pr * d[2 * i]! + pi * d[2 * i + 1]!);
      object[o + 1] = object[o + 1]! + ALPHA / peak * (pr * d[2 * i + 1]! - pi * d[2 * i]!);
    }
    if (!updateProbe) continue;
    let best = 0;
    for (let i = 2; i < object.length; i += 2) {
      const tie = object[i] === object[best] && object[i + 1]! > object[best + 1]!;
      if (object[i]! > object[best]! || tie) best = i;
    }
    const step = BETA / square(object, best);
    for (let i = 0; i < POINTS; i++) {
      const o = place(i);
      const [or, oi] = [object[o]!, object[o + 1]!];
      probe[2 * i] = support[i]! * (probe[2 * i]! + step * (or * d[2 * i]! + oi * d[2 * i + 1]!));
      probe[2 * i + 1] = support[i]! * (probe[2 * i + 1]! + step * (or * d[2 * i + 1]! - oi * d[2 * i]!));
    }
  }
  return { probes, object, exitWaves, errors };
}

function rotated(wave: Float64Array, factor: Float64Array, sign: number): Float64Array {
  return wave.map((v, i) =>
    i % 2 === 0
      ? v * factor[i]! - sign * wave[i + 1]! * factor[i + 1]!
      : v * factor[i - 1]! + sign * wave[i - 1]! * factor[i]!
  );
}

/** Lays the inputs out in memory; readers give interleaved arrays without padding. */
function setUp(precision: Precision, updateProbe: boolean) {
  const inputs = makeInputs();
  const plan = planWasmFft({ rows: ROWS, cols: COLS, precision });
  const code = generateVisit(plan, { modes: MODES, kind: "farfield", sharedPages: 0, counts: false });
  const { planeBytes, pitch } = plan.layout;
  const bytes = precision === "single" ? 4 : 8;
  const memory = new WebAssembly.Memory({ initial: 16 });
  let top = 0;
  const take = (size: number) => {
    const at = top;
    top = Math.ceil((top + size) / 64) * 64;
    return at;
  };
  const shape = { rows: ROWS, cols: COLS, pitch };
  const plane = (address: number, { rows, pitch }: typeof shape) =>
    viewMemory(memory, { precision, address, length: rows * pitch });
  const place = (i: number, { cols, pitch }: typeof shape) => Math.floor(i / cols) * pitch + i % cols;
  const write = (address: number, values: ArrayLike<number>, of: typeof shape) => {
    for (let i = 0; i < of.rows * of.cols; i++) plane(address, of)[place(i, of)] = values[i]!;
    return address;
  };
  const read = (re: number, im: number, of: typeof shape) =>
    Float64Array.from({ length: 2 * of.rows * of.cols }, (_, i) => plane(i % 2 ? im : re, of)[place(i >> 1, of)]!);
  const part = (values: Float64Array, rest: number) => values.filter((_, i) => i % 2 === rest);
  const wave = (values: Float64Array) => {
    const at = take(2 * planeBytes);
    [0, 1].forEach((rest) => write(at + rest * planeBytes, part(values, rest), shape));
    return at;
  };

  const tables = take(code.tables.length);
  new Uint8Array(memory.buffer).set(code.tables, tables);
  const scratchAt = take(code.scratchBytes);
  const probes = inputs.probes.map(wave);
  const factor = wave(inputs.factor);
  const support = write(take(planeBytes), inputs.support, shape);
  const objectBytes = OBJECT.rows * OBJECT.pitch * bytes + 64;
  const [objectRe, objectIm] = [0, 1].map((rest) => write(take(objectBytes), part(inputs.object, rest), OBJECT)) as [
    number,
    number,
  ];
  const exitWaves = ORDER.map(() => take(2 * planeBytes));
  const [job, order, errors] = [take(VISIT_JOB.bytes), take(4 * ORDER.length), take(24 * ORDER.length)] as const;
  const [records, pods] = [take(FRAMES * FRAME_RECORD.bytes), take(ORDER.length * POD_RECORD.bytes)] as const;
  new Int32Array(memory.buffer, order, ORDER.length).set(ORDER);

  const view = new DataView(memory.buffer);
  const integers = (at: number, fields: readonly (readonly [number, number])[]) =>
    fields.forEach(([offset, value]) => view.setInt32(at + offset, value, true));
  integers(job, [[VISIT_JOB.frames, records], [VISIT_JOB.pods, pods], [VISIT_JOB.tables, tables], [
    VISIT_JOB.order,
    order,
  ]]);
  integers(job, [[VISIT_JOB.errors, errors], [VISIT_JOB.support, support], [
    VISIT_JOB.updateProbe,
    updateProbe ? 1 : 0,
  ]]);
  integers(job, [[VISIT_JOB.objectRe, objectRe], [VISIT_JOB.objectIm, objectIm], [
    VISIT_JOB.objectPitch,
    OBJECT.pitch * bytes,
  ]]);
  integers(job, [[VISIT_JOB.objectRows, OBJECT.rows], [VISIT_JOB.objectWidth, OBJECT.cols * bytes]]);
  view.setFloat64(job + VISIT_JOB.alpha, ALPHA, true);
  view.setFloat64(job + VISIT_JOB.beta, BETA, true);
  inputs.frames.forEach(({ intensity, mask, oy, ox }, k) => {
    const root = take(planeBytes);
    viewMemory(memory, { precision, address: root, length: planeBytes / bytes }).fill(Infinity);
    write(root, intensity.map((v, i) => mask[i] === 1 ? Math.sqrt(v) : Infinity), shape);
    const at = records + k * FRAME_RECORD.bytes;
    integers(at, [[FRAME_RECORD.root, root]]);
    view.setFloat64(at + FRAME_RECORD.valid, mask.reduce((a, b) => a + b, 0), true);
    const first = (oy * OBJECT.pitch + ox) * bytes;
    for (let m = 0; m < MODES; m++) {
      const pod = pods + (k * MODES + m) * POD_RECORD.bytes;
      integers(pod, [[POD_RECORD.probe, probes[m]!], [POD_RECORD.objectRe, objectRe + first]]);
      integers(pod, [[POD_RECORD.objectIm, objectIm + first], [POD_RECORD.objectPitch, OBJECT.pitch * bytes]]);
      integers(pod, [[POD_RECORD.exitWave, exitWaves[k * MODES + m]!], [POD_RECORD.factor, factor]]);
    }
  });
  const waveAt = (at: number) => read(at, at + planeBytes, shape);
  return {
    job,
    pass: instantiateVisit(new WebAssembly.Module(code.bytes), { memory, scratchAt }),
    object: () => read(objectRe, objectIm, OBJECT),
    probe: (m: number) => waveAt(probes[m]!),
    exitWave: (pod: number) => waveAt(exitWaves[pod]!),
    errors: (pod: number) => new Float64Array(memory.buffer, errors + 24 * pod, 3),
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

/** Numbers in (-1, 1) without symmetry, exact in single precision. */
function numbers(count: number, seed: number): Float64Array {
  return Float64Array.from(
    { length: count },
    (_, i) => Math.fround(Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 0.999),
  );
}
