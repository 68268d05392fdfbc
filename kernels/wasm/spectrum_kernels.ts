/**
 * The frame kernels of the Fourier projection on exit waves kept at the detector, as WASM SIMD. Layouts and conventions are those of
 * frame_kernels.ts; the pods of a frame lie one after the other in all their waves.
 */

import type { PlaneLayout } from "../fft/wasm_plan.ts";
import type { Assembler } from "./assembler.ts";
import { type V128, v128 } from "./expressions.ts";
import { eachVector, pixelSum } from "./frame_loops.ts";
import type { FunctionBody, FunctionHandle, Local } from "./function_body.ts";
import { type Lanes, lanesOf } from "./lanes.ts";
import { type Complex, isValid, load, squared, store } from "./wave_vectors.ts";

/** Functions of a module. `inverse` is one over what the model at the detector is larger than under a unitary propagator. */
export interface SpectrumKernels {
  /** `to = scale * from` for one pod. (to, from, scale) */
  readonly scaleWave: FunctionHandle;
  /**
   * Sets `amplitude = sqrt(sum_m |aux|^2)`, `aux = (1 + alpha) * inverse * model - alpha * spectrum`; gives
   * `sum((amplitude - |root|)^2)` over valid pixels. (model, spectrum, root, amplitude, inverse, alpha)
   */
  readonly auxError: FunctionHandle;
  /**
   * `d = keep * factor * aux + weight * inverse * model - old * spectrum` with
   * `factor = (|root| + (amplitude - |root|) rest) / (amplitude + 1e-10)` at valid pixels, 1 at masked ones; then `spectrum += d` and
   * `wave = inverse * spectrum`. Gives `sum_m |d|^2`. (model, spectrum, wave, root, amplitude, inverse, alpha, rest, keep, weight, old)
   */
  readonly moveSpectrum: FunctionHandle;
}

/** The smallest amplitude that is divided by, as PtyPy has it. */
const TINY_AMPLITUDE = 1e-10;

interface Context {
  readonly assembler: Assembler;
  readonly lanes: Lanes;
  readonly layout: PlaneLayout;
  readonly modes: number;
  readonly frame: { readonly rows: number; readonly pitch: number };
}

/** Adds the kernels to a module. */
export function defineSpectrumKernels(
  assembler: Assembler,
  { layout, modes }: { layout: PlaneLayout; modes: number },
): SpectrumKernels {
  const lanes = lanesOf(layout.precision);
  const frame = { rows: layout.rows, pitch: layout.pitch * lanes.bytes };
  const context = { assembler, lanes, layout, modes, frame };
  return {
    scaleWave: defineScaleWave(context),
    auxError: defineAuxError(context),
    moveSpectrum: defineMoveSpectrum(context),
  };
}

