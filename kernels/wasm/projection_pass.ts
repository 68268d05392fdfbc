/**
 * The passes of the projection engines over ranges of frames, as one module: the Fourier step frame by frame, so that a frame stays
 * in the cache, and the sums of the object and probe updates.
 *
 * All that a pass needs lies in memory: a job, a record per frame and a record per pod, in the order of frames and modes. Workers on a
 * shared memory take frame ranges of the Fourier step, each with scratch of its own, and bands of rows of the sums, over all frames:
 * every number is summed in frame order by one worker, so that the bytes do not depend on how many there are.
 * @see Thibault et al., Ultramicroscopy 109 (2009) 338, 10.1016/j.ultramic.2008.12.011, eqs. 4 to 9
 */

import { createTables } from "../fft/wasm_tables.ts";
import type { WasmFftPlan } from "../fft/wasm_plan.ts";
import { type Assembler, createAssembler } from "./assembler.ts";
import { type Expression, f32, type F64, f64, type I32, i32 } from "./expressions.ts";
import { defineFrameKernels, type FrameKernels } from "./frame_kernels.ts";
import { callResult, type FunctionBody, type Local } from "./function_body.ts";
import { type Lanes, lanesOf } from "./lanes.ts";
import { defineMeasuredRoots, type MeasuredRoots } from "./measured_roots.ts";
import { definePropagation, type Propagation, type PropagatorKind } from "./propagation.ts";
import { defineSpectrumKernels, type SpectrumKernels } from "./spectrum_kernels.ts";

/** Offsets in a job, in bytes; i32 but for `alpha` and `powerBound`, which are f64. */
export const JOB = {
  /** Addresses of the first frame record, the first pod record and the tables of the transform. */
  frames: 0,
  pods: 4,
  tables: 8,
  /** 1 to compute the photon error. */
  photonError: 12,
  /** 1 if there is a power bound. */
  bounded: 16,
  /** Bytes from the re plane of the object to each of its sums, which have the object's layout. */
  objectSumRe: 20,
  objectSumIm: 24,
  objectNorm: 28,
  /** Bytes from the probe to its sum and its norm, which have the probe's layout. */
  probeSum: 32,
  probeNorm: 36,
  alpha: 40,
  powerBound: 48,
  bytes: 56,
} as const;

/** Offsets in a frame record, in bytes. */
export const FRAME_RECORD = {
  /** i32: address of the plane of signed roots of the intensity, infinity at masked pixels and in the padding; or of counts. */
  root: 0,
  /** f64: number of valid pixels. */
  valid: 8,
  /** f64 * 3, written by the Fourier step: fourier, photon and exit error. */
  errors: 16,
  bytes: 40,
} as const;

/**
 * Offsets in a pod record, in bytes; all i32. Exit waves of a frame's pods lie one after the other, `2 * planeBytes` apart, and so do
 * their spectra.
 */
export const POD_RECORD = {
  probe: 0,
  /** Addresses of the view's first pixel in the object planes, bytes between object rows, and the row of that pixel. */
  objectRe: 4,
  objectIm: 8,
  objectPitch: 12,
  objectRow: 16,
  exitWave: 20,
  /** Complex planes of the propagator: `pre` of a far field, the kernel of a near field. 0 for a far field folded into the probe. */
  factor: 24,
  /** The exit wave at the detector, under a unitary propagator. */
  spectrum: 28,
  bytes: 32,
} as const;

/** A module for one frame shape, precision, number of modes and kind of propagator. */
export interface ProjectionCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Tables of the transform, to be written once, at a multiple of 64. */
  readonly tables: Uint8Array<ArrayBuffer>;
  /** What each worker needs, zeroed, at a multiple of 64. */
  readonly scratchBytes: number;
}

interface Context {
  readonly plan: WasmFftPlan;
  readonly modes: number;
  readonly lanes: Lanes;
  readonly kernels: FrameKernels;
  readonly spectra: SpectrumKernels;
  readonly propagation: Propagation;
  readonly roots: MeasuredRoots;
}

