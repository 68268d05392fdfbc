/**
 * The passes of the likelihood engines over ranges of frames, as one module: the gradient of the likelihood, frame by frame, so that a
 * frame stays in the cache; its sums over object and probe; and the parabola of the likelihood along a search direction.
 *
 * The model waves at the detector are kept from the gradient to the line search. The back-propagated waves live only from `gradient` to
 * the sums: a caller may do both for some frames after the others, with room for so many waves, because all sums are in frame order.
 * As in projection_pass.ts every number is summed by one worker, so that the bytes depend neither on workers nor on such chunks.
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004
 */

import type { WasmFftPlan } from "../fft/wasm_plan.ts";
import { createTables } from "../fft/wasm_tables.ts";
import { type Assembler, createAssembler } from "./assembler.ts";
import { type Expression, f32, f64, type I32, i32 } from "./expressions.ts";
import { defineFrameKernels, type FrameKernels } from "./frame_kernels.ts";
import { callResult, type Local } from "./function_body.ts";
import { type Lanes, lanesOf } from "./lanes.ts";
import { defineLikelihoodKernels, type LikelihoodKernels, type LikelihoodModel } from "./likelihood_kernels.ts";
import { defineMeasuredRoots, type MeasuredRoots } from "./measured_roots.ts";
import { type FrameModule, POD_RECORD, type ProjectionCode } from "./projection_pass.ts";
import { definePropagation, type Propagation } from "./propagation.ts";

/**
 * Offsets in a likelihood job, in bytes; i32 but for `renormalization`, which is f64. The layout of waves: the modes of a frame one
 * after the other, re and im plane each. Model waves, zero in the padding at first, are where the pod records have their spectra;
 * `gradient` writes them and `line` reads them.
 */
export const LIKELIHOOD_JOB = {
  /** Addresses of the first frame record (LIKELIHOOD_FRAME), the first pod record (POD_RECORD) and the tables of the transform. */
  frames: 0,
  pods: 4,
  tables: 8,
  /**
   * Address of the back-propagated waves of frame `first`; as many frames as are in work, one after the other without a gap. Zero in
   * the padding at first.
   */
  waves: 12,
  first: 16,
  /** Bytes from the re plane of the object to the planes of its gradient and of its direction, which have the object's layout. */
  objectGradientRe: 20,
  objectGradientIm: 24,
  objectDirectionRe: 28,
  objectDirectionIm: 32,
  /** Bytes from the probe to its gradient and its direction, which have the probe's layout, zero in the padding. */
  probeGradient: 36,
  probeDirection: 40,
  /** f64: R in the weights of the Gaussian likelihood; not read for Poisson. */
  renormalization: 48,
  bytes: 56,
} as const;

/** Offsets in a frame record, in bytes; f64 but for `root`. */
export const LIKELIHOOD_FRAME = {
  /** i32: address of the plane of signed roots of the intensity, infinity at masked pixels and in the padding; or of counts. */
  root: 0,
  /** Sum of the measured intensity over all pixels, masked ones too: see `photonsOf`. Read for a floating Poisson model only. */
  photons: 8,
  /** What the Poisson likelihood adds that no model changes: see `poissonConstant`. Read for Poisson only. */
  constant: 16,
  /** Factor on the model's intensity, written by `gradient` (1 if it does not float), read by `line`. */
  coefficient: 24,
  /** f64 * 3, written by `gradient`: 0, likelihood per pixel, 0. */
  errors: 32,
  /** f64 * 2, written by `line`: B1, B2. */
  sums: 56,
  bytes: 72,
} as const;

interface Context {
  readonly plan: WasmFftPlan;
  readonly modes: number;
  readonly model: LikelihoodModel;
  readonly floating: boolean;
  readonly lanes: Lanes;
  readonly common: FrameKernels;
  readonly kernels: LikelihoodKernels;
  readonly propagation: Propagation;
  readonly roots: MeasuredRoots;
}

