/** Every kernel in WGSL against its twin, at awkward sizes, with all frames at once and in chunks. */

import { assertEquals } from "@std/assert/equals.js";
import { fillWide, fillWideComplex, narrow, widen } from "../array/fill.ts";
import { addWave } from "../auxiliary_wave/add_wave.ts";
import { buildAux } from "../auxiliary_wave/build_aux.ts";
import { buildExit } from "../auxiliary_wave/build_exit.ts";
import { fetchWave, storeWave } from "../auxiliary_wave/store_wave.ts";
import { makeModel } from "../auxiliary_wave/make_model.ts";
import { fmagUpdate } from "../fourier_update/fmag_update.ts";
import { fourierError } from "../fourier_update/fourier_error.ts";
import { logLikelihood } from "../fourier_update/log_likelihood.ts";
import { replaceMagnitude } from "../fourier_update/replace_magnitude.ts";
import { chooseStep, objectDirection, probeDirection, takeStep, turnDirection } from "../gradient_descent/conjugate.ts";
import { objectGradient, probeGradient } from "../gradient_descent/gradient.ts";
import { lineGaussian, linePoisson } from "../gradient_descent/line_search.ts";
import { makeChange } from "../gradient_descent/make_change.ts";
import { floatingIntensity, modelIntensity } from "../gradient_descent/model_intensity.ts";
import { del2Gradient, del2Line } from "../gradient_descent/regularizer.ts";
import { gaussianResidual, logFactorials, poissonResidual, scaleWave } from "../gradient_descent/residual.ts";
import { reportIteration } from "../metrics/report.ts";
import { setErrors } from "../metrics/set_errors.ts";
import { centerProbe } from "../object_probe_update/center_probe.ts";
import { clipObject } from "../object_probe_update/clip_object.ts";
import { averageCovered, countCoverage } from "../object_probe_update/coverage.ts";
import {
  exitDifference,
  objectPeak,
  objectUpdateLocal,
  probeUpdateLocal,
} from "../object_probe_update/local_update.ts";
import { objectUpdate } from "../object_probe_update/object_update.ts";
import { probeChange, probeConverged } from "../object_probe_update/probe_change.ts";
import { coupleEnergies } from "../object_probe_update/couple_energies.ts";
import { probeSupport } from "../object_probe_update/probe_support.ts";
import { probeUpdate } from "../object_probe_update/probe_update.ts";
import { smoothLayer } from "../object_probe_update/smooth_layer.ts";
import { finishMean, startMean } from "../object_probe_update/weighted_mean.ts";
import type { Data } from "../reconstruction.ts";
import { acceptTrial, judgeTrial, placeTrial } from "../position_correction/trial_shift.ts";
import { propagateBackward, propagateForward } from "../propagation/propagate.ts";
import { assertTwins, gpuForTests, type TwinShape } from "../twins.ts";
import { type Twin, twinWork } from "./twin_work.ts";

const gpu = await gpuForTests();

const SHAPES: readonly TwinShape[] = [
  { frames: 1, modes: 1, rows: 1, cols: 1 },
  { frames: 3, modes: 2, rows: 7, cols: 5 },
  { frames: 2, modes: 3, rows: 13, cols: 16 },
  // More pixels than a slice and than a workgroup has invocations, and a tile that the object only touches.
  { frames: 3, modes: 1, rows: 64, cols: 39 },
];

const layer = (_: TwinShape, { objects }: Data) => ({ start: 0, rows: objects[0]!.rows, cols: objects[0]!.cols });
const probes = ({ modes, rows, cols }: TwinShape) => ({ start: 0, layers: modes, rows, cols });
const DETECTOR = { diffraction: "diffraction", mask: "mask" } as const;
const VIEW = { probe: "probe", object: "object", address: "address" } as const;
const positive = (i: number) => 1 + i % 7;