function defineScaleWave({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const params = { to: "i32", from: "i32", scale: lanes.scalar } as const;
  return assembler.define({ name: "scale_wave", params }, (body, p) => {
    const scale = body.keep(lanes.splat(p.scale));
    eachVector(body, { frame, walkers: [{ at: p.to }, { at: p.from }] }, (shift) => {
      const { re, im } = load(body, p.from, { layout, shift });
      store(body, p.to, { re: lanes.mul(scale, re), im: lanes.mul(scale, im) }, { layout, shift });
    });
  });
}

/** Factors of the model and of the old spectrum in the auxiliary wave. */
function auxWeights(
  body: FunctionBody,
  lanes: Lanes,
  { alpha, inverse }: { alpha: Local<"i32" | "f32" | "f64">; inverse: Local<"i32" | "f32" | "f64"> },
): { ofModel: V128; ofSpectrum: V128; inverse: V128 } {
  const ofSpectrum = body.keep(lanes.splat(alpha as Local<"f32">));
  const scale = body.keep(lanes.splat(inverse as Local<"f32">));
  return {
    ofSpectrum,
    inverse: scale,
    ofModel: body.keep(lanes.mul(lanes.add(ofSpectrum, lanes.constant(1)), scale)),
  };
}

function difference(lanes: Lanes, a: Complex, b: Complex, { times, less }: { times: V128; less: V128 }): Complex {
  const of = (x: V128, y: V128) => lanes.sub(lanes.mul(times, x), lanes.mul(less, y));
  return { re: of(a.re, b.re), im: of(a.im, b.im) };
}

function defineAuxError({ assembler, lanes, layout, frame, modes }: Context): FunctionHandle {
  const { scalar } = lanes;
  const waves = { model: "i32", spectrum: "i32", root: "i32", amplitude: "i32" } as const;
  const params = { ...waves, inverse: scalar, alpha: scalar } as const;
  return assembler.define({ name: "aux_error", params, results: ["f64"] }, (body, p) => {
    const sum = pixelSum(body, lanes);
    const weights = auxWeights(body, lanes, p);
    const infinity = body.keep(lanes.constant(Infinity));
    const walkers = [{ at: p.model }, { at: p.spectrum }, { at: p.root }, { at: p.amplitude }];
    eachVector(body, { frame, walkers, afterRow: sum.endRow }, (shift) => {
      const intensity = body.local("v128");
      for (let mode = 0; mode < modes; mode++) {
        const place = { layout, shift, mode };
        const aux = difference(lanes, load(body, p.model, place), load(body, p.spectrum, place), {
          times: weights.ofModel,
          less: weights.ofSpectrum,
        });
        const square = squared(lanes, { re: body.keep(aux.re), im: body.keep(aux.im) });
        body.set(intensity, mode === 0 ? square : lanes.add(intensity, square));
      }
      const amplitude = body.keep(lanes.sqrt(intensity));
      body.storeV128(p.amplitude, amplitude, { offset: shift });
      const root = body.keep(v128.load(p.root, shift));
      const off = body.keep(lanes.sub(amplitude, lanes.abs(root)));
      sum.add(v128.and(isValid(lanes, root, infinity), lanes.mul(off, off)));
    });
    body.result([sum.total()]);
  });
}

function defineMoveSpectrum({ assembler, lanes, layout, frame, modes }: Context): FunctionHandle {
  const { scalar } = lanes;
  const waves = { model: "i32", spectrum: "i32", wave: "i32", root: "i32", amplitude: "i32" } as const;
  const numbers = { inverse: scalar, alpha: scalar, rest: scalar, keep: scalar, weight: scalar, old: scalar } as const;
  return assembler.define({ name: "move_spectrum", params: { ...waves, ...numbers }, results: ["f64"] }, (body, p) => {
    const sum = pixelSum(body, lanes);
    const weights = auxWeights(body, lanes, p);
    const [rest, keep, old] = [p.rest, p.keep, p.old].map((v) => body.keep(lanes.splat(v as Local<"f32">)));
    const weight = body.keep(lanes.mul(lanes.splat(p.weight as Local<"f32">), weights.inverse));
    const [tiny, one] = [body.keep(lanes.constant(TINY_AMPLITUDE)), body.keep(lanes.constant(1))];
    const infinity = body.keep(lanes.constant(Infinity));
    const walkers = [p.model, p.spectrum, p.wave, p.root, p.amplitude].map((at) => ({ at }));
    eachVector(body, { frame, walkers, afterRow: sum.endRow }, (shift) => {
      const amplitude = body.keep(v128.load(p.amplitude, shift));
      const root = body.keep(v128.load(p.root, shift));
      const magnitude = body.keep(lanes.abs(root));
      const wanted = lanes.add(magnitude, lanes.mul(rest!, lanes.sub(amplitude, magnitude)));
      const change = lanes.div(wanted, lanes.add(amplitude, tiny));
      const valid = isValid(lanes, root, infinity);
      const factor = body.keep(lanes.mul(keep!, v128.select(valid, { a: change, b: one })));
      for (let mode = 0; mode < modes; mode++) {
        const place = { layout, shift, mode };
        const model = load(body, p.model, place);
        const spectrum = load(body, p.spectrum, place);
        const aux = difference(lanes, model, spectrum, { times: weights.ofModel, less: weights.ofSpectrum });
        const less = difference(lanes, model, spectrum, { times: weight, less: old! });
        const re = body.keep(lanes.add(lanes.mul(factor, aux.re), less.re));
        const im = body.keep(lanes.add(lanes.mul(factor, aux.im), less.im));
        sum.add(squared(lanes, { re, im }));
        const moved = { re: body.keep(lanes.add(spectrum.re, re)), im: body.keep(lanes.add(spectrum.im, im)) };
        store(body, p.spectrum, moved, place);
        const scaled = (v: V128) => lanes.mul(weights.inverse, v);
        store(body, p.wave, { re: scaled(moved.re), im: scaled(moved.im) }, place);
      }
    });
    body.result([sum.total()]);
  });
}