/** What modules of frames depend on beside the plan. */
export interface FrameModule {
  readonly modes: number;
  /** Kind of the block's propagators. */
  readonly kind: PropagatorKind;
  readonly sharedPages: number;
  /** Whether frame records point to counts (COUNTS) in place of roots. */
  readonly counts: boolean;
}

/** Generates the module. */
export function generateProjection(
  plan: WasmFftPlan,
  { modes, kind, sharedPages, counts }: FrameModule,
): ProjectionCode {
  const assembler = createAssembler({ sharedPages });
  const { layout } = plan;
  const tables = createTables(layout.precision);
  const kernels = defineFrameKernels(assembler, { layout, modes });
  const spectra = defineSpectrumKernels(assembler, { layout, modes });
  const propagation = definePropagation(assembler, { plan, tables, kernels, kind });
  const roots = defineMeasuredRoots(assembler, { layout, counts });
  const context = { plan, modes, lanes: lanesOf(layout.precision), kernels, spectra, propagation, roots };
  defineFourierUpdate(assembler, context);
  defineBeginnings(assembler, context);
  defineObjectPass(assembler, context);
  defineProbePass(assembler, context);
  const scratchBytes = roots.scratchBytes + (2 * modes + 1) * layout.planeBytes + propagation.scratchBytes;
  return { bytes: assembler.bytes(), tables: tables.bytes(), scratchBytes };
}

const FRAME_RANGE = { job: "i32", start: "i32", end: "i32", scratch: "i32" } as const;

/** Code that propagates a wave of pod `m` of the frame at `pod`. */
function propagatePod(body: FunctionBody, { propagation }: Context, way: "forward" | "backward", pod: {
  wave: I32;
  factor: I32;
  tables: I32;
  scratch: I32;
}): void {
  body.call(propagation[way], [pod.wave, pod.factor, pod.tables, pod.scratch]);
}

