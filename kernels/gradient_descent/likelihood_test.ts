/** Likelihood kernels against finite differences, hand-worked numbers and exact values. */

import { assert } from "@std/assert/assert.js";
import { makeModel } from "../auxiliary_wave/make_model.ts";
import { createPropagator } from "../propagation/propagator.ts";
import { propagateBackward, propagateForward } from "../propagation/propagate.ts";
import { assertClose, DIFFERENCE, innerProduct, ROUNDING, seededNumbers } from "../testing.ts";
import { objectGradient, probeGradient } from "./gradient.ts";
import { lineGaussian, linePoisson } from "./line_search.ts";
import { logGamma } from "./log_gamma.ts";
import { makeChange } from "./make_change.ts";
import { floatingIntensity, modelIntensity } from "./model_intensity.ts";
import { gaussianResidual, logFactorials, poissonResidual, scaleWave } from "./residual.ts";

const SIDE = 5;
const POINTS = SIDE * SIDE;
const RENORMALIZATION = 0.7;
const FACTORS = { kind: "farfield", pre: phases(1), post: phases(2) } as const;
const SHAPE = {
  modes: 2,
  rows: SIDE,
  cols: SIDE,
  propagators: [createPropagator(FACTORS, { rows: SIDE, cols: SIDE })],
};
/** Both modes see one object layer of 6 * 7. */
const ADDRESS_TABLE = Int32Array.from([[0, 0, 7, 1, 2, 0, 0], [POINTS, 0, 7, 0, 1, 0, 0]].flat());
const PROBE = 4 * POINTS;
const OBJECT = 2 * 42;

type Kind = "gaussian" | "poisson";

for (const kind of ["gaussian", "poisson"] as const) {
  Deno.test(`${kind}: the gradient is ${kind === "gaussian" ? "half " : ""}the derivative of the likelihood in object and probe`, () => {
    const start = makeStart();
    const { objectSum, probeSum } = gradients(kind, start);
    const [h, q] = [seededNumbers(OBJECT, 21), seededNumbers(PROBE, 22)];
    const step = 1e-6;
    const slope = (likelihood(kind, start, { h, q, t: step }) - likelihood(kind, start, { h, q, t: -step })) /
      (2 * step);
    const factor = kind === "gaussian" ? 2 : 1;
    assertClose([factor * (innerProduct(objectSum, h)[0] + innerProduct(probeSum, q)[0])], [slope], DIFFERENCE);
  });

  Deno.test(`${kind}: the line's B1 and B2 are the first and half the second derivative along a direction`, () => {
    const start = makeStart();
    const [h, q] = [seededNumbers(OBJECT, 23), seededNumbers(PROBE, 24)];
    const [first, second] = line(kind, start, { h, q });
    // Symmetric differences extrapolated from two step lengths: the error falls with the fourth power.
    const slope = (t: number) =>
      (likelihood(kind, start, { h, q, t }) - likelihood(kind, start, { h, q, t: -t })) / (2 * t);
    const bend = (t: number) =>
      (likelihood(kind, start, { h, q, t }) + likelihood(kind, start, { h, q, t: -t }) -
        2 * likelihood(kind, start, { h, q, t: 0 })) / (2 * t * t);
    assertClose([first], [(4 * slope(5e-5) - slope(1e-4)) / 3], DIFFERENCE);
    assertClose([second], [(4 * bend(5e-4) - bend(1e-3)) / 3], 1e-4);
  });
}

Deno.test("floatingIntensity() finds the factor with the least likelihood", () => {
  const diffraction = Float64Array.of(4, 9, 16, 100);
  const mask = Uint8Array.of(1, 1, 1, 0);
  for (const poisson of [0, 1]) {
    // The model is half the measurement where it counts; masked pixels count in the Poisson factor only, as in PtyPy.
    const intensity = Float64Array.of(2, 4.5, 8, poisson === 1 ? 50 : 1e6);
    const coefficient = new Float64Array(1);
    floatingIntensity.cpu({ intensity, diffraction, mask, coefficient }, { poisson, renormalization: 1 }, { ...SHAPE });
    assertClose(coefficient, [2], ROUNDING);
    assertClose(intensity.subarray(0, 3), [4, 9, 16], ROUNDING);
  }
});

Deno.test("floatingIntensity() leaves a dark model alone", () => {
  const [intensity, coefficient] = [new Float64Array(4), new Float64Array(1)];
  const buffers = { intensity, diffraction: Float64Array.of(1, 2, 3, 4), mask: new Uint8Array(4).fill(1), coefficient };
  floatingIntensity.cpu(buffers, { poisson: 0, renormalization: 1 }, { ...SHAPE });
  assertClose(coefficient, [1], ROUNDING);
});

Deno.test("gaussianResidual() is 2/9 * (13 - 8)^2 with R = 1: w = 1 / (1 + 8)", () => {
  const [residual, errors] = [Float64Array.of(13, 5), new Float64Array(3)];
  const mask = Uint8Array.of(1, 0);
  gaussianResidual.cpu({ residual, diffraction: Float64Array.of(8, 1), mask, errors }, { renormalization: 1 }, {
    ...SHAPE,
  });
  assertClose(residual, [5 / 9, 0], ROUNDING);
  assertClose(errors, [0, 25 / 9 / 2, 0], ROUNDING);
});

