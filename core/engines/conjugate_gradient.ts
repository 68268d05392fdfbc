/** Conjugate gradient descent in object and probe together, with preconditioning and a regularizer. */

import { fillWide, fillWideComplex, narrow, widen } from "../../kernels/array/fill.ts";
import {
  CG,
  chooseStep,
  objectDirection,
  probeDirection,
  takeStep,
  turnDirection,
} from "../../kernels/gradient_descent/conjugate.ts";
import { del2Gradient, del2Line } from "../../kernels/gradient_descent/regularizer.ts";
import { smoothLayer } from "../../kernels/object_probe_update/smooth_layer.ts";
import { wholeCall } from "../../kernels/pass.ts";
import type { MlParams } from "../parameters/engine/ml.ts";
import type { EngineContext, Iterate } from "./engine.ts";
import type { Likelihood } from "./likelihood.ts";
import type { Statistics } from "./statistics.ts";
import { openCouplings, storageLayers, supportProbes } from "./storages.ts";

/**
 * Returns one iteration: gradients, smoothing, support, conjugate direction, parabola along it, step.
 * Old gradients, directions and the last step are part of the state.
 * @see Thibault and Guizar-Sicairos, New Journal of Physics 14 (2012) 063004, 10.1088/1367-2630/14/6/063004, section 2.3
 */
export function openConjugateGradient(
  { resident, statistics }: EngineContext,
  { p, likelihood }: { readonly p: MlParams; readonly likelihood: Likelihood },
): Iterate {
  const { probe, object } = resident;
  const objectCount = object.layout.count;
  const probeCount = probe.layout.count;
  const layers = storageLayers(resident.data.objects);
  const kept = (name: string, count: number) => resident.alloc(name, { element: "complex", count, shape: [count] });
  const sums = {
    object: resident.alloc("object gradient", { element: "wide_complex", count: objectCount }),
    probe: resident.alloc("probe gradient", { element: "wide_complex", count: probeCount }),
  };
  const probeGradient = resident.alloc("masked probe gradient", { element: "complex", count: probeCount });
  const old = { object: kept("oldObjectGradient", objectCount), probe: kept("oldProbeGradient", probeCount) };
  const directions = { object: kept("objectDirection", objectCount), probe: kept("probeDirection", probeCount) };
  const couplings = { probe: openCouplings(resident, "probe"), object: openCouplings(resident, "object") };
  const coupled = couplings.object.isFree
    ? null
    : resident.alloc("coupled object gradient", { element: "complex", count: objectCount });
  const scalars = resident.alloc("conjugate", { element: "wide", count: CG.count, shape: [CG.count] });
  const regularizer = resident.alloc("regularizer", { element: "wide", count: 2 });
  const amplitude = p.reg_del2 ? regularizerAmplitude(p, { statistics, objectCount }) : 0;

  function smoothGradient(sigma: number): void {
    if (sigma <= 0) return;
    for (const layer of layers) resident.run(wholeCall(smoothLayer, { array: sums.object }, { ...layer, sigma }));
  }

  function findGradients(iteration: number, sigma: number): void {
    resident.run(wholeCall(fillWideComplex, { array: sums.object }, { value: 0 }));
    resident.run(wholeCall(fillWideComplex, { array: sums.probe }, { value: 0 }));
    likelihood.gradient(sums);
    if (amplitude > 0) {
      for (const layer of layers) {
        resident.run(wholeCall(del2Gradient, { gradient: sums.object, object }, { ...layer, amplitude }));
      }
    }
    if (coupled !== null) {
      resident.run(wholeCall(narrow, { to: coupled, from: sums.object }, {}));
      couplings.object.restrict(coupled);
      resident.run(wholeCall(widen, { to: sums.object, from: coupled }, {}));
    }
    if (iteration < p.probe_update_start) {
      resident.run(wholeCall(fillWideComplex, { array: sums.probe }, { value: 0 }));
    }
    resident.run(wholeCall(narrow, { to: probeGradient, from: sums.probe }, {}));
    couplings.probe.restrict(probeGradient);
    supportProbes(resident, { probe: probeGradient, support: p.probe_support });
    smoothGradient(sigma);
  }

  function findDirections(iteration: number, sigma: number): void {
    resident.run(wholeCall(turnDirection, {
      scalars,
      objectGradient: sums.object,
      oldObjectGradient: old.object,
      probeGradient,
      oldProbeGradient: old.probe,
    }, {
      scale_probe_object: p.scale_probe_object,
      scale_precond: p.scale_precond ? 1 : 0,
      first: iteration === 0 ? 1 : 0,
    }));
    resident.run(wholeCall(narrow, { to: old.object, from: sums.object }, {}));
    smoothGradient(sigma);
    resident.run(wholeCall(objectDirection, { direction: directions.object, gradient: sums.object, scalars }, {}));
    const oldGradient = old.probe;
    const gradient = probeGradient;
    resident.run(wholeCall(probeDirection, { direction: directions.probe, oldGradient, gradient, scalars }, {}));
  }

  function step(): void {
    likelihood.line(directions);
    resident.run(wholeCall(fillWide, { array: regularizer }, { value: 0 }));
    if (amplitude > 0) {
      for (const layer of layers) {
        const buffers = { sums: regularizer, object, direction: directions.object };
        resident.run(wholeCall(del2Line, buffers, { ...layer, amplitude }));
      }
    }
    resident.run(wholeCall(chooseStep, { scalars, frameSums: likelihood.frameSums, regularizer }, {}));
    resident.run(wholeCall(takeStep, { array: object, direction: directions.object, scalars }, {}));
    resident.run(wholeCall(takeStep, { array: probe, direction: directions.probe, scalars }, {}));
  }

  return (iteration) => {
    if (iteration === 0) {
      // Steps go along layers that fit each other; so must the start.
      couplings.object.project(object);
      couplings.probe.project(probe);
    }
    const sigma = smoothing(p, iteration);
    findGradients(iteration, sigma);
    findDirections(iteration, sigma);
    step();
  };
}

/** Standard deviation of the smoothing in an iteration: it decays before every use. */
function smoothing({ smooth_gradient, smooth_gradient_decay }: MlParams, iteration: number): number {
  let sigma = smooth_gradient;
  for (let i = 0; i <= iteration; i++) sigma *= 1 - smooth_gradient_decay;
  return sigma;
}

/** `reg_del2_amplitude * values / (8 n^2 / photons)` with n object pixels, so that the parameter does not depend on the data. */
function regularizerAmplitude(
  p: MlParams,
  { statistics, objectCount }: { statistics: Statistics; objectCount: number },
): number {
  const renormalization = p.intensity_renormalization === 0 ? 1 : p.intensity_renormalization;
  const photons = renormalization * statistics.totalPower;
  return p.reg_del2_amplitude * statistics.values / (8 * objectCount * (objectCount / photons));
}