/** Generates the module. `floating` fits a factor on each frame's model intensity. */
export function generateLikelihood(
  plan: WasmFftPlan,
  { modes, kind, sharedPages, counts, model, floating }: FrameModule & { model: LikelihoodModel; floating: boolean },
): ProjectionCode {
  const assembler = createAssembler({ sharedPages });
  const { layout } = plan;
  const tables = createTables(layout.precision);
  const common = defineFrameKernels(assembler, { layout, modes });
  const kernels = defineLikelihoodKernels(assembler, { layout, modes, model });
  const propagation = definePropagation(assembler, { plan, tables, kernels: common, kind });
  const roots = defineMeasuredRoots(assembler, { layout, counts });
  const lanes = lanesOf(layout.precision);
  const context = { plan, modes, model, floating, lanes, common, kernels, propagation, roots };
  defineGradient(assembler, context);
  defineObjectGradient(assembler, context);
  defineProbeGradient(assembler, context);
  defineLine(assembler, context);
  // The line search holds two waves per mode.
  const scratchBytes = roots.scratchBytes + 4 * modes * layout.planeBytes + propagation.scratchBytes;
  return { bytes: assembler.bytes(), tables: tables.bytes(), scratchBytes };
}

const RANGE = { job: "i32", start: "i32", end: "i32", scratch: "i32" } as const;
const BAND = { job: "i32", from: "i32", to: "i32", start: "i32", end: "i32" } as const;

function defineGradient(assembler: Assembler, context: Context): void {
  const { plan, modes, common, kernels, propagation, floating, lanes, roots } = context;
  const { layout } = plan;
  const points = layout.rows * layout.cols;
  const scale = 1 / propagation.excess ** 2;
  assembler.define({ name: "gradient", params: RANGE, exported: true }, (body, p) => {
    const record = body.keep(recordAt(field(p.job, "frames"), p.start, LIKELIHOOD_FRAME.bytes));
    const pod = body.keep(recordAt(field(p.job, "pods"), p.start, modes * POD_RECORD.bytes));
    const model = body.local("i32");
    const local = i32.sub(p.start, field(p.job, "first"));
    const wave = body.keep(recordAt(field(p.job, "waves"), local, frameBytes(context)));
    const renormalization = body.keep(asScalar(lanes, f64.load(p.job, LIKELIHOOD_JOB.renormalization)));
    const root = body.local("i32");
    const own = body.keep(i32.add(p.scratch, i32.const(roots.scratchBytes)));
    const propagate = (way: "forward" | "backward", waves: Local<"i32">) =>
      eachMode(modes, (m) => {
        const args = [modeOf(context, waves, m), podField(pod, m, "factor"), field(p.job, "tables"), own];
        body.call(propagation[way], args);
      });

    body.sweep({ move: [[p.start, 1]], until: p.end }, () => {
      body.set(root, roots.at(body, p.scratch, i32.load(record, LIKELIHOOD_FRAME.root)));
      body.set(model, podField(pod, 0, "spectrum"));
      eachMode(modes, (m) => body.call(common.makeModel, [modeOf(context, model, m), ...patchOf(pod, m)]));
      propagate("forward", model);
      const coefficient = body.keep(f64.const(1));
      if (floating) {
        const photons = f64.load(record, LIKELIHOOD_FRAME.photons);
        const args = [model, root, asScalar(lanes, f64.const(scale)), renormalization, photons];
        body.set(coefficient, callResult(kernels.fitFactor, { type: "f64", args }));
      }
      body.storeF64(record, coefficient, { offset: LIKELIHOOD_FRAME.coefficient });
      const factor = asScalar(lanes, f64.mul(coefficient, f64.const(scale)));
      // The gradients are twice the back-propagated product; the transforms there and back leave their factors in it.
      const args = [wave, model, root, factor, renormalization, asScalar(lanes, f64.const(2 * scale))];
      const sum = body.keep(callResult(kernels.judge, { type: "f64", args }));
      const constant = f64.load(record, LIKELIHOOD_FRAME.constant);
      const total = context.model === "poisson" ? f64.add(constant, sum) : sum;
      const errors = [f64.const(0), f64.div(total, f64.const(points)), f64.const(0)];
      errors.forEach((value, i) => body.storeF64(record, value, { offset: LIKELIHOOD_FRAME.errors + 8 * i }));
      propagate("backward", wave);
      body.advance(record, LIKELIHOOD_FRAME.bytes);
      body.advance(pod, modes * POD_RECORD.bytes);
      body.advance(wave, frameBytes(context));
    });
  });
}

