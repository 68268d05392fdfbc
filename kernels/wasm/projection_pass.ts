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
import { definePropagation, type Propagation, type PropagatorKind } from "./propagation.ts";

/** Offsets in a job, in bytes; i32 but for `alpha` and `powerBound`, which are f64. */
export const JOB = {
  /** Addresses of the first frame record, the first pod record and the tables of the transform. */
  frames: 0,
  pods: 4,
  tables: 8,
  /** 1 to compute the photon error, at the cost of a transform per pod. */
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
  /** i32: address of the plane of signed roots of the intensity, infinity at masked pixels and in the padding. */
  root: 0,
  /** f64: number of valid pixels. */
  valid: 8,
  /** f64 * 3, written by the Fourier step: fourier, photon and exit error. */
  errors: 16,
  bytes: 40,
} as const;

/** Offsets in a pod record, in bytes; all i32. */
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

/** The passes; ranges are half open. All addresses and job values are read at each call. */
export interface ProjectionPasses {
  /** Projects the exit waves of frames [start, end): changes exit waves and error records. */
  fourierUpdate(job: number, range: { start: number; end: number }): void;
  /** Adds all pods [0, pods) to the object's sums, in rows [start, end) of the object. */
  objectUpdate(job: number, band: { pods: number; start: number; end: number }): void;
  /** Adds all pods to the probe's sums, in rows [start, end) of the frame. */
  probeUpdate(job: number, band: { pods: number; start: number; end: number }): void;
}

interface Context {
  readonly plan: WasmFftPlan;
  readonly modes: number;
  readonly lanes: Lanes;
  readonly kernels: FrameKernels;
  readonly propagation: Propagation;
}

/** Generates the module. `kind` is the kind of the block's propagators. */
export function generateProjection(plan: WasmFftPlan, { modes, kind, shared }: {
  modes: number;
  kind: PropagatorKind;
  shared: boolean;
}): ProjectionCode {
  const assembler = createAssembler({ shared });
  const { layout } = plan;
  const tables = createTables(layout.precision);
  const kernels = defineFrameKernels(assembler, { layout, modes });
  const propagation = definePropagation(assembler, { plan, tables, kernels, kind });
  const context = { plan, modes, lanes: lanesOf(layout.precision), kernels, propagation };
  defineFourierUpdate(assembler, context);
  defineObjectPass(assembler, context);
  defineProbePass(assembler, context);
  const scratchBytes = (2 * modes + 1) * layout.planeBytes + propagation.scratchBytes;
  return { bytes: assembler.bytes(), tables: tables.bytes(), scratchBytes };
}

/** Binds a module to a memory, with scratch of its own. */
export function instantiateProjection(module: WebAssembly.Module, { memory, scratchAt }: {
  memory: WebAssembly.Memory;
  scratchAt: number;
}): ProjectionPasses {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const call = (name: string, ...args: number[]) => (exports[name] as (...args: number[]) => void)(...args);
  return {
    fourierUpdate: (job, { start, end }) => start < end && call("fourier_update", job, start, end, scratchAt),
    objectUpdate: (job, { pods, start, end }) => pods > 0 && start < end && call("object_pass", job, pods, start, end),
    probeUpdate: (job, { pods, start, end }) => pods > 0 && start < end && call("probe_pass", job, pods, start, end),
  };
}