const TWINS: readonly Twin[] = [
  { kernel: fillWide, buffers: { array: "values 300" }, params: () => ({ value: 1.5 }) },
  { kernel: fillWideComplex, buffers: { array: "object" }, params: () => ({ value: -2 }) },
  { kernel: widen, buffers: { to: "probe", from: "probe" } },
  { kernel: narrow, buffers: { to: "probe", from: "probe" } },
  ...[1, 3].map((energies): Twin => ({
    kernel: coupleEnergies,
    buffers: { array: "object", matrix: `values ${energies ** 2}` },
    params: (_, { objects: [o] }) => ({ start: 5, stride: Math.floor((o!.rows * o!.cols - 5) / energies), energies }),
  })),
  { kernel: makeModel, buffers: { wave: "wave", ...VIEW } },
  { kernel: buildAux, buffers: { wave: "wave", model: "wave", exitWave: "wave" }, params: () => ({ alpha: 0.7 }) },
  {
    kernel: buildExit,
    buffers: { exitWave: "wave", wave: "wave", model: "wave", within: 1, errors: 3 },
    params: () => ({ alpha: 0.7 }),
    values: { within: (i) => i % 2 },
    tolerance: "sum",
  },
  { kernel: addWave, buffers: { wave: "wave", model: "wave" }, params: () => ({ weight: -0.7 }) },
  { kernel: storeWave, buffers: { stored: "wave", wave: "wave" } },
  { kernel: fetchWave, buffers: { stored: "wave", wave: "wave" } },
  {
    kernel: fmagUpdate,
    buffers: { wave: "wave", amplitude: "image", ...DETECTOR, deviation: 2 },
    params: () => ({ powerBound: 0.8, bounded: 1 }),
    values: { amplitude: positive, deviation: (i) => [1, 2, 0, 3][i % 4]! },
  },
  {
    kernel: fmagUpdate,
    buffers: { wave: "wave", amplitude: "image", ...DETECTOR, deviation: 2 },
    params: () => ({ powerBound: 0, bounded: 0 }),
    values: { amplitude: positive, deviation: () => 0 },
  },
  ...[0, 1].map((bounded): Twin => ({
    kernel: fourierError,
    buffers: { wave: "wave", ...DETECTOR, amplitude: "image", deviation: 2, errors: 3 },
    params: () => ({ powerBound: 9, bounded }),
    tolerance: "sum",
  })),
  { kernel: logLikelihood, buffers: { wave: "wave", ...DETECTOR, errors: 3 }, tolerance: "sum" },
  { kernel: replaceMagnitude, buffers: { wave: "wave", ...DETECTOR, errors: 3 }, pods: true, tolerance: "sum" },
  { kernel: propagateForward, buffers: { wave: "wave", address: "address" }, tolerance: "sum" },
  { kernel: propagateBackward, buffers: { wave: "wave", address: "address" }, tolerance: "sum" },
  ...[[0, 1], [1, 0], [1, 1]].map(([scale_precond, first]): Twin => ({
    kernel: turnDirection,
    buffers: {
      scalars: "values 3",
      objectGradient: "object",
      oldObjectGradient: "object",
      probeGradient: "probe",
      oldProbeGradient: "probe",
    },
    params: () => ({ scale_probe_object: 0.4, scale_precond: scale_precond!, first: first! }),
    values: { scalars: (i) => [0.7, 0.2, -0.3][i]! },
    tolerance: "cancellation",
  })),
  { kernel: objectDirection, buffers: { direction: "object", gradient: "object", scalars: "values 3" } },
  {
    kernel: probeDirection,
    buffers: { direction: "probe", oldGradient: "probe", gradient: "probe", scalars: "values 3" },
  },
  {
    kernel: chooseStep,
    buffers: { scalars: "values 3", frameSums: 2, regularizer: "values 2" },
    values: { frameSums: (i) => i % 2 === 0 ? -1 - i : 2 + i, regularizer: (i) => 1 - 3 * i + 5 * i * i },
    tolerance: "sum",
  },
  { kernel: takeStep, buffers: { array: "object", direction: "object", scalars: "values 3" } },
  { kernel: objectGradient, buffers: { gradient: "object", wave: "wave", probe: "probe", address: "address" } },
  { kernel: probeGradient, buffers: { gradient: "probe", wave: "wave", object: "object", address: "address" } },
  ...[{ kernel: lineGaussian, params: () => ({ renormalization: 0.3 }) }, { kernel: linePoisson }].map((
    twin,
  ): Twin => ({
    ...twin,
    buffers: { sums: 2, model: "wave", change: "wave", second: "wave", ...DETECTOR, coefficient: 1 },
    values: { coefficient: (i) => 0.8 + 0.1 * i },
    tolerance: "cancellation",
  })),
  {
    kernel: makeChange,
    buffers: { wave: "wave", ...VIEW, probeDirection: "probe", objectDirection: "object" },
  },
  { kernel: modelIntensity, buffers: { intensity: "image", wave: "wave" } },
  ...[0, 1].map((poisson): Twin => ({
    kernel: floatingIntensity,
    buffers: { intensity: "image", ...DETECTOR, coefficient: 1 },
    params: () => ({ poisson, renormalization: 0.3 }),
    values: { intensity: positive },
    tolerance: "sum",
  })),
  {
    kernel: del2Gradient,
    buffers: { gradient: "object", object: "object" },
    params: (s, d) => ({ ...layer(s, d), amplitude: 0.3 }),
  },
  {
    kernel: del2Line,
    buffers: { sums: "values 2", object: "object", direction: "object" },
    params: (s, d) => ({ ...layer(s, d), amplitude: 0.3 }),
    tolerance: "cancellation",
  },
  {
    kernel: gaussianResidual,
    buffers: { residual: "image", ...DETECTOR, errors: 3 },
    params: () => ({ renormalization: 0.3 }),
    values: { residual: positive },
    tolerance: "sum",
  },
  {
    kernel: poissonResidual,
    buffers: { residual: "image", ...DETECTOR, errors: 3, base: 1 },
    values: { residual: positive },
    tolerance: "cancellation",
  },
  { kernel: logFactorials, buffers: { base: 1, diffraction: "diffraction" }, tolerance: "transcendental" },
  { kernel: scaleWave, buffers: { wave: "wave", residual: "image" } },
  {
    kernel: reportIteration,
    buffers: { report: "values 12", errors: 3, probe: "probe", object: "object" },
    params: () => ({ row: 1 }),
  },
  ...["probe", "object"].map((broken): Twin => ({
    kernel: reportIteration,
    buffers: { report: "values 12", errors: 3, probe: "probe", object: "object" },
    params: () => ({ row: 2 }),
    values: { [broken]: (i) => i === 1 ? NaN : 1, report: () => 0, errors: () => 1 },
  })),
  { kernel: setErrors, buffers: { errors: 3 }, params: () => ({ photonError: 0.9 }) },
  ...[0.01, 1e9].map((tolerance): Twin => ({
    kernel: centerProbe,
    buffers: { probe: "probe" },
    params: (s) => ({ ...probes(s), tolerance }),
    tolerance: "sum",
  })),
  {
    kernel: clipObject,
    buffers: { object: "object" },
    params: () => ({ low: 0.5, high: 1.2 }),
    values: { object: (i) => i < 2 ? 0 : Math.sin(i * i) },
  },
  { kernel: countCoverage, buffers: { coverage: "object", address: "address" } },
  {
    kernel: averageCovered,
    buffers: { object: "object", coverage: "object" },
    params: () => ({ ranks: 2 }),
    values: { coverage: (i) => i % 3 },
  },
  {
    kernel: exitDifference,
    buffers: { exitWave: "wave", wave: "wave", ...VIEW, errors: 3 },
    pods: true,
    tolerance: "sum",
  },
  {
    kernel: objectUpdateLocal,
    buffers: { object: "object", probe: "probe", difference: "wave", address: "address" },
    params: () => ({ alpha: 0.8 }),
    pods: true,
  },
  {
    kernel: objectPeak,
    buffers: { peak: "values 1", object: "object" },
    params: (_, { objects }) => ({ count: objects[0]!.rows * objects[0]!.cols }),
    // The largest real part comes twice; the imaginary part decides.
    values: { object: (i) => i % 2 === 0 ? (i === 10 || i === 90 ? 3 : Math.sin(i)) : Math.cos(i) },
    pods: true,
  },
  ...[-1, 0.6].map((support): Twin => ({
    kernel: probeUpdateLocal,
    buffers: { probe: "probe", object: "object", difference: "wave", address: "address", peak: "values 1" },
    params: () => ({ beta: 0.8, support }),
    values: { peak: () => 5 },
    pods: true,
  })),
  {
    kernel: objectUpdate,
    buffers: { sum: "object", norm: "object", exitWave: "wave", probe: "probe", address: "address" },
  },
  {
    kernel: probeUpdate,
    buffers: { sum: "probe", norm: "probe", exitWave: "wave", object: "object", address: "address" },
  },
  {
    kernel: probeChange,
    buffers: { probe: "probe", previous: "probe", ratios: "values 3" },
    params: ({ modes, rows, cols }) => ({ start: 0, count: modes * rows * cols, slot: 1 }),
    tolerance: "sum",
  },
  ...[0.1, 9].map((limit): Twin => ({
    kernel: probeConverged,
    buffers: { done: "values 1", ratios: "values 3" },
    params: () => ({ limit }),
    values: { ratios: (i) => i },
  })),
  { kernel: probeSupport, buffers: { probe: "probe" }, params: (s) => ({ ...probes(s), support: 0.6 }) },
  {
    kernel: smoothLayer,
    buffers: { array: "object" },
    params: (s, d) => ({ ...layer(s, d), sigma: 1.7 }),
    tolerance: "transcendental",
  },
  {
    kernel: startMean,
    buffers: { sum: "probe", norm: "probe", array: "probe" },
    params: ({ rows, cols }) => ({ start: 0, count: rows * cols, oldWeight: 0.3, normStart: 0.2 }),
  },
  { kernel: finishMean, buffers: { array: "probe", sum: "probe", norm: "probe" }, values: { norm: (i) => i % 4 } },
  ...[0, 1, 2, 3].map((trial): Twin => ({
    kernel: placeTrial,
    buffers: { moved: "address", address: "address", position: 2, trials: 6, objects: "values 6", outcome: 3 },
    params: () => ({ trial }),
    // Origin, pixel size and shape; the third trial is not a number.
    values: {
      objects: (i, { objects: [o] }) => [-0.25, 0.5, 0.5, 0.25, o!.rows, o!.cols][i]!,
      position: (i, { blocks: [b] }) => (i % 2 === 0 ? 0.3 * b!.rows + 1 : 0.2 * b!.cols + 1) + i % 3,
      trials: (i) => i % 6 >= 4 ? NaN : 0.4 * (i % 5) - 0.8,
    },
  })),
  ...[0, 2].map((trial): Twin => ({
    kernel: judgeTrial,
    buffers: { wave: "wave", ...DETECTOR, outcome: 3 },
    params: () => ({ trial }),
    values: { outcome: (i) => [1e9, 1, i === 5 ? 0 : 1][i % 3]! },
    tolerance: "sum",
  })),
  {
    kernel: acceptTrial,
    buffers: { address: "address", position: 2, trials: 6, objects: "values 6", outcome: 3 },
    values: {
      objects: (i, { objects: [o] }) => [-0.25, 0.5, 0.5, 0.25, o!.rows, o!.cols][i]!,
      position: (i) => 20 + i % 3,
      trials: (i) => 0.4 * (i % 5) - 0.8,
      outcome: (i) => [5, Math.floor(i / 3) % 4, 1][i % 3]!,
    },
  },
];