function defineLine(assembler: Assembler, context: Context): void {
  const { modes, kernels, propagation, lanes, roots } = context;
  const scale = 1 / propagation.excess ** 2;
  assembler.define({ name: "line", params: RANGE, exported: true }, (body, p) => {
    const change = body.keep(i32.add(p.scratch, i32.const(roots.scratchBytes)));
    const second = body.keep(i32.add(change, i32.const(frameBytes(context))));
    const own = body.keep(i32.add(second, i32.const(frameBytes(context))));
    const record = body.keep(recordAt(field(p.job, "frames"), p.start, LIKELIHOOD_FRAME.bytes));
    const pod = body.keep(recordAt(field(p.job, "pods"), p.start, modes * POD_RECORD.bytes));
    const model = body.local("i32");
    const renormalization = body.keep(asScalar(lanes, f64.load(p.job, LIKELIHOOD_JOB.renormalization)));
    body.sweep({ move: [[p.start, 1]], until: p.end }, () => {
      body.set(model, podField(pod, 0, "spectrum"));
      eachMode(modes, (m) => {
        const [probe, objectRe] = [podField(pod, m, "probe"), podField(pod, m, "objectRe")];
        body.call(kernels.makeChanges, [
          modeOf(context, change, m),
          modeOf(context, second, m),
          ...patchOf(pod, m),
          i32.add(probe, field(p.job, "probeDirection")),
          i32.add(objectRe, field(p.job, "objectDirectionRe")),
          i32.add(objectRe, field(p.job, "objectDirectionIm")),
        ]);
        for (const wave of [change, second]) {
          const args = [modeOf(context, wave, m), podField(pod, m, "factor"), field(p.job, "tables"), own];
          body.call(propagation.forward, args);
        }
      });
      const coefficient = f64.load(record, LIKELIHOOD_FRAME.coefficient);
      const factor = asScalar(lanes, f64.mul(coefficient, f64.const(scale)));
      const root = roots.at(body, p.scratch, i32.load(record, LIKELIHOOD_FRAME.root));
      const sums = i32.add(record, i32.const(LIKELIHOOD_FRAME.sums));
      body.call(kernels.lineSums, [model, change, second, root, factor, renormalization, sums]);
      body.advance(record, LIKELIHOOD_FRAME.bytes);
      body.advance(pod, modes * POD_RECORD.bytes);
    });
  });
}

