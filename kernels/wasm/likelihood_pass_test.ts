/** The generated likelihood passes against the twins in double, and the same bytes however the work is divided. */

import { assertEquals } from "@std/assert/equals.js";
import { makeModel } from "../auxiliary_wave/make_model.ts";
import { planWasmFft } from "../fft/wasm_plan.ts";
import { objectGradient, probeGradient } from "../gradient_descent/gradient.ts";
import { lineGaussian, linePoisson } from "../gradient_descent/line_search.ts";
import { makeChange } from "../gradient_descent/make_change.ts";
import { floatingIntensity, modelIntensity } from "../gradient_descent/model_intensity.ts";
import { gaussianResidual, logFactorials, poissonResidual, scaleWave } from "../gradient_descent/residual.ts";
import type { FrameShape } from "../kernel.ts";
import type { Precision } from "../nd_array.ts";
import { createPropagator } from "../propagation/propagator.ts";
import { propagateBackward, propagateForward } from "../propagation/propagate.ts";
import { ADDRESS, type UnscaledFactors } from "../reconstruction.ts";
import { assertClose, seededNumbers } from "../testing.ts";
import { viewMemory } from "./lanes.ts";
import { photonsOf, poissonConstant } from "./likelihood_log.ts";
import { generateLikelihood, LIKELIHOOD_FRAME, LIKELIHOOD_JOB } from "./likelihood_pass.ts";
import { instantiateLikelihood } from "./pass_instances.ts";
import { POD_RECORD } from "./projection_pass.ts";

interface Case {
  readonly rows: number;
  readonly cols: number;
  readonly modes: number;
  readonly kind: UnscaledFactors["kind"];
  readonly model: "gaussian" | "poisson";
  readonly floating: boolean;
  readonly renormalization: number;
}

const CASES: readonly Case[] = [
  { rows: 16, cols: 16, modes: 1, kind: "farfield", model: "gaussian", floating: false, renormalization: 1 },
  { rows: 1, cols: 3, modes: 1, kind: "farfield", model: "gaussian", floating: true, renormalization: 0.3 },
  { rows: 12, cols: 10, modes: 2, kind: "farfield", model: "gaussian", floating: true, renormalization: 0.7 },
  { rows: 9, cols: 7, modes: 3, kind: "nearfield", model: "gaussian", floating: false, renormalization: 2 },
  { rows: 16, cols: 12, modes: 1, kind: "farfield", model: "poisson", floating: false, renormalization: 1 },
  { rows: 7, cols: 9, modes: 2, kind: "nearfield", model: "poisson", floating: true, renormalization: 1 },
];

const [FRAMES, OBJECT] = [5, { rows: 29, cols: 22, pitch: 28 }] as const;

/**
 * Of the largest expected number. Double: sums of some hundred terms in another order, two transforms, and a Poisson likelihood summed
 * in another form. Single: the same in units of 6e-8, and differences of model and measurement, which are smaller than either.
 */
const TOLERANCE = { single: 5e-6, double: 1e-12 };

for (const precision of ["single", "double"] as const) {
  for (const c of CASES) {
    Deno.test(`gradient() and its sums agree with the twins at ${Deno.inspect(c)}, ${precision}`, () => {
      const inputs = makeInputs(c);
      const bench = setUp(c, inputs, precision);
      runGradient(bench, c, [0, FRAMES]);
      const expected = findGradients(c, inputs);
      close(bench.errors(), expected.errors, precision);
      close(bench.coefficients(), expected.coefficients, precision);
      close(bench.objectGradient(), expected.object, precision);
      close(bench.probeGradient(), expected.probe, precision);
    });

    Deno.test(`line() agrees with the twins at ${Deno.inspect(c)}, ${precision}`, () => {
      const inputs = makeInputs(c);
      const bench = setUp(c, inputs, precision);
      runGradient(bench, c, [0, FRAMES]);
      bench.passes.line(bench.job, { start: 0, end: FRAMES });
      const expected = findLine(c, inputs);
      [0, 1].forEach((i) => {
        const every = (sums: Float64Array) => sums.filter((_, j) => j % 2 === i);
        close(every(bench.lineSums()), every(expected), precision);
      });
    });
  }

  Deno.test(`chunks of frames, ranges and bands of rows give the bytes of one call, ${precision}`, () => {
    const c = CASES[2]!;
    const [whole, parts] = [0, 1].map(() => setUp(c, makeInputs(c), precision)) as [Bench, Bench];
    runGradient(whole, c, [0, FRAMES]);
    whole.passes.line(whole.job, { start: 0, end: FRAMES });
    runGradient(parts, c, [0, 2, 3, FRAMES], [0, 0.3, 1]);
    for (const [start, end] of [[3, FRAMES], [0, 3]] as const) parts.passes.line(parts.job, { start, end });
    for (const read of ["errors", "coefficients", "objectGradient", "probeGradient", "lineSums"] as const) {
      assertEquals(parts[read](), whole[read]());
    }
  });
}

