/**
 * The frame kernels of the projection engines as WASM SIMD, for one frame shape, precision and number of modes.
 *
 * Waves lie as planes (see PlaneLayout): a pod's re plane, then its im plane `planeBytes` later, the next pod `2 * planeBytes` later.
 * Probe layers lie in the same way, with zeros in the padding, which keeps the padding of all waves and sums zero. Objects are two
 * planes of their own row pitch, with at least a vector of room behind them. Measured data come as `root`, the square root of the
 * intensity with the intensity's sign, or infinity at masked pixels and in the padding. Per-pixel sums are in the lanes' precision along a
 * row and in double over rows, in a fixed order.
 */

import type { PlaneLayout } from "../fft/wasm_plan.ts";
import type { Assembler } from "./assembler.ts";
import { v128 } from "./expressions.ts";
import type { FunctionHandle } from "./function_body.ts";
import { eachVector, pixelSum } from "./frame_loops.ts";
import { type Lanes, lanesOf } from "./lanes.ts";
import {
  conjugateTimes,
  intensityOf,
  isValid,
  load,
  model,
  PATCH,
  patchWalkers,
  squared,
  store,
  times,
} from "./wave_vectors.ts";

/** Functions of a module, for one frame at a time. */
export interface FrameKernels {
  /** `wave = probe * object` for one pod. (wave, PATCH) */
  readonly makeModel: FunctionHandle;
  /** `wave *= factor`, complex planes, for one pod. (wave, factor) */
  readonly multiply: FunctionHandle;
  /** `wave *= conj(factor)` for one pod. (wave, factor) */
  readonly multiplyConjugate: FunctionHandle;
  /** Gives `sum((scale sum_m |wave|^2 - I)^2 / (I + 1))`. (wave, root, scale) */
  readonly logLikelihood: FunctionHandle;
  /**
   * `sum += conj(probe) * exitWave`, `norm += |probe|^2` in `rows` rows of one pod's patch, from where the addresses point.
   * (sumRe, sumIm, norm, pitch, probe, exitWave, rows)
   */
  readonly objectUpdate: FunctionHandle;
  /**
   * `sum += conj(object) * exitWave`, `norm += |object|^2` in `rows` rows of a probe layer, from where the addresses point.
   * (sum, norm, objectRe, objectIm, objectPitch, exitWave, rows)
   */
  readonly probeUpdate: FunctionHandle;
}

interface Context {
  readonly assembler: Assembler;
  readonly lanes: Lanes;
  readonly layout: PlaneLayout;
  readonly modes: number;
  readonly frame: { readonly rows: number; readonly pitch: number };
}

/** Adds the frame kernels to a module. */
export function defineFrameKernels(
  assembler: Assembler,
  { layout, modes }: { layout: PlaneLayout; modes: number },
): FrameKernels {
  const lanes = lanesOf(layout.precision);
  const frame = { rows: layout.rows, pitch: layout.pitch * lanes.bytes };
  const context = { assembler, lanes, layout, modes, frame };
  return {
    makeModel: defineMakeModel(context),
    multiply: defineMultiply(context, 1),
    multiplyConjugate: defineMultiply(context, -1),
    logLikelihood: defineLogLikelihood(context),
    objectUpdate: defineObjectUpdate(context),
    probeUpdate: defineProbeUpdate(context),
  };
}

