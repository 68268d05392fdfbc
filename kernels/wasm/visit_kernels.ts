/**
 * The frame kernels of engines that update probe and object after every pod, as WASM SIMD. Layouts and conventions are those of
 * frame_kernels.ts.
 */

import type { PlaneLayout } from "../fft/wasm_plan.ts";
import type { Assembler } from "./assembler.ts";
import { anyTrue, f64, i32, v128 } from "./expressions.ts";
import { eachVector, pixelSum } from "./frame_loops.ts";
import type { FunctionHandle } from "./function_body.ts";
import { type Lanes, lanesOf, VECTOR_BYTES } from "./lanes.ts";
import { conjugateTimes, isValid, load, model, PATCH, patchWalkers, squared, store } from "./wave_vectors.ts";

/** Functions of a module, for one pod at a time. */
export interface VisitKernels {
  /**
   * `wave *= |root| / (scale |wave|) * back` at valid pixels, `wave *= back` at masked ones; a wave of 0 becomes `|root| / scale * back`.
   * Gives `sum((scale |wave| - |root|)^2)` over valid pixels, of the wave as it came. (wave, root, scale, back)
   */
  readonly replaceMagnitude: FunctionHandle;
  /** `exitWave = wave`, then `wave -= probe * object`; gives `sum |wave|^2`. (exitWave, PATCH, wave) */
  readonly exitDifference: FunctionHandle;
  /** Gives `max |probe|^2` over a layer. (probe) */
  readonly probePeak: FunctionHandle;
  /** `object += step * conj(probe) * difference` over a patch. (PATCH, difference, step) */
  readonly objectUpdateLocal: FunctionHandle;
  /** `probe = support * (probe + step * conj(object) * difference)`; support is a real plane. (PATCH, difference, support, step) */
  readonly probeUpdateLocal: FunctionHandle;
  /**
   * Gives the squared modulus of the element with the largest real part, ties by the largest imaginary part, of `rows` rows of
   * `width` bytes, at least a vector. (re, im, pitch, rows, width)
   */
  readonly objectPeak: FunctionHandle;
}

interface Context {
  readonly assembler: Assembler;
  readonly lanes: Lanes;
  readonly layout: PlaneLayout;
  readonly frame: { readonly rows: number; readonly pitch: number };
}

/** Adds the kernels to a module. */
export function defineVisitKernels(assembler: Assembler, layout: PlaneLayout): VisitKernels {
  const lanes = lanesOf(layout.precision);
  const context = { assembler, lanes, layout, frame: { rows: layout.rows, pitch: layout.pitch * lanes.bytes } };
  return {
    replaceMagnitude: defineReplaceMagnitude(context),
    exitDifference: defineExitDifference(context),
    probePeak: defineProbePeak(context),
    objectUpdateLocal: defineObjectUpdateLocal(context),
    probeUpdateLocal: defineProbeUpdateLocal(context),
    objectPeak: defineObjectPeak(context),
  };
}

