/**
 * The frame kernels of the likelihood engines as WASM SIMD, for one frame shape, precision, number of modes and likelihood. Layouts and
 * conventions are those of frame_kernels.ts. Their twins are in gradient_descent/.
 */

import type { PlaneLayout } from "../fft/wasm_plan.ts";
import type { Assembler } from "./assembler.ts";
import { type Expression, f64, type V128, v128 } from "./expressions.ts";
import { eachVector, pixelSum } from "./frame_loops.ts";
import type { FunctionBody, FunctionHandle, Local } from "./function_body.ts";
import { type Lanes, lanesOf } from "./lanes.ts";
import { logarithm, TINY_PHOTONS } from "./likelihood_log.ts";
import {
  type Complex,
  conjugateTimes,
  intensityOf,
  isValid,
  load,
  PATCH,
  patchWalkers,
  store,
  times,
} from "./wave_vectors.ts";

/** Which likelihood. */
export type LikelihoodModel = "gaussian" | "poisson";

/** Functions of a module, for one frame at a time; `factor` makes photons of the squared modulus of waves. */
export interface LikelihoodKernels {
  /** Gives the factor on the model's intensity that fits best. (model, root, factor, renormalization, photons as f64) */
  readonly fitFactor: FunctionHandle;
  /**
   * Sets `wave = back * residual * model` for all modes, gives the likelihood but for the Poisson constant.
   * (wave, model, root, factor, renormalization, back)
   */
  readonly judge: FunctionHandle;
  /**
   * Sets `change = probe * objectDirection + probeDirection * object` and `second = probeDirection * objectDirection` for one pod.
   * (change, second, PATCH, probeDirection, objectDirectionRe, objectDirectionIm)
   */
  readonly makeChanges: FunctionHandle;
  /** Stores B1 and B2 as f64 at `sums`. (model, change, second, root, factor, renormalization, sums) */
  readonly lineSums: FunctionHandle;
  /** `gradient += conj(probe) * wave` in `rows` rows. (gradientRe, gradientIm, pitch, probe, wave, rows) */
  readonly addToObject: FunctionHandle;
  /** `gradient += conj(object) * wave` in `rows` rows. (gradient, objectRe, objectIm, objectPitch, wave, rows) */
  readonly addToProbe: FunctionHandle;
}

/** Added to the model's intensity in the Poisson likelihood, as PtyPy has it. */
const DARK_PHOTONS = 1e-6;

interface Context {
  readonly assembler: Assembler;
  readonly lanes: Lanes;
  readonly layout: PlaneLayout;
  readonly modes: number;
  readonly likelihood: LikelihoodModel;
  readonly frame: { readonly rows: number; readonly pitch: number };
}

/** Adds the kernels to a module. */
export function defineLikelihoodKernels(assembler: Assembler, { layout, modes, model }: {
  layout: PlaneLayout;
  modes: number;
  model: LikelihoodModel;
}): LikelihoodKernels {
  const lanes = lanesOf(layout.precision);
  const frame = { rows: layout.rows, pitch: layout.pitch * lanes.bytes };
  const context = { assembler, lanes, layout, modes, likelihood: model, frame };
  return {
    fitFactor: defineFitFactor(context),
    judge: defineJudge(context),
    makeChanges: defineMakeChanges(context),
    lineSums: defineLineSums(context),
    addToObject: defineAddToObject(context),
    addToProbe: defineAddToProbe(context),
  };
}