Deno.test("gradient() of a Poisson likelihood keeps its digits at 1e6 photons in single precision", () => {
  const c = CASES[4]!;
  const { frames, ...rest } = makeInputs(c);
  // Measured data are the model's intensity plus noise of its own size, as in a run that has converged.
  const bright = { ...rest, probe: rest.probe.map((v) => Math.fround(1000 * v)) };
  const models = findModels(c, { ...bright, frames });
  const noisy = frames.map((frame, k) => {
    const noise = seededNumbers(frame.diffraction.length, 90 + k);
    const diffraction = models[k]!.map((v, i) => Math.round(v + 1.7 * noise[i]! * Math.sqrt(v)));
    // The factorials of masked pixels count, and would hide all else.
    return { ...frame, diffraction, mask: frame.mask.map(() => 1) };
  });
  const inputs = { ...bright, frames: noisy };
  const bench = setUp(c, inputs, "single");
  runGradient(bench, c, [0, FRAMES]);
  const expected = findGradients(c, inputs).errors;
  // Terms of 1e7 leave 8 per pixel. The models have the rounding of single precision, each of the order of 0.1 photons.
  assertClose(bench.errors(), expected, 1e-5);
});

Deno.test("gradient() of a frame without valid pixels adds nothing", () => {
  const c = CASES[2]!;
  const inputs = makeInputs(c);
  const frames = inputs.frames.map((frame) => ({ ...frame, mask: frame.mask.map(() => 0) }));
  const bench = setUp(c, { ...inputs, frames }, "single");
  runGradient(bench, c, [0, FRAMES]);
  assertEquals(bench.errors(), new Float64Array(3 * FRAMES));
  assertEquals(bench.coefficients(), new Float64Array(FRAMES).fill(1));
  assertEquals(bench.objectGradient(), new Float64Array(2 * OBJECT.rows * OBJECT.cols));
});

type Bench = ReturnType<typeof setUp>;

/** The gradient and its sums in chunks of frames, as a device would; `rows` cuts the bands. */
function runGradient(bench: Bench, c: Case, chunks: readonly number[], rows: readonly number[] = [0, 1]): void {
  const { passes, job } = bench;
  for (let i = 1; i < chunks.length; i++) {
    const [from, to] = [chunks[i - 1]!, chunks[i]!];
    bench.setFirst(from);
    // The later half first: frames do not depend on each other.
    const middle = Math.ceil((from + to) / 2);
    for (const [start, end] of [[middle, to], [from, middle]] as const) passes.gradient(job, { start, end });
    for (let r = 1; r < rows.length; r++) {
      const band = (count: number) => ({
        from,
        to,
        start: Math.round(rows[r - 1]! * count),
        end: Math.round(rows[r]! * count),
      });
      passes.objectGradient(job, band(OBJECT.rows));
      passes.probeGradient(job, band(c.rows));
    }
  }
}

interface Frame {
  readonly oy: number;
  readonly ox: number;
  readonly diffraction: Float64Array;
  readonly mask: Uint8Array;
}

interface Inputs {
  readonly probe: Float64Array;
  readonly probeDirection: Float64Array;
  readonly object: Float64Array;
  readonly objectDirection: Float64Array;
  readonly propagators: readonly UnscaledFactors[];
  readonly frames: readonly Frame[];
}

/** Numbers that single precision holds exactly. */
function numbers(count: number, seed: number): Float64Array {
  return seededNumbers(count, seed).map(Math.fround);
}

