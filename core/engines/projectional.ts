/** What the projection engines share: the Fourier projection of every frame and the overlap loop that follows it. */

import { addWave } from "../../kernels/auxiliary_wave/add_wave.ts";
import { buildAux } from "../../kernels/auxiliary_wave/build_aux.ts";
import { buildExit } from "../../kernels/auxiliary_wave/build_exit.ts";
import { makeModel } from "../../kernels/auxiliary_wave/make_model.ts";
import { storeWave } from "../../kernels/auxiliary_wave/store_wave.ts";
import type { Resident } from "../../kernels/device.ts";
import { fmagUpdate } from "../../kernels/fourier_update/fmag_update.ts";
import { fourierError } from "../../kernels/fourier_update/fourier_error.ts";
import { logLikelihood } from "../../kernels/fourier_update/log_likelihood.ts";
import { clipObject } from "../../kernels/object_probe_update/clip_object.ts";
import { objectUpdate } from "../../kernels/object_probe_update/object_update.ts";
import { probeChange, probeConverged } from "../../kernels/object_probe_update/probe_change.ts";
import { probeUpdate } from "../../kernels/object_probe_update/probe_update.ts";
import { smoothLayer } from "../../kernels/object_probe_update/smooth_layer.ts";
import { finishMean, startMean } from "../../kernels/object_probe_update/weighted_mean.ts";
import { type Buffer, frameCall, framePass, wholeCall } from "../../kernels/pass.ts";
import { propagateBackward, propagateForward } from "../../kernels/propagation/propagate.ts";
import { losesWaves } from "../../kernels/reconstruction.ts";
import type { EngineContext } from "./engine.ts";
import { openExitSpectra, openExitWaves, scratchImage, scratchWave } from "./exit_waves.ts";
import { centerProbes, openCouplings, storageLayers, supportProbes } from "./storages.ts";

/** How a projection engine differs from the plain difference map. */
export interface ProjectionOptions {
  readonly alpha: number;
  /** Photons per pixel within which a block's frames count as matched; null for no bound. */
  readonly powerBounds: readonly (number | null)[];
  /** Whether to compute the photon error; it is 0 otherwise. */
  readonly photonError: boolean;
}

/** How the overlap loop goes. */
export interface OverlapOptions {
  readonly maxRounds: number;
  /** Relative change of the probe below which the loop ends. */
  readonly convergeFactor: number;
  /** Whether the first round begins with the object. */
  readonly objectFirst: boolean;
  /** What the old object counts against the frames, and what the denominator begins with. */
  readonly object: Inertia;
  /** The same for every probe storage. */
  readonly probes: readonly Inertia[];
  /** Pixels, 0 for none. */
  readonly smoothing: number;
  readonly clip: readonly [number, number] | null;
  readonly support: number | null;
  readonly centerTolerance: number | null;
}

/** The old array's share in a weighted mean. */
export interface Inertia {
  readonly oldWeight: number;
  readonly normStart: number;
}

/** How a projection is opened. */
export interface ProjectionSetup {
  /** Whether every denominator of the object begins above zero: then nothing of the old object is needed once its sum has begun. */
  readonly isObjectReplaced: boolean;
}

/** Returns what projects the exit waves of all frames and what fits probe and object to them. */
export function openProjection(context: EngineContext, { isObjectReplaced }: ProjectionSetup): {
  readonly project: (options: ProjectionOptions) => void;
  readonly overlap: (options: OverlapOptions, updateProbe: boolean) => void;
} {
  const exitWaves = openExitWaves(context.resident);
  return {
    project: openFourierUpdate(context, exitWaves),
    overlap: openOverlapUpdate(context.resident, { exitWaves, isObjectReplaced }),
  };
}

/**
 * The projection works at the detector: it keeps the propagated exit waves, so that propagating the model forward and the result
 * backward is all it takes. What of the exit waves no detector sees stays that of the model.
 */