Deno.test("logGamma() of n + 1 is log(n!), and half-integers give sqrt(pi)", () => {
  let factorial = 0;
  for (let n = 1; n <= 170; n++) {
    factorial += Math.log(n);
    assert(Math.abs(logGamma(n + 1) - factorial) <= 2e-15 * Math.max(factorial, 1) * 4, `n = ${n}`);
  }
  // gamma(2.5) = 3/4 sqrt(pi)
  assertClose([logGamma(2.5)], [Math.log(0.75 * Math.sqrt(Math.PI))], 1e-14);
  assertClose([logGamma(1)], [0], 1e-14);
  // Stirling's series itself at 1e6, from Abramowitz and Stegun's form with two terms, exact to 1e-20 there.
  const x = 1e6;
  assertClose([logGamma(x)], [(x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x)], 1e-15);
});

interface Start {
  readonly probe: Float64Array;
  readonly object: Float64Array;
  readonly diffraction: Float64Array;
  readonly mask: Uint8Array;
}

function makeStart(): Start {
  return {
    probe: seededNumbers(PROBE, 11).map((v) => 3 * v),
    object: seededNumbers(OBJECT, 12),
    diffraction: seededNumbers(POINTS, 13).map((v) => Math.round(8 * Math.abs(v))),
    mask: Uint8Array.from(seededNumbers(POINTS, 14), (v) => v > -0.7 ? 1 : 0),
  };
}

/** Likelihood at `start + t * direction`. */
function likelihood(kind: Kind, start: Start, { h, q, t }: { h: Float64Array; q: Float64Array; t: number }): number {
  const moved = {
    ...start,
    probe: start.probe.map((v, i) => v + t * q[i]!),
    object: start.object.map((v, i) => v + t * h[i]!),
  };
  return judge(kind, moved).errors[1]! * POINTS;
}

function judge(kind: Kind, { probe, object, diffraction, mask }: Start) {
  const [wave, residual] = [new Float64Array(PROBE), new Float64Array(POINTS)];
  const [errors, base] = [new Float64Array(3), new Float64Array(1)];
  makeModel.cpu({ wave, probe, object, address: ADDRESS_TABLE }, {}, SHAPE);
  propagateForward.cpu({ wave, address: ADDRESS_TABLE }, {}, SHAPE);
  modelIntensity.cpu({ intensity: residual, wave }, {}, SHAPE);
  if (kind === "poisson") {
    logFactorials.cpu({ base, diffraction }, {}, SHAPE);
    poissonResidual.cpu({ residual, diffraction, mask, errors, base }, {}, SHAPE);
  } else gaussianResidual.cpu({ residual, diffraction, mask, errors }, { renormalization: RENORMALIZATION }, SHAPE);
  return { wave, residual, errors };
}

function gradients(kind: Kind, start: Start) {
  const { wave, residual } = judge(kind, start);
  const [objectSum, probeSum] = [new Float64Array(OBJECT), new Float64Array(PROBE)];
  scaleWave.cpu({ wave, residual }, {}, SHAPE);
  propagateBackward.cpu({ wave, address: ADDRESS_TABLE }, {}, SHAPE);
  objectGradient.cpu({ gradient: objectSum, wave, probe: start.probe, address: ADDRESS_TABLE }, {}, SHAPE);
  probeGradient.cpu({ gradient: probeSum, wave, object: start.object, address: ADDRESS_TABLE }, {}, SHAPE);
  return { objectSum, probeSum };
}

function line(kind: Kind, start: Start, { h, q }: { h: Float64Array; q: Float64Array }): [number, number] {
  const { probe, object, diffraction, mask } = start;
  const address = ADDRESS_TABLE;
  const [model, change, second] = [new Float64Array(PROBE), new Float64Array(PROBE), new Float64Array(PROBE)];
  makeModel.cpu({ wave: model, probe, object, address }, {}, SHAPE);
  makeChange.cpu({ wave: change, probe, probeDirection: q, object, objectDirection: h, address }, {}, SHAPE);
  makeModel.cpu({ wave: second, probe: q, object: h, address }, {}, SHAPE);
  for (const wave of [model, change, second]) propagateForward.cpu({ wave, address }, {}, SHAPE);
  const sums = new Float64Array(2);
  const buffers = { sums, model, change, second, diffraction, mask, coefficient: Float64Array.of(1) };
  if (kind === "poisson") linePoisson.cpu(buffers, {}, SHAPE);
  else lineGaussian.cpu(buffers, { renormalization: RENORMALIZATION }, SHAPE);
  return [sums[0]!, sums[1]!];
}

function phases(seed: number): Float64Array {
  const out = new Float64Array(2 * POINTS);
  seededNumbers(POINTS, seed).forEach((v, i) => out.set([Math.cos(3 * v), Math.sin(3 * v)], 2 * i));
  return out;
}