function defineObjectGradient(assembler: Assembler, context: Context): void {
  const { plan: { layout }, modes, kernels, lanes } = context;
  assembler.define({ name: "object_gradient", params: BAND, exported: true }, (body, p) => {
    const pod = body.keep(recordAt(field(p.job, "pods"), p.from, modes * POD_RECORD.bytes));
    const until = body.keep(recordAt(field(p.job, "pods"), p.to, modes * POD_RECORD.bytes));
    const local = i32.sub(p.from, field(p.job, "first"));
    const wave = body.keep(recordAt(field(p.job, "waves"), local, frameBytes(context)));
    const pitch = i32.const(layout.pitch * lanes.bytes);
    body.sweep({ move: [[pod, POD_RECORD.bytes], [wave, 2 * layout.planeBytes]], until }, () => {
      const row = body.keep(podField(pod, 0, "objectRow"));
      const first = body.keep(larger(row, p.start));
      const last = body.keep(smaller(i32.add(row, i32.const(layout.rows)), p.end));
      body.when(i32.ltU(first, last), () => {
        const skip = body.keep(i32.sub(first, row));
        const objectPitch = podField(pod, 0, "objectPitch");
        const object = body.keep(i32.add(podField(pod, 0, "objectRe"), i32.mul(skip, objectPitch)));
        body.call(kernels.addToObject, [
          i32.add(object, field(p.job, "objectGradientRe")),
          i32.add(object, field(p.job, "objectGradientIm")),
          objectPitch,
          i32.add(podField(pod, 0, "probe"), i32.mul(skip, pitch)),
          i32.add(wave, i32.mul(skip, pitch)),
          i32.sub(last, first),
        ]);
      });
    });
  });
}

function defineProbeGradient(assembler: Assembler, context: Context): void {
  const { plan: { layout }, modes, kernels, lanes } = context;
  assembler.define({ name: "probe_gradient", params: BAND, exported: true }, (body, p) => {
    const pod = body.keep(recordAt(field(p.job, "pods"), p.from, modes * POD_RECORD.bytes));
    const until = body.keep(recordAt(field(p.job, "pods"), p.to, modes * POD_RECORD.bytes));
    const skip = body.keep(i32.mul(p.start, i32.const(layout.pitch * lanes.bytes)));
    const local = i32.sub(p.from, field(p.job, "first"));
    const wave = body.keep(i32.add(recordAt(field(p.job, "waves"), local, frameBytes(context)), skip));
    const rows = body.keep(i32.sub(p.end, p.start));
    body.sweep({ move: [[pod, POD_RECORD.bytes], [wave, 2 * layout.planeBytes]], until }, () => {
      const objectPitch = podField(pod, 0, "objectPitch");
      const [objectRe, objectIm] = (["objectRe", "objectIm"] as const).map((name) =>
        i32.add(podField(pod, 0, name), i32.mul(p.start, objectPitch))
      ) as [I32, I32];
      const gradient = i32.add(i32.add(podField(pod, 0, "probe"), skip), field(p.job, "probeGradient"));
      body.call(kernels.addToProbe, [gradient, objectRe, objectIm, objectPitch, wave, rows]);
    });
  });
}

function frameBytes({ modes, plan }: Context): number {
  return 2 * modes * plan.layout.planeBytes;
}

function modeOf({ plan }: Context, waves: Local<"i32">, mode: number): I32 {
  return i32.add(waves, i32.const(2 * mode * plan.layout.planeBytes));
}

function eachMode(modes: number, write: (mode: number) => void): void {
  for (let m = 0; m < modes; m++) write(m);
}

function field(job: Local<"i32">, name: Exclude<keyof typeof LIKELIHOOD_JOB, "bytes" | "renormalization">): I32 {
  return i32.load(job, LIKELIHOOD_JOB[name]);
}

function recordAt(start: I32, index: I32, bytes: number): I32 {
  return i32.add(start, i32.mul(index, i32.const(bytes)));
}

function podField(pod: Local<"i32">, mode: number, name: Exclude<keyof typeof POD_RECORD, "bytes">): I32 {
  return i32.load(pod, mode * POD_RECORD.bytes + POD_RECORD[name]);
}

function patchOf(pod: Local<"i32">, mode: number): I32[] {
  return (["probe", "objectRe", "objectIm", "objectPitch"] as const).map((name) => podField(pod, mode, name));
}

function asScalar(lanes: Lanes, value: Expression<"f64">): Expression {
  return lanes.precision === "single" ? f32.fromF64(value) : value;
}

function larger(a: I32, b: I32): I32 {
  return i32.select(i32.gtU(a, b), { a, b });
}

function smaller(a: I32, b: I32): I32 {
  return i32.select(i32.ltU(a, b), { a, b });
}