function makeInputs({ rows, cols, modes, kind }: Case): Inputs {
  const points = rows * cols;
  const propagators = Array.from({ length: modes }, (_, m): UnscaledFactors => {
    const angles = numbers(points, 20 + m);
    const phases = Float64Array.from(
      { length: 2 * points },
      (_, i) => (i % 2 === 0 ? Math.cos : Math.sin)(3 * angles[i >> 1]!),
    );
    return kind === "farfield" ? { kind, pre: phases, post: phases } : { kind, kernel: phases };
  });
  return {
    probe: numbers(2 * modes * points, 11).map((v) => 2 * v),
    probeDirection: numbers(2 * modes * points, 12),
    object: numbers(2 * OBJECT.rows * OBJECT.cols, 13),
    objectDirection: numbers(2 * OBJECT.rows * OBJECT.cols, 14),
    propagators,
    frames: Array.from({ length: FRAMES }, (_, k) => ({
      oy: 3 * k,
      ox: 5 - k,
      // Dark pixels, bright ones, and squares so that a root and its square are exact in single precision.
      diffraction: numbers(points, 40 + k).map((v) => Math.round(4 * Math.abs(v)) ** 2),
      mask: Uint8Array.from(numbers(points, 50 + k), (v) => v > -0.8 ? 1 : 0),
    })),
  };
}

function shapeOf({ rows, cols, modes }: Case, { propagators }: Inputs): FrameShape {
  return { rows, cols, modes, propagators: propagators.map((p) => createPropagator(p, { rows, cols })) };
}

function addressOf({ rows, cols, modes }: Case, { oy, ox }: Frame): Int32Array {
  return Int32Array.from(
    Array.from({ length: modes }, (_, m) => [m * rows * cols, 0, OBJECT.cols, oy, ox, m, 0]).flat(),
  );
}

/** Intensities of the model, frame by frame, by the twins. */
function findModels(c: Case, inputs: Inputs): Float64Array[] {
  const shape = shapeOf(c, inputs);
  const { probe, object } = inputs;
  return inputs.frames.map((frame) => {
    const address = addressOf(c, frame);
    const [wave, intensity] = [new Float64Array(probe.length), new Float64Array(frame.diffraction.length)];
    makeModel.cpu({ wave, probe, object, address }, {}, shape);
    propagateForward.cpu({ wave, address }, {}, shape);
    modelIntensity.cpu({ intensity, wave }, {}, shape);
    return intensity;
  });
}

function findGradients(c: Case, inputs: Inputs) {
  const shape = shapeOf(c, inputs);
  const { probe, object, frames } = inputs;
  const { renormalization } = c;
  const sums = { object: new Float64Array(object.length), probe: new Float64Array(probe.length) };
  const [errors, coefficients] = [new Float64Array(3 * FRAMES), new Float64Array(FRAMES).fill(1)];
  frames.forEach((frame, k) => {
    const { diffraction, mask } = frame;
    const address = addressOf(c, frame);
    const [wave, residual] = [new Float64Array(probe.length), new Float64Array(diffraction.length)];
    const [own, base] = [errors.subarray(3 * k, 3 * k + 3), new Float64Array(1)];
    const coefficient = coefficients.subarray(k, k + 1);
    makeModel.cpu({ wave, probe, object, address }, {}, shape);
    propagateForward.cpu({ wave, address }, {}, shape);
    modelIntensity.cpu({ intensity: residual, wave }, {}, shape);
    const params = { poisson: c.model === "poisson" ? 1 : 0, renormalization };
    if (c.floating) floatingIntensity.cpu({ intensity: residual, diffraction, mask, coefficient }, params, shape);
    logFactorials.cpu({ base, diffraction }, {}, shape);
    if (c.model === "poisson") poissonResidual.cpu({ residual, diffraction, mask, errors: own, base }, {}, shape);
    else gaussianResidual.cpu({ residual, diffraction, mask, errors: own }, { renormalization }, shape);
    scaleWave.cpu({ wave, residual }, {}, shape);
    propagateBackward.cpu({ wave, address }, {}, shape);
    objectGradient.cpu({ gradient: sums.object, wave, probe, address }, {}, shape);
    probeGradient.cpu({ gradient: sums.probe, wave, object, address }, {}, shape);
  });
  return { ...sums, errors, coefficients };
}