function openFourierUpdate(
  { resident, errors }: EngineContext,
  exitWaves: readonly Buffer<"complex">[],
): (options: ProjectionOptions) => void {
  const { probe, object } = resident;
  const spectra = openExitSpectra(resident, exitWaves);
  const scratch = resident.blocks.map(({ index }) => ({
    wave: scratchWave(resident, index),
    model: scratchWave(resident, index),
    amplitude: scratchImage(resident, index),
    deviation: scratchImage(resident, index, 2),
  }));
  return ({ alpha, powerBounds, photonError }) => {
    for (const { index, block, diffraction, mask, address } of resident.blocks) {
      const { wave, model, amplitude, deviation } = scratch[index]!;
      const spectrum = spectra[index]!;
      const loses = losesWaves(block);
      const bound = powerBounds[index] ?? null;
      const limit = { powerBound: bound ?? 0, bounded: bound === null ? 0 : 1 };
      const photons = frameCall(logLikelihood, { wave: model, diffraction, mask, errors }, {});
      resident.run(framePass("fourier_update", {
        block: index,
        calls: [
          frameCall(makeModel, { wave: model, probe, object, address }, {}),
          frameCall(propagateForward, { wave: model, address }, {}),
          ...(photonError ? [photons] : []),
          frameCall(buildAux, { wave, model, exitWave: spectrum }, { alpha }),
          frameCall(fourierError, { wave, diffraction, mask, amplitude, deviation, errors }, limit),
          frameCall(fmagUpdate, { wave, amplitude, diffraction, mask, deviation }, limit),
          frameCall(buildExit, { exitWave: spectrum, wave, model, within: deviation, errors }, { alpha }),
          ...(loses ? [frameCall(addWave, { wave, model }, { weight: -1 })] : []),
          frameCall(propagateBackward, { wave, address }, {}),
          ...(loses
            ? [
              frameCall(makeModel, { wave: model, probe, object, address }, {}),
              frameCall(addWave, { wave, model }, { weight: 1 }),
            ]
            : []),
          frameCall(storeWave, { stored: exitWaves[index]!, wave }, {}),
        ],
      }));
    }
  };
}

function openOverlapUpdate(
  resident: Resident,
  { exitWaves, isObjectReplaced }: ProjectionSetup & { readonly exitWaves: readonly Buffer<"complex">[] },
): (options: OverlapOptions, updateProbe: boolean) => void {
  const { data } = resident;
  const probeCount = resident.probe.layout.count;
  const objectCount = resident.object.layout.count;
  const inPlaceOf = isObjectReplaced ? resident.object : undefined;
  const objectSum = resident.alloc("object sum", { element: "wide_complex", count: objectCount, inPlaceOf });
  const objectNorm = resident.alloc("object norm", { element: "wide", count: objectCount });
  const probeSum = resident.alloc("probe sum", { element: "wide_complex", count: probeCount });
  const probeNorm = resident.alloc("probe norm", { element: "wide", count: probeCount });
  // The first comparison of an engine is with a probe of zeros, as in PtyPy; later ones go on from the last iteration.
  const previous = resident.alloc("previousProbe", { element: "complex", count: probeCount, shape: [probeCount] });
  const ratios = resident.alloc("probe change", { element: "wide", count: data.probes.length });
  const done = resident.alloc("overlap done", { element: "wide", count: 1 });
  const couplings = { probe: openCouplings(resident, "probe"), object: openCouplings(resident, "object") };

  function updateObject({ object: inertia, smoothing, clip }: OverlapOptions): void {
    const { probe, object } = resident;
    const [sum, norm] = [objectSum, objectNorm];
    resident.run(wholeCall(startMean, { sum, norm, array: object }, { start: 0, count: objectCount, ...inertia }));
    if (smoothing > 0) {
      for (const layer of storageLayers(data.objects)) {
        resident.run(wholeCall(smoothLayer, { array: sum }, { ...layer, sigma: smoothing }));
      }
    }
    for (const { index, address } of resident.blocks) {
      const exitWave = exitWaves[index]!;
      const calls = [frameCall(objectUpdate, { sum, norm, exitWave, probe, address }, {})];
      resident.run(framePass("object_update", { block: index, calls }));
    }
    resident.run(wholeCall(finishMean, { array: object, sum, norm }, {}));
    if (clip !== null) resident.run(wholeCall(clipObject, { object }, { low: clip[0], high: clip[1] }));
    couplings.object.project(object);
  }

  function updateProbe({ probes, support, centerTolerance, convergeFactor }: OverlapOptions): void {
    const { probe, object } = resident;
    const [sum, norm] = [probeSum, probeNorm];
    for (const [i, { start, layers, rows, cols }] of data.probes.entries()) {
      const range = { start, count: layers * rows * cols };
      resident.run(wholeCall(startMean, { sum, norm, array: probe }, { ...range, ...probes[i]! }));
    }
    for (const { index, address } of resident.blocks) {
      const exitWave = exitWaves[index]!;
      const calls = [frameCall(probeUpdate, { sum, norm, exitWave, object, address }, {})];
      resident.run(framePass("probe_update", { block: index, calls }));
    }
    resident.run(wholeCall(finishMean, { array: probe, sum, norm }, {}));
    couplings.probe.project(probe);
    supportProbes(resident, { probe, support });
    for (const [slot, { start, layers, rows, cols }] of data.probes.entries()) {
      const range = { start, count: layers * rows * cols, slot };
      resident.run(wholeCall(probeChange, { probe, previous, ratios }, range));
    }
    resident.run(wholeCall(probeConverged, { done, ratios }, { limit: convergeFactor }));
    centerProbes(resident, centerTolerance);
  }

  return (options, withProbe) => {
    if (options.objectFirst || !withProbe) updateObject(options);
    if (!withProbe) return;
    updateProbe(options);
    resident.loop({ max: options.maxRounds - 1, until: done }, () => {
      updateObject(options);
      updateProbe(options);
    });
  };
}