function defineReplaceMagnitude({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const params = { wave: "i32", root: "i32", scale: lanes.scalar, back: lanes.scalar } as const;
  return assembler.define({ name: "replace_magnitude", params, results: ["f64"] }, (body, p) => {
    const sum = pixelSum(body, lanes);
    const [scale, back] = [body.keep(lanes.splat(p.scale)), body.keep(lanes.splat(p.back))];
    const zeroBack = body.keep(lanes.div(back, scale));
    const [zero, infinity] = [body.keep(lanes.constant(0)), body.keep(lanes.constant(Infinity))];
    eachVector(body, { frame, walkers: [{ at: p.wave }, { at: p.root }], afterRow: sum.endRow }, (shift) => {
      const wave = load(body, p.wave, { layout, shift });
      const root = body.keep(v128.load(p.root, shift));
      const magnitude = body.keep(lanes.abs(root));
      const modulus = body.keep(lanes.mul(scale, lanes.sqrt(squared(lanes, wave))));
      const valid = body.keep(isValid(lanes, root, infinity));
      const difference = body.keep(lanes.sub(modulus, magnitude));
      sum.add(v128.and(valid, lanes.mul(difference, difference)));
      const lit = body.keep(lanes.gt(modulus, zero));
      const change = v128.select(lit, { a: lanes.mul(back, lanes.div(magnitude, modulus)), b: zero });
      const factor = body.keep(v128.select(valid, { a: change, b: back }));
      // Where there is no phase the wave becomes real.
      const dark = v128.select(v128.andNot(valid, lit), { a: lanes.mul(magnitude, zeroBack), b: zero });
      const re = lanes.add(lanes.mul(wave.re, factor), dark);
      store(body, p.wave, { re, im: lanes.mul(wave.im, factor) }, { layout, shift });
    });
    body.result([sum.total()]);
  });
}

function defineExitDifference({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const params = { exitWave: "i32", ...PATCH, wave: "i32" } as const;
  return assembler.define({ name: "exit_difference", params, results: ["f64"] }, (body, p) => {
    const sum = pixelSum(body, lanes);
    const walkers = [{ at: p.wave }, { at: p.exitWave }, ...patchWalkers(p)];
    eachVector(body, { frame, walkers, afterRow: sum.endRow }, (shift) => {
      const wave = load(body, p.wave, { layout, shift });
      const product = model(body, p, { lanes, layout, shift });
      store(body, p.exitWave, wave, { layout, shift });
      const re = body.keep(lanes.sub(wave.re, product.re));
      const im = body.keep(lanes.sub(wave.im, product.im));
      store(body, p.wave, { re, im }, { layout, shift });
      sum.add(squared(lanes, { re, im }));
    });
    body.result([sum.total()]);
  });
}

function defineProbePeak({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  return assembler.define({ name: "probe_peak", params: { probe: "i32" }, results: ["f64"] }, (body, p) => {
    const peak = body.keep(lanes.constant(0));
    eachVector(body, { frame, walkers: [{ at: p.probe }] }, (shift) => {
      body.set(peak, lanes.max(peak, squared(lanes, load(body, p.probe, { layout, shift }))));
    });
    const best = body.keep(f64.const(0));
    for (let lane = 0; lane < lanes.count; lane++) {
      const value = body.keep(lanes.laneAsF64(peak, lane));
      body.set(best, f64.select(f64.gt(value, best), { a: value, b: best }));
    }
    body.result([best]);
  });
}

function defineObjectUpdateLocal({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const params = { ...PATCH, difference: "i32", step: lanes.scalar } as const;
  return assembler.define({ name: "object_update_local", params }, (body, p) => {
    const step = body.keep(lanes.splat(p.step));
    eachVector(body, { frame, walkers: [{ at: p.difference }, ...patchWalkers(p)] }, (shift) => {
      const probe = load(body, p.probe, { layout, shift });
      const { re, im } = conjugateTimes(lanes, probe, load(body, p.difference, { layout, shift }));
      const moved = (old: typeof re, by: typeof re) => lanes.add(old, lanes.mul(step, by));
      body.storeV128(p.objectRe, moved(v128.load(p.objectRe, shift), re), { offset: shift });
      body.storeV128(p.objectIm, moved(v128.load(p.objectIm, shift), im), { offset: shift });
    });
  });
}

function defineProbeUpdateLocal({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const params = { ...PATCH, difference: "i32", support: "i32", step: lanes.scalar } as const;
  return assembler.define({ name: "probe_update_local", params }, (body, p) => {
    const step = body.keep(lanes.splat(p.step));
    const walkers = [{ at: p.difference }, { at: p.support }, ...patchWalkers(p)];
    eachVector(body, { frame, walkers }, (shift) => {
      const object = { re: body.keep(v128.load(p.objectRe, shift)), im: body.keep(v128.load(p.objectIm, shift)) };
      const { re, im } = conjugateTimes(lanes, object, load(body, p.difference, { layout, shift }));
      const probe = load(body, p.probe, { layout, shift });
      const support = body.keep(v128.load(p.support, shift));
      const moved = (old: typeof re, by: typeof re) => lanes.mul(support, lanes.add(old, lanes.mul(step, by)));
      store(body, p.probe, { re: moved(probe.re, re), im: moved(probe.im, im) }, { layout, shift });
    });
  });
}

function defineObjectPeak({ assembler, lanes }: Context): FunctionHandle {
  const params = { re: "i32", im: "i32", pitch: "i32", rows: "i32", width: "i32" } as const;
  return assembler.define({ name: "object_peak", params, results: ["f64"] }, (body, p) => {
    const bestRe = body.keep(lanes.constant(-Infinity));
    const bestIm = body.keep(lanes.constant(-Infinity));
    const compare = (at: typeof p.re, imAt: typeof p.im) => {
      const re = body.keep(v128.load(at));
      const larger = lanes.gt(re, bestRe);
      const reached = v128.or(larger, lanes.eq(re, bestRe));
      // Rarely so: the imaginary plane is hardly read.
      body.when(anyTrue(reached), () => {
        const im = body.keep(v128.load(imAt));
        const wins = body.keep(
          v128.or(lanes.gt(re, bestRe), v128.and(lanes.eq(re, bestRe), lanes.gt(im, bestIm))),
        );
        body.set(bestRe, v128.select(wins, { a: re, b: bestRe }));
        body.set(bestIm, v128.select(wins, { a: im, b: bestIm }));
      });
    };
    const last = body.keep(i32.sub(p.width, i32.const(VECTOR_BYTES)));
    body.sweep({ move: [[body.keep<"i32">(i32.const(0)), 1]], until: p.rows }, () => {
      const [at, imAt] = [body.keep<"i32">(p.re), body.keep<"i32">(p.im)];
      // The last vector of a row reaches back over the one before it.
      const [end, imEnd] = [body.keep(i32.add(p.re, last)), body.keep(i32.add(p.im, last))];
      body.sweep({ move: [[at, VECTOR_BYTES], [imAt, VECTOR_BYTES]], until: end }, () => compare(at, imAt));
      compare(end, imEnd);
      body.set(p.re, i32.add(p.re, p.pitch));
      body.set(p.im, i32.add(p.im, p.pitch));
    });
    const re = body.keep(lanes.laneAsF64(bestRe, 0));
    const im = body.keep(lanes.laneAsF64(bestIm, 0));
    for (let lane = 1; lane < lanes.count; lane++) {
      const [otherRe, otherIm] = [body.keep(lanes.laneAsF64(bestRe, lane)), body.keep(lanes.laneAsF64(bestIm, lane))];
      const tie = i32.and(f64.eq(otherRe, re), f64.gt(otherIm, im));
      const wins = body.keep(i32.or(f64.gt(otherRe, re), tie));
      body.set(re, f64.select(wins, { a: otherRe, b: re }));
      body.set(im, f64.select(wins, { a: otherIm, b: im }));
    }
    body.result([f64.add(f64.mul(re, re), f64.mul(im, im))]);
  });
}