function findLine(c: Case, inputs: Inputs): Float64Array {
  const shape = shapeOf(c, inputs);
  const { probe, object, probeDirection, objectDirection, frames } = inputs;
  const { coefficients } = findGradients(c, inputs);
  const all = new Float64Array(2 * FRAMES);
  frames.forEach((frame, k) => {
    const { diffraction, mask } = frame;
    const address = addressOf(c, frame);
    const [model, change, second] = Array.from({ length: 3 }, () => new Float64Array(probe.length)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    makeModel.cpu({ wave: model, probe, object, address }, {}, shape);
    makeChange.cpu({ wave: change, probe, probeDirection, object, objectDirection, address }, {}, shape);
    makeModel.cpu({ wave: second, probe: probeDirection, object: objectDirection, address }, {}, shape);
    for (const wave of [model, change, second]) propagateForward.cpu({ wave, address }, {}, shape);
    const sums = all.subarray(2 * k, 2 * k + 2);
    const coefficient = coefficients.subarray(k, k + 1);
    const arrays = { sums, model, change, second, diffraction, mask, coefficient };
    if (c.model === "poisson") linePoisson.cpu(arrays, {}, shape);
    else lineGaussian.cpu(arrays, { renormalization: c.renormalization }, shape);
  });
  return all;
}

/** Lays a case out in memory; readers give interleaved arrays without padding. */
function setUp(c: Case, inputs: Inputs, precision: Precision) {
  const plan = planWasmFft({ rows: c.rows, cols: c.cols, precision });
  const { modes, kind, model, floating } = c;
  const code = generateLikelihood(plan, { modes, kind, sharedPages: 0, counts: false, model, floating });
  const { planeBytes, pitch } = plan.layout;
  const bytes = precision === "single" ? 4 : 8;
  const memory = new WebAssembly.Memory({ initial: 48 });
  const memoryView = new DataView(memory.buffer);
  const frameBytes = 2 * modes * planeBytes;
  let top = 0;
  const take = (size: number) => {
    const at = top;
    top = Math.ceil((top + size) / 64) * 64;
    return at;
  };
  const shape = { rows: c.rows, cols: c.cols, pitch };
  const view = (address: number, length: number) => viewMemory(memory, { precision, address, length });
  const write = (address: number, values: ArrayLike<number>, { rows, cols, pitch }: typeof shape) => {
    const plane = view(address, rows * pitch);
    for (let i = 0; i < rows * cols; i++) plane[Math.floor(i / cols) * pitch + i % cols] = values[i]!;
  };
  const read = (address: number, { rows, cols, pitch }: typeof shape) => {
    const plane = view(address, rows * pitch);
    return Float64Array.from({ length: rows * cols }, (_, i) => plane[Math.floor(i / cols) * pitch + i % cols]!);
  };
  const writeWaves = (values: Float64Array) => {
    const at = take(values.length / (2 * c.rows * c.cols) * 2 * planeBytes);
    for (let m = 0; 2 * m * c.rows * c.cols < values.length; m++) {
      const wave = values.subarray(2 * m * c.rows * c.cols, 2 * (m + 1) * c.rows * c.cols);
      [0, 1].forEach((part) => write(at + (2 * m + part) * planeBytes, wave.filter((_, i) => i % 2 === part), shape));
    }
    return at;
  };
  const join = (re: Float64Array, im: Float64Array) =>
    Float64Array.from({ length: 2 * re.length }, (_, i) => (i % 2 ? im : re)[i >> 1]!);

  const tables = take(code.tables.length);
  new Uint8Array(memory.buffer).set(code.tables, tables);
  const scratchAt = take(code.scratchBytes);
  const factors = inputs.propagators.map((p) =>
    writeWaves(Float64Array.from(p.kind === "farfield" ? p.pre : p.kernel))
  );
  const probe = writeWaves(inputs.probe);
  const probeDirection = writeWaves(inputs.probeDirection);
  const probeGradient = take(frameBytes);
  const objects = Array.from({ length: 6 }, () => take(OBJECT.rows * OBJECT.pitch * bytes + 64));
  const [objectRe, objectIm, directionRe, directionIm, gradientRe, gradientIm] = objects as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  [inputs.object, inputs.objectDirection].forEach((object, i) =>
    [0, 1].forEach((part) => write(objects[2 * i + part]!, object.filter((_, j) => j % 2 === part), OBJECT))
  );
  const models = take(FRAMES * frameBytes);
  const waves = take(FRAMES * frameBytes);
  const job = take(LIKELIHOOD_JOB.bytes);
  const records = take(FRAMES * LIKELIHOOD_FRAME.bytes);
  const pods = take(FRAMES * modes * POD_RECORD.bytes);

  const integers = (at: number, fields: Record<number, number>) =>
    Object.entries(fields).forEach(([offset, value]) => memoryView.setInt32(at + Number(offset), value, true));
  integers(job, {
    [LIKELIHOOD_JOB.frames]: records,
    [LIKELIHOOD_JOB.pods]: pods,
    [LIKELIHOOD_JOB.tables]: tables,
    [LIKELIHOOD_JOB.waves]: waves,
    [LIKELIHOOD_JOB.objectGradientRe]: gradientRe - objectRe,
    [LIKELIHOOD_JOB.objectGradientIm]: gradientIm - objectRe,
    [LIKELIHOOD_JOB.objectDirectionRe]: directionRe - objectRe,
    [LIKELIHOOD_JOB.objectDirectionIm]: directionIm - objectRe,
    [LIKELIHOOD_JOB.probeGradient]: probeGradient - probe,
    [LIKELIHOOD_JOB.probeDirection]: probeDirection - probe,
  });
  memoryView.setFloat64(job + LIKELIHOOD_JOB.renormalization, c.renormalization, true);
  inputs.frames.forEach((frame, k) => {
    const root = take(planeBytes);
    view(root, planeBytes / bytes).fill(Infinity);
    write(root, frame.diffraction.map((v, i) => frame.mask[i] === 1 ? Math.sqrt(v) : Infinity), shape);
    const record = records + k * LIKELIHOOD_FRAME.bytes;
    integers(record, { [LIKELIHOOD_FRAME.root]: root });
    memoryView.setFloat64(record + LIKELIHOOD_FRAME.photons, photonsOf(frame.diffraction), true);
    memoryView.setFloat64(record + LIKELIHOOD_FRAME.constant, poissonConstant(frame.diffraction, frame.mask), true);
    const table = addressOf(c, frame);
    for (let m = 0; m < modes; m++) {
      const first = (frame.oy * OBJECT.pitch + frame.ox) * bytes;
      integers(pods + (k * modes + m) * POD_RECORD.bytes, {
        [POD_RECORD.probe]: probe + 2 * m * planeBytes,
        [POD_RECORD.objectRe]: objectRe + first,
        [POD_RECORD.objectIm]: objectIm + first,
        [POD_RECORD.objectPitch]: OBJECT.pitch * bytes,
        [POD_RECORD.objectRow]: frame.oy,
        // Anywhere: the last frame first.
        [POD_RECORD.spectrum]: models + (FRAMES - 1 - k) * frameBytes + 2 * m * planeBytes,
        [POD_RECORD.factor]: factors[table[m * ADDRESS.columns + ADDRESS.propagator]!]!,
      });
    }
  });

  const passes = instantiateLikelihood(new WebAssembly.Module(code.bytes), { memory, scratchAt });
  const ofFrames = (offset: number, count: number) =>
    Float64Array.from(
      { length: FRAMES * count },
      (_, i) =>
        memoryView.getFloat64(
          records + Math.floor(i / count) * LIKELIHOOD_FRAME.bytes + offset + 8 * (i % count),
          true,
        ),
    );
  return {
    job,
    passes,
    setFirst: (frame: number) => integers(job, { [LIKELIHOOD_JOB.first]: frame }),
    errors: () => ofFrames(LIKELIHOOD_FRAME.errors, 3),
    coefficients: () => ofFrames(LIKELIHOOD_FRAME.coefficient, 1),
    lineSums: () => ofFrames(LIKELIHOOD_FRAME.sums, 2),
    objectGradient: () => join(read(gradientRe, OBJECT), read(gradientIm, OBJECT)),
    probeGradient: () => {
      const waves = Array.from({ length: modes }, (_, m) => probeGradient + 2 * m * planeBytes);
      return Float64Array.from(waves.flatMap((at) => [...join(read(at, shape), read(at + planeBytes, shape))]));
    },
  };
}

function close(found: Float64Array, expected: Float64Array, precision: Precision): void {
  assertClose(found, expected, TOLERANCE[precision]);
}