function defineFourierUpdate(assembler: Assembler, context: Context): void {
  const { plan, modes, kernels, spectra, lanes, roots } = context;
  const { layout } = plan;
  const points = layout.rows * layout.cols;
  const { excess } = context.propagation;
  const constant = (value: number) => asScalar(lanes, f64.const(value));
  assembler.define({ name: "fourier_update", params: FRAME_RANGE, exported: true }, (body, p) => {
    const model = body.keep(i32.add(p.scratch, i32.const(roots.scratchBytes)));
    const amplitude = body.keep(i32.add(model, i32.const(2 * modes * layout.planeBytes)));
    const scratch = body.keep(i32.add(amplitude, i32.const(layout.planeBytes)));
    const tables = body.keep(i32.load(p.job, JOB.tables));
    const record = body.keep(recordAt(i32.load(p.job, JOB.frames), p.start, FRAME_RECORD.bytes));
    const pod = body.keep(recordAt(i32.load(p.job, JOB.pods), p.start, modes * POD_RECORD.bytes));
    const alpha = body.keep(f64.load(p.job, JOB.alpha));
    const bound = body.keep(f64.load(p.job, JOB.powerBound));
    const bounded = body.keep(i32.load(p.job, JOB.bounded));
    const [root, spectrum, exitWave] = [body.local("i32"), body.local("i32"), body.local("i32")];
    const setError = (index: number, value: Expression<"f64">) =>
      body.storeF64(record, value, { offset: FRAME_RECORD.errors + 8 * index });

    body.sweep({ move: [[p.start, 1]], until: p.end }, () => {
      body.set(root, roots.at(body, p.scratch, i32.load(record, FRAME_RECORD.root)));
      body.set(spectrum, podField(pod, 0, "spectrum"));
      body.set(exitWave, podField(pod, 0, "exitWave"));
      eachMode(modes, (m) => {
        const wave = waveOf(model, m, layout);
        body.call(kernels.makeModel, [wave, ...patchOf(pod, m)]);
        propagatePod(body, context, "forward", { wave, factor: podField(pod, m, "factor"), tables, scratch });
      });
      setError(1, f64.const(0));
      body.when(i32.load(p.job, JOB.photonError), () => {
        const args = [model, root, constant(1 / excess ** 2)];
        setError(1, f64.div(callResult(kernels.logLikelihood, { type: "f64", args }), f64.const(points)));
      });
      const auxArgs = [model, spectrum, root, amplitude, constant(1 / excess), asScalar(lanes, alpha)];
      const sum = body.keep(callResult(spectra.auxError, { type: "f64", args: auxArgs }));
      // A frame without valid pixels has a sum of 0 and so an error of 0.
      const valid = f64.load(record, FRAME_RECORD.valid);
      const error = body.keep(f64.select(f64.le(valid, f64.const(0)), { a: f64.const(0), b: f64.div(sum, valid) }));
      setError(0, f64.select(bounded, { a: f64.div(error, bound), b: error }));
      const within = body.keep(i32.and(bounded, f64.le(error, bound)));
      // The root is taken only where there is a deviation: without one the frame lies within every bound.
      const relaxes = body.keep(i32.and(bounded, i32.eqz(within)));
      const [zero, one, minus] = [0, 1, -1].map((value) => f64.const(value)) as [F64, F64, F64];
      const numbers = [
        f64.select(relaxes, { a: f64.sqrt(f64.div(bound, error)), b: zero }),
        f64.select(within, { a: zero, b: one }),
        f64.select(within, { a: alpha, b: minus }),
        f64.select(within, { a: alpha, b: zero }),
      ].map((value) => asScalar(lanes, value));
      const moveArgs = [model, spectrum, exitWave, root, amplitude, constant(1 / excess), asScalar(lanes, alpha)];
      const change = callResult(spectra.moveSpectrum, { type: "f64", args: [...moveArgs, ...numbers] });
      setError(2, f64.div(change, f64.const(points)));
      eachMode(modes, (m) =>
        propagatePod(body, context, "backward", {
          wave: waveOf(exitWave, m, layout),
          factor: podField(pod, m, "factor"),
          tables,
          scratch,
        }));
      body.advance(record, FRAME_RECORD.bytes);
      body.advance(pod, modes * POD_RECORD.bytes);
    });
  });
}

function defineBeginnings(assembler: Assembler, context: Context): void {
  const { plan: { layout }, modes, kernels, spectra, lanes, propagation: { excess } } = context;
  const overPods = (name: string, write: (body: FunctionBody, pod: Local<"i32">, at: BeginArgs) => void) =>
    assembler.define({ name, params: FRAME_RANGE, exported: true }, (body, p) => {
      const pod = body.keep(recordAt(i32.load(p.job, JOB.pods), p.start, modes * POD_RECORD.bytes));
      const tables = body.keep(i32.load(p.job, JOB.tables));
      const scratch = body.keep(i32.add(p.scratch, i32.const((2 * modes + 1) * layout.planeBytes)));
      body.sweep({ move: [[p.start, 1]], until: p.end }, () => {
        body.repeat(modes, () => {
          write(body, pod, { wave: p.scratch, tables, scratch });
          body.advance(pod, POD_RECORD.bytes);
        });
      });
    });
  overPods("begin_exit_waves", (body, pod) => {
    body.call(kernels.makeModel, [podField(pod, 0, "exitWave"), ...patchOf(pod, 0)]);
  });
  overPods("begin_spectra", (body, pod, { wave, tables, scratch }) => {
    const scale = (value: number) => asScalar(lanes, f64.const(value));
    body.call(spectra.scaleWave, [wave, podField(pod, 0, "exitWave"), scale(1)]);
    propagatePod(body, context, "forward", { wave, factor: podField(pod, 0, "factor"), tables, scratch });
    body.call(spectra.scaleWave, [podField(pod, 0, "spectrum"), wave, scale(1 / excess)]);
  });
}

