/** The extended ptychographic iterative engine. */

import { addWave } from "../../kernels/auxiliary_wave/add_wave.ts";
import { makeModel } from "../../kernels/auxiliary_wave/make_model.ts";
import { replaceMagnitude } from "../../kernels/fourier_update/replace_magnitude.ts";
import { clipObject } from "../../kernels/object_probe_update/clip_object.ts";
import { averageCovered, countCoverage } from "../../kernels/object_probe_update/coverage.ts";
import {
  exitDifference,
  objectPeak,
  objectUpdateLocal,
  probeUpdateLocal,
} from "../../kernels/object_probe_update/local_update.ts";
import { smoothLayer } from "../../kernels/object_probe_update/smooth_layer.ts";
import { narrow, widen } from "../../kernels/array/fill.ts";
import { frameCall, framePass, wholeCall } from "../../kernels/pass.ts";
import { propagateBackward, propagateForward } from "../../kernels/propagation/propagate.ts";
import { type Data, losesWaves } from "../../kernels/reconstruction.ts";
import type { EpieParams } from "../parameters/engine/epie.ts";
import type { Random } from "../random.ts";
import { defineEngine, type EngineContext } from "./engine.ts";
import { openExitWaves, scratchWave } from "./exit_waves.ts";
import { centerProbes, openCouplings, storageLayers } from "./storages.ts";

/**
 * Updates object and probe after every pod, in random or in pod order; every mode is compared with the measurement on its own.
 * On one process `average_probe` and `redistribute_data` have nothing to do, as in PtyPy.
 * @see Maiden and Rodenburg, Ultramicroscopy 109 (2009) 1256, 10.1016/j.ultramic.2009.05.012
 * @see PtyPy 0.4: engines.ePIE
 */
export const epie = defineEngine<EpieParams>({
  name: "ePIE",
  citation: "Maiden and Rodenburg, Ultramicroscopy 109 (2009) 1256, 10.1016/j.ultramic.2009.05.012",
  errorsPer: "pod",
  waves: 1,
  usesExitWaves: true,
  start(context, p) {
    const { resident, random } = context;
    const { object, data } = resident;
    const visit = openVisit(context, p);
    const coverage = resident.alloc("coverage", { element: "wide", count: object.layout.count });
    for (const { index, address } of resident.blocks) {
      const calls = [frameCall(countCoverage, { coverage, address }, {})];
      resident.run(framePass("count_coverage", { block: index, calls }));
    }
    const couplings = { probe: openCouplings(resident, "probe"), object: openCouplings(resident, "object") };
    const smooth = resident.alloc("smooth object", { element: "wide_complex", count: object.layout.count });
    return (iteration) => {
      if (p.obj_smooth_std !== null && p.obj_smooth_std > 0) {
        resident.run(wholeCall(widen, { to: smooth, from: object }, {}));
        for (const layer of storageLayers(data.objects)) {
          resident.run(wholeCall(smoothLayer, { array: smooth }, { ...layer, sigma: p.obj_smooth_std }));
        }
        resident.run(wholeCall(narrow, { to: object, from: smooth }, {}));
      }
      for (const run of podRuns(data, p.random_order ? random : null)) visit(run, iteration);
      centerProbes(resident, p.probe_center_tol);
      if (p.clip_object !== null) {
        resident.run(wholeCall(clipObject, { object }, { low: p.clip_object[0], high: p.clip_object[1] }));
      }
      if (iteration % p.synchronization === 0) {
        resident.run(wholeCall(averageCovered, { object, coverage }, { ranks: 1 }));
      }
      couplings.object.project(object);
      couplings.probe.project(resident.probe);
    };
  },
});

/** Pods of one block that are visited one after the other. */
interface PodRun {
  readonly block: number;
  readonly order: Int32Array;
}

function openVisit({ resident, errors }: EngineContext, p: EpieParams): (run: PodRun, iteration: number) => void {
  const { probe, object, data } = resident;
  const exitWaves = openExitWaves(resident);
  const waves = resident.blocks.map(({ index }) => scratchWave(resident, index));
  const models = resident.blocks.map(({ index, block }) =>
    losesWaves(block) ? scratchWave(resident, index, "model") : null
  );
  const peak = resident.alloc("object peak", { element: "wide", count: 1 });
  const first = data.objects[0]!;
  const firstObject = { count: first.layers * first.rows * first.cols };
  return ({ block, order }, iteration) => {
    const { diffraction, mask, address } = resident.blocks[block]!;
    const [wave, exitWave] = [waves[block]!, exitWaves[block]!];
    // Only what the projection changed comes back from the detector where it does not see all of a wave.
    const model = models[block]!;
    const propagateModel = model === null ? [] : [
      frameCall(makeModel, { wave: model, probe, object, address }, {}),
      frameCall(propagateForward, { wave: model, address }, {}),
    ];
    const subtractModel = model === null ? [] : [frameCall(addWave, { wave, model }, { weight: -1 })];
    const addModel = model === null ? [] : [
      frameCall(makeModel, { wave: model, probe, object, address }, {}),
      frameCall(addWave, { wave, model }, { weight: 1 }),
    ];
    const probeCalls = [
      frameCall(objectPeak, { peak, object }, firstObject),
      frameCall(probeUpdateLocal, { probe, object, difference: wave, address, peak }, {
        beta: p.beta,
        support: p.probe_support ?? -1,
      }),
    ];
    resident.run({
      name: "visit_pods",
      block,
      each: "pod",
      order,
      sequential: true,
      calls: [
        ...propagateModel,
        frameCall(makeModel, { wave, probe, object, address }, {}),
        frameCall(propagateForward, { wave, address }, {}),
        frameCall(replaceMagnitude, { wave, diffraction, mask, errors }, {}),
        ...subtractModel,
        frameCall(propagateBackward, { wave, address }, {}),
        ...addModel,
        frameCall(exitDifference, { exitWave, wave, probe, object, address, errors }, {}),
        frameCall(objectUpdateLocal, { object, probe, difference: wave, address }, { alpha: p.alpha }),
        ...(iteration >= p.probe_update_start ? probeCalls : []),
      ],
    });
  };
}

/** All pods in the order in which they are visited, cut where the block changes. */
function podRuns({ blocks }: Data, random: Random | null): PodRun[] {
  const blockOf: number[] = [];
  const indexOf: number[] = [];
  for (const [block, { frames, modes }] of blocks.entries()) {
    for (let pod = 0; pod < frames * modes; pod++) {
      blockOf.push(block);
      indexOf.push(pod);
    }
  }
  const order = random === null ? Int32Array.from(blockOf, (_, i) => i) : random.permutation(blockOf.length);
  const runs: { block: number; pods: number[] }[] = [];
  for (const pod of order) {
    const block = blockOf[pod]!;
    if (runs.at(-1)?.block !== block) runs.push({ block, pods: [] });
    runs.at(-1)!.pods.push(indexOf[pod]!);
  }
  return runs.map(({ block, pods }) => ({ block, order: Int32Array.from(pods) }));
}