function defineFitFactor({ assembler, lanes, layout, modes, likelihood, frame }: Context): FunctionHandle {
  const scalar = lanes.scalar;
  const params = { model: "i32", root: "i32", factor: scalar, renormalization: scalar, photons: "f64" } as const;
  return assembler.define({ name: "fit_factor", params, results: ["f64"] }, (body, p) => {
    const [above, below] = [pixelSum(body, lanes), pixelSum(body, lanes)];
    const constants = constantsOf(body, lanes, p);
    const afterRow = () => [above, below].forEach((sum) => sum.endRow());
    eachVector(body, { frame, walkers: [{ at: p.model }, { at: p.root }], afterRow }, (shift) => {
      const power = intensityOf(body, p.model, { lanes, layout, modes, shift });
      const intensity = body.keep(lanes.mul(constants.factor, power));
      if (likelihood === "poisson") return below.add(intensity);
      const { measured, valid } = measuredAt(body, p.root, { lanes, shift, infinity: constants.infinity });
      const weighted = body.keep(lanes.mul(weightOf(lanes, measured, constants), intensity));
      above.add(v128.and(valid, lanes.mul(weighted, measured)));
      below.add(v128.and(valid, lanes.mul(weighted, intensity)));
    });
    const sum = body.keep(below.total());
    const fit = f64.div(likelihood === "poisson" ? p.photons : above.total(), sum);
    // A dark model fits no better with any factor.
    body.result([f64.select(f64.gt(sum, f64.const(0)), { a: fit, b: f64.const(1) })]);
  });
}

function defineJudge({ assembler, lanes, layout, modes, likelihood, frame }: Context): FunctionHandle {
  const scalar = lanes.scalar;
  const params = {
    wave: "i32",
    model: "i32",
    root: "i32",
    factor: scalar,
    renormalization: scalar,
    back: scalar,
  } as const;
  return assembler.define({ name: `judge_${likelihood}`, params, results: ["f64"] }, (body, p) => {
    const sum = pixelSum(body, lanes);
    const constants = constantsOf(body, lanes, p);
    const back = body.keep(lanes.splat(p.back));
    const log = likelihood === "poisson" ? logarithm(body, lanes) : undefined;
    const walkers = [{ at: p.wave }, { at: p.model }, { at: p.root }];
    eachVector(body, { frame, walkers, afterRow: sum.endRow }, (shift) => {
      const power = intensityOf(body, p.model, { lanes, layout, modes, shift });
      const intensity = body.keep(lanes.mul(constants.factor, power));
      const { measured, valid } = measuredAt(body, p.root, { lanes, shift, infinity: constants.infinity });
      const residual = body.local("v128");
      if (log === undefined) {
        const difference = body.keep(lanes.sub(intensity, measured));
        body.set(residual, v128.and(valid, lanes.mul(weightOf(lanes, measured, constants), difference)));
        sum.add(v128.and(valid, lanes.mul(residual, difference)));
      } else {
        body.set(intensity, lanes.add(intensity, constants.dark));
        body.set(residual, v128.and(valid, lanes.sub(constants.one, lanes.div(measured, intensity))));
        const reference = body.keep(lanes.max(lanes.abs(measured), constants.tiny));
        const excess = lanes.mul(measured, log(intensity, reference));
        sum.add(v128.and(valid, lanes.sub(lanes.sub(intensity, measured), excess)));
      }
      body.set(residual, lanes.mul(residual, back));
      for (let m = 0; m < modes; m++) {
        const { re, im } = load(body, p.model, { layout, shift, mode: m });
        store(body, p.wave, { re: lanes.mul(residual, re), im: lanes.mul(residual, im) }, { layout, shift, mode: m });
      }
    });
    body.result([sum.total()]);
  });
}