function defineMakeModel({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  return assembler.define({ name: "make_model", params: { wave: "i32", ...PATCH } }, (body, p) => {
    eachVector(body, { frame, walkers: [{ at: p.wave }, ...patchWalkers(p)] }, (shift) => {
      store(body, p.wave, model(body, p, { lanes, layout, shift }), { layout, shift });
    });
  });
}

function defineMultiply({ assembler, lanes, layout, frame }: Context, sign: 1 | -1): FunctionHandle {
  const name = sign === 1 ? "multiply" : "multiply_conjugate";
  return assembler.define({ name, params: { wave: "i32", factor: "i32" } }, (body, p) => {
    eachVector(body, { frame, walkers: [{ at: p.wave }, { at: p.factor }] }, (shift) => {
      const wave = load(body, p.wave, { layout, shift });
      const factor = load(body, p.factor, { layout, shift });
      store(body, p.wave, sign === 1 ? times(lanes, wave, factor) : conjugateTimes(lanes, factor, wave), {
        layout,
        shift,
      });
    });
  });
}

function defineLogLikelihood({ assembler, lanes, layout, frame, modes }: Context): FunctionHandle {
  const params = { wave: "i32", root: "i32", scale: lanes.scalar } as const;
  return assembler.define({ name: "log_likelihood", params, results: ["f64"] }, (body, p) => {
    const sum = pixelSum(body, lanes);
    const scale = body.keep(lanes.splat(p.scale));
    const one = body.keep(lanes.constant(1));
    const infinity = body.keep(lanes.constant(Infinity));
    const walkers = [{ at: p.wave }, { at: p.root }];
    eachVector(body, { frame, walkers, afterRow: sum.endRow }, (shift) => {
      const root = body.keep(v128.load(p.root, shift));
      const measured = body.keep(lanes.mul(root, lanes.abs(root)));
      const intensity = lanes.mul(scale, intensityOf(body, p.wave, { lanes, layout, modes, shift }));
      const difference = body.keep(lanes.sub(intensity, measured));
      const square = lanes.mul(difference, difference);
      sum.add(v128.and(isValid(lanes, root, infinity), lanes.div(square, lanes.add(measured, one))));
    });
    body.result([sum.total()]);
  });
}

function defineObjectUpdate({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const params = {
    sumRe: "i32",
    sumIm: "i32",
    norm: "i32",
    pitch: "i32",
    probe: "i32",
    exitWave: "i32",
    rows: "i32",
  } as const;
  return assembler.define({ name: "object_update", params }, (body, p) => {
    const sums = [p.sumRe, p.sumIm, p.norm].map((at) => ({ at, step: p.pitch }));
    eachVector(body, {
      frame: { rows: p.rows, pitch: frame.pitch },
      walkers: [{ at: p.probe }, { at: p.exitWave }, ...sums],
    }, (shift) => {
      const probe = load(body, p.probe, { layout, shift });
      const { re, im } = conjugateTimes(lanes, probe, load(body, p.exitWave, { layout, shift }));
      body.storeV128(p.sumRe, lanes.add(v128.load(p.sumRe, shift), re), { offset: shift });
      body.storeV128(p.sumIm, lanes.add(v128.load(p.sumIm, shift), im), { offset: shift });
      body.storeV128(p.norm, lanes.add(v128.load(p.norm, shift), squared(lanes, probe)), { offset: shift });
    });
  });
}

function defineProbeUpdate({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const { objectRe, objectIm, objectPitch } = PATCH;
  const params = { sum: "i32", norm: "i32", objectRe, objectIm, objectPitch, exitWave: "i32", rows: "i32" } as const;
  return assembler.define({ name: "probe_update", params }, (body, p) => {
    const patch = [p.objectRe, p.objectIm].map((at) => ({ at, step: p.objectPitch }));
    eachVector(body, {
      frame: { rows: p.rows, pitch: frame.pitch },
      walkers: [{ at: p.sum }, { at: p.norm }, { at: p.exitWave }, ...patch],
    }, (shift) => {
      const object = { re: body.keep(v128.load(p.objectRe, shift)), im: body.keep(v128.load(p.objectIm, shift)) };
      const { re, im } = conjugateTimes(lanes, object, load(body, p.exitWave, { layout, shift }));
      const sum = load(body, p.sum, { layout, shift });
      store(body, p.sum, { re: lanes.add(sum.re, re), im: lanes.add(sum.im, im) }, { layout, shift });
      body.storeV128(p.norm, lanes.add(v128.load(p.norm, shift), squared(lanes, object)), { offset: shift });
    });
  });
}