interface BeginArgs {
  readonly wave: Local<"i32">;
  readonly tables: I32;
  readonly scratch: I32;
}

function defineObjectPass(assembler: Assembler, { plan, kernels, lanes }: Context): void {
  const { layout } = plan;
  const params = { job: "i32", pods: "i32", start: "i32", end: "i32" } as const;
  assembler.define({ name: "object_pass", params, exported: true }, (body, p) => {
    const pod = body.keep(i32.load(p.job, JOB.pods));
    const until = body.keep(recordAt(pod, p.pods, POD_RECORD.bytes));
    const pitch = i32.const(layout.pitch * lanes.bytes);
    body.sweep({ move: [[pod, POD_RECORD.bytes]], until }, () => {
      const row = body.keep(podField(pod, 0, "objectRow"));
      const first = body.keep(larger(row, p.start));
      const last = body.keep(smaller(i32.add(row, i32.const(layout.rows)), p.end));
      body.when(i32.ltU(first, last), () => {
        const skip = body.keep(i32.sub(first, row));
        const objectPitch = podField(pod, 0, "objectPitch");
        const object = body.keep(i32.add(podField(pod, 0, "objectRe"), i32.mul(skip, objectPitch)));
        const sums = ([JOB.objectSumRe, JOB.objectSumIm, JOB.objectNorm] as const).map((field) =>
          i32.add(object, i32.load(p.job, field))
        );
        const waves = (["probe", "exitWave"] as const).map((field) =>
          i32.add(podField(pod, 0, field), i32.mul(skip, pitch))
        );
        body.call(kernels.objectUpdate, [...sums, objectPitch, ...waves, i32.sub(last, first)]);
      });
    });
  });
}

function defineProbePass(assembler: Assembler, { plan, kernels, lanes }: Context): void {
  const pitch = i32.const(plan.layout.pitch * lanes.bytes);
  const params = { job: "i32", pods: "i32", start: "i32", end: "i32" } as const;
  assembler.define({ name: "probe_pass", params, exported: true }, (body, p) => {
    const pod = body.keep(i32.load(p.job, JOB.pods));
    const until = body.keep(recordAt(pod, p.pods, POD_RECORD.bytes));
    const rows = body.keep(i32.sub(p.end, p.start));
    const skip = body.keep(i32.mul(p.start, pitch));
    body.sweep({ move: [[pod, POD_RECORD.bytes]], until }, () => {
      const probe = body.keep(i32.add(podField(pod, 0, "probe"), skip));
      const objectPitch = podField(pod, 0, "objectPitch");
      const object = (["objectRe", "objectIm"] as const).map((field) =>
        i32.add(podField(pod, 0, field), i32.mul(p.start, objectPitch))
      );
      body.call(kernels.probeUpdate, [
        i32.add(probe, i32.load(p.job, JOB.probeSum)),
        i32.add(probe, i32.load(p.job, JOB.probeNorm)),
        ...object,
        objectPitch,
        i32.add(podField(pod, 0, "exitWave"), skip),
        rows,
      ]);
    });
  });
}

function eachMode(modes: number, write: (mode: number) => void): void {
  for (let m = 0; m < modes; m++) write(m);
}

function recordAt(start: I32, index: I32, bytes: number): I32 {
  return i32.add(start, i32.mul(index, i32.const(bytes)));
}

function podField(pod: Local<"i32">, mode: number, field: Exclude<keyof typeof POD_RECORD, "bytes">): I32 {
  return i32.load(pod, mode * POD_RECORD.bytes + POD_RECORD[field]);
}

function patchOf(pod: Local<"i32">, mode: number): I32[] {
  return (["probe", "objectRe", "objectIm", "objectPitch"] as const).map((field) => podField(pod, mode, field));
}

function waveOf(wave: Local<"i32">, mode: number, { planeBytes }: { planeBytes: number }): I32 {
  return i32.add(wave, i32.const(2 * mode * planeBytes));
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