Deno.test("every kernel in WGSL has a twin test", async () => {
  const texts: string[] = [];
  for await (const folder of Deno.readDir(new URL("..", import.meta.url))) {
    if (!folder.isDirectory || folder.name === "shared" || folder.name === "webgpu") continue;
    for await (const { name } of Deno.readDir(new URL(`../${folder.name}`, import.meta.url))) {
      if (name.endsWith(".wgsl")) texts.push(name.slice(0, -5));
    }
  }
  const tested = new Set(TWINS.map(({ kernel }) => kernel.name));
  assertEquals(texts.filter((name) => !tested.has(name)), []);
});

for (const [index, twin] of TWINS.entries()) {
  const { kernel: { name }, tolerance = "field" } = twin;
  Deno.test({
    name: `${name} agrees with its twin in WGSL (${index})`,
    ignore: gpu === null,
    async fn() {
      for (const shape of SHAPES) {
        const work = twinWork(twin, shape);
        await assertTwins(gpu!, work, { tolerance });
        // One frame at a time, where a whole kernel does not want all frames in one piece.
        if (twin.kernel.scope === "frame") await assertTwins(gpu!, work, { tolerance, options: { scratchBytes: 8 } });
      }
    },
  });
}

for (const kernel of [propagateForward, propagateBackward]) {
  for (const [field, options] of Object.entries({ near: { near: true }, scaled: { scaled: true } })) {
    Deno.test({
      name: `${kernel.name} agrees with its twin in the ${field} field`,
      ignore: gpu === null,
      async fn() {
        const twin: Twin = { kernel, buffers: { wave: "wave", address: "address" } };
        for (const shape of SHAPES) {
          await assertTwins(gpu!, twinWork(twin, shape, options), { tolerance: "sum" });
          await assertTwins(gpu!, twinWork({ ...twin, pods: true }, shape, options), { tolerance: "sum" });
        }
      },
    });
  }
}

Deno.test({
  name: "one mask for all frames serves every frame",
  ignore: gpu === null,
  async fn() {
    const twin = TWINS.find(({ kernel }) => kernel === fourierError)!;
    const work = twinWork(twin, { frames: 3, modes: 2, rows: 7, cols: 5 }, { sharedMask: true });
    await assertTwins(gpu!, work, { tolerance: "sum" });
    await assertTwins(gpu!, work, { tolerance: "sum", options: { scratchBytes: 8 } });
  },
});