function defineFourierUpdate(assembler: Assembler, context: Context): void {
  const { plan, modes, kernels, lanes } = context;
  const { layout } = plan;
  const points = layout.rows * layout.cols;
  const { excess } = context.propagation;
  const scalar = (value: number) => lanes.precision === "single" ? f32.const(value) : f64.const(value);
  const params = { job: "i32", start: "i32", end: "i32", scratch: "i32" } as const;
  assembler.define({ name: "fourier_update", params, exported: true }, (body, p) => {
    const wave = p.scratch;
    const amplitude = body.keep(i32.add(wave, i32.const(2 * modes * layout.planeBytes)));
    const own = body.keep(i32.add(amplitude, i32.const(layout.planeBytes)));
    const record = body.keep(recordAt(i32.load(p.job, JOB.frames), p.start, FRAME_RECORD.bytes));
    const pod = body.keep(recordAt(i32.load(p.job, JOB.pods), p.start, modes * POD_RECORD.bytes));
    const alpha = body.keep(f64.load(p.job, JOB.alpha));
    const bound = body.keep(f64.load(p.job, JOB.powerBound));
    const bounded = body.keep(i32.load(p.job, JOB.bounded));
    const root = body.local("i32");
    const propagate = (way: "forward" | "backward") =>
      eachMode(modes, (m) => {
        const args = [waveOf(wave, m, layout), podField(pod, m, "factor"), i32.load(p.job, JOB.tables), own];
        body.call(context.propagation[way], args);
      });
    const setError = (index: number, value: Expression<"f64">) =>
      body.storeF64(record, value, { offset: FRAME_RECORD.errors + 8 * index });

    body.sweep({ move: [[p.start, 1]], until: p.end }, () => {
      body.set(root, i32.load(record, FRAME_RECORD.root));
      setError(1, f64.const(0));
      body.when(i32.load(p.job, JOB.photonError), () => {
        eachMode(modes, (m) => body.call(kernels.makeModel, [waveOf(wave, m, layout), ...patchOf(pod, m)]));
        propagate("forward");
        const args = [wave, root, scalar(1 / excess ** 2)];
        setError(1, f64.div(callResult(kernels.logLikelihood, { type: "f64", args }), f64.const(points)));
      });
      eachMode(modes, (m) => {
        const args = [
          waveOf(wave, m, layout),
          ...patchOf(pod, m),
          podField(pod, m, "exitWave"),
          asScalar(lanes, alpha),
        ];
        body.call(kernels.buildAux, args);
      });
      propagate("forward");
      const args = [wave, root, amplitude, scalar(1 / excess)];
      const sum = body.keep(callResult(kernels.fourierError, { type: "f64", args }));
      // A frame without valid pixels has a sum of 0 and so an error of 0.
      const valid = f64.load(record, FRAME_RECORD.valid);
      const error = body.keep(f64.select(f64.le(valid, f64.const(0)), { a: f64.const(0), b: f64.div(sum, valid) }));
      setError(0, f64.select(bounded, { a: f64.div(error, bound), b: error }));
      const within = body.keep(i32.and(bounded, f64.le(error, bound)));
      body.when(i32.eqz(within), () => {
        const rest = f64.select(bounded, { a: f64.sqrt(f64.div(bound, error)), b: f64.const(0) });
        // Scaled before the way back: the transforms there leave another factor.
        body.call(kernels.fmagUpdate, [wave, root, amplitude, asScalar(lanes, rest), scalar(1 / excess ** 2)]);
        propagate("backward");
      });
      const change = moveExitWaves(body, context, { pod, wave, within, alpha });
      setError(2, f64.div(change, f64.const(points)));
      body.advance(record, FRAME_RECORD.bytes);
      body.advance(pod, modes * POD_RECORD.bytes);
    });
  });
}

/** Code that moves the exit waves of a frame; gives the sum of the squared changes. */
function moveExitWaves(body: FunctionBody, { plan, modes, kernels, lanes }: Context, frame: {
  pod: Local<"i32">;
  wave: Local<"i32">;
  within: I32;
  alpha: Expression<"f64">;
}): Expression<"f64"> {
  const { pod, wave, within, alpha } = frame;
  const [zero, one, minus] = [0, 1, -1].map((value) => f64.const(value)) as [F64, F64, F64];
  const keep = f64.select(within, { a: zero, b: one });
  const weight = f64.select(within, { a: alpha, b: minus });
  const old = f64.select(within, { a: alpha, b: zero });
  const scalars = [keep, weight, old].map((value) => asScalar(lanes, value));
  const change = body.keep(zero);
  eachMode(modes, (m) => {
    const args = [podField(pod, m, "exitWave"), ...patchOf(pod, m), waveOf(wave, m, plan.layout), ...scalars];
    body.set(change, f64.add(change, callResult(kernels.buildExit, { type: "f64", args })));
  });
  return change;
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