function defineMakeChanges({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const directions = { probeDirection: "i32", directionRe: "i32", directionIm: "i32" } as const;
  const params = { change: "i32", second: "i32", ...PATCH, ...directions } as const;
  return assembler.define({ name: "make_changes", params }, (body, p) => {
    const walkers = [
      { at: p.change },
      { at: p.second },
      ...patchWalkers(p),
      { at: p.probeDirection },
      { at: p.directionRe, step: p.objectPitch },
      { at: p.directionIm, step: p.objectPitch },
    ];
    eachVector(body, { frame, walkers }, (shift) => {
      const probe = load(body, p.probe, { layout, shift });
      const object = objectAt(body, { re: p.objectRe, im: p.objectIm }, shift);
      const probeDirection = load(body, p.probeDirection, { layout, shift });
      const objectDirection = objectAt(body, { re: p.directionRe, im: p.directionIm }, shift);
      const ahead = times(lanes, probe, objectDirection);
      const aside = times(lanes, probeDirection, object);
      const change = { re: lanes.add(ahead.re, aside.re), im: lanes.add(ahead.im, aside.im) };
      store(body, p.change, change, { layout, shift });
      store(body, p.second, times(lanes, probeDirection, objectDirection), { layout, shift });
    });
  });
}

function defineLineSums({ assembler, lanes, layout, modes, likelihood, frame }: Context): FunctionHandle {
  const waves = { model: "i32", change: "i32", second: "i32" } as const;
  const scalar = lanes.scalar;
  const params = { ...waves, root: "i32", factor: scalar, renormalization: scalar, sums: "i32" } as const;
  return assembler.define({ name: `line_${likelihood}`, params }, (body, p) => {
    const [first, square] = [pixelSum(body, lanes), pixelSum(body, lanes)];
    const constants = constantsOf(body, lanes, p);
    const half = body.keep(lanes.constant(0.5));
    const two = body.keep(lanes.constant(2));
    const walkers = [{ at: p.model }, { at: p.change }, { at: p.second }, { at: p.root }];
    const afterRow = () => [first, square].forEach((sum) => sum.endRow());
    eachVector(body, { frame, walkers, afterRow }, (shift) => {
      const [a0, a1, a2] = parabola(body, p, { lanes, layout, modes, shift, factor: constants.factor });
      const { measured, valid } = measuredAt(body, p.root, { lanes, shift, infinity: constants.infinity });
      if (likelihood === "gaussian") {
        const weight = body.keep(weightOf(lanes, measured, constants));
        const slope = body.keep(lanes.mul(two, lanes.sub(a0, measured)));
        first.add(v128.and(valid, lanes.mul(weight, lanes.mul(slope, a1))));
        const curve = lanes.add(lanes.mul(a1, a1), lanes.mul(slope, a2));
        square.add(v128.and(valid, lanes.mul(weight, curve)));
      } else {
        const inverse = body.keep(lanes.div(constants.one, lanes.add(a0, constants.dark)));
        const slope = body.keep(lanes.sub(constants.one, lanes.mul(measured, inverse)));
        first.add(v128.and(valid, lanes.mul(a1, slope)));
        const relative = body.keep(lanes.mul(a1, inverse));
        const bend = lanes.mul(lanes.mul(half, measured), lanes.mul(relative, relative));
        square.add(v128.and(valid, lanes.add(lanes.mul(a2, slope), bend)));
      }
    });
    body.storeF64(p.sums, first.total());
    body.storeF64(p.sums, square.total(), { offset: 8 });
  });
}

/** A0, A1, A2: the intensity of `model + t change + t^2 second` in powers of t, in photons. */
function parabola(
  body: FunctionBody,
  waves: { readonly [K in "model" | "change" | "second"]: Local<"i32"> },
  { lanes, layout, modes, shift, factor }: {
    lanes: Lanes;
    layout: PlaneLayout;
    modes: number;
    shift: number;
    factor: V128;
  },
): [V128, V128, V128] {
  const dot = (a: Complex, b: Complex) => lanes.add(lanes.mul(a.re, b.re), lanes.mul(a.im, b.im));
  const [zeroth, mixed, second] = [body.local("v128"), body.local("v128"), body.local("v128")];
  for (let m = 0; m < modes; m++) {
    body.scope(() => {
      const place = { layout, shift, mode: m };
      const [f, a, b] = [waves.model, waves.change, waves.second].map((at) => load(body, at, place)) as [
        Complex,
        Complex,
        Complex,
      ];
      const cross = dot(f, b);
      const terms = [dot(f, f), dot(f, a), lanes.add(lanes.add(cross, cross), dot(a, a))] as const;
      [zeroth, mixed, second].forEach((sum, i) => body.set(sum, m === 0 ? terms[i]! : lanes.add(sum, terms[i]!)));
    });
  }
  const photons = (value: V128) => body.keep(lanes.mul(factor, value));
  return [photons(zeroth), photons(lanes.add(mixed, mixed)), photons(second)];
}

function defineAddToObject({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const sums = { gradientRe: "i32", gradientIm: "i32", pitch: "i32" } as const;
  const params = { ...sums, probe: "i32", wave: "i32", rows: "i32" } as const;
  return assembler.define({ name: "add_to_object", params }, (body, p) => {
    const gradient = [p.gradientRe, p.gradientIm].map((at) => ({ at, step: p.pitch }));
    const walkers = [{ at: p.probe }, { at: p.wave }, ...gradient];
    eachVector(body, { frame: { rows: p.rows, pitch: frame.pitch }, walkers }, (shift) => {
      const probe = load(body, p.probe, { layout, shift });
      const { re, im } = conjugateTimes(lanes, probe, load(body, p.wave, { layout, shift }));
      body.storeV128(p.gradientRe, lanes.add(v128.load(p.gradientRe, shift), re), { offset: shift });
      body.storeV128(p.gradientIm, lanes.add(v128.load(p.gradientIm, shift), im), { offset: shift });
    });
  });
}

function defineAddToProbe({ assembler, lanes, layout, frame }: Context): FunctionHandle {
  const { objectRe, objectIm, objectPitch } = PATCH;
  const params = { gradient: "i32", objectRe, objectIm, objectPitch, wave: "i32", rows: "i32" } as const;
  return assembler.define({ name: "add_to_probe", params }, (body, p) => {
    const patch = [p.objectRe, p.objectIm].map((at) => ({ at, step: p.objectPitch }));
    const walkers = [{ at: p.gradient }, { at: p.wave }, ...patch];
    eachVector(body, { frame: { rows: p.rows, pitch: frame.pitch }, walkers }, (shift) => {
      const object = objectAt(body, { re: p.objectRe, im: p.objectIm }, shift);
      const { re, im } = conjugateTimes(lanes, object, load(body, p.wave, { layout, shift }));
      const old = load(body, p.gradient, { layout, shift });
      store(body, p.gradient, { re: lanes.add(old.re, re), im: lanes.add(old.im, im) }, { layout, shift });
    });
  });
}

interface Constants {
  readonly factor: Local<"v128">;
  /** R and 1 / R of the Gaussian weights. */
  readonly renormalization: Local<"v128">;
  readonly softening: Local<"v128">;
  readonly infinity: Local<"v128">;
  readonly one: Local<"v128">;
  readonly dark: Local<"v128">;
  /** The least intensity that logarithms are taken against. */
  readonly tiny: Local<"v128">;
}

function constantsOf(body: FunctionBody, lanes: Lanes, p: {
  readonly factor: Expression;
  readonly renormalization: Expression;
}): Constants {
  const splat = (value: Expression) => body.keep(lanes.splat(value as Expression<"f64">));
  const constant = (value: number) => body.keep(lanes.constant(value));
  const renormalization = splat(p.renormalization);
  const one = constant(1);
  return {
    factor: splat(p.factor),
    renormalization,
    softening: body.keep(lanes.div(one, renormalization)),
    infinity: constant(Infinity),
    one,
    dark: constant(DARK_PHOTONS),
    tiny: constant(TINY_PHOTONS),
  };
}

/** Measured photons where the walker is, and all ones where they are valid; infinity or nonsense elsewhere. */
function measuredAt(body: FunctionBody, root: Local<"i32">, { lanes, shift, infinity }: {
  lanes: Lanes;
  shift: number;
  infinity: V128;
}): { measured: Local<"v128">; valid: Local<"v128"> } {
  const value = body.keep(v128.load(root, shift));
  return {
    measured: body.keep(lanes.mul(value, lanes.abs(value))),
    valid: body.keep(isValid(lanes, value, infinity)),
  };
}

/** `R / (1 / R + measured)`. */
function weightOf(lanes: Lanes, measured: V128, { renormalization, softening }: Constants): V128 {
  return lanes.div(renormalization, lanes.add(softening, measured));
}

function objectAt(body: FunctionBody, { re, im }: { re: Local<"i32">; im: Local<"i32"> }, shift: number): Complex {
  return { re: body.keep(v128.load(re, shift)), im: body.keep(v128.load(im, shift)) };
}
