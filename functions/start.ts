/** The stage that turns prepared scans into a model: initial probe and object, and what engines work on. */

import type { Data, State } from "../kernels/reconstruction.ts";
import { loadArray, placeReference } from "../core/formats/array_file.ts";
import { readPtyr } from "../core/formats/ptyr.ts";
import type { LoaderServices } from "../core/loaders/loader.ts";
import type { EngineParams } from "../core/parameters/engine/mod.ts";
import type { PtychoParams } from "../core/ptycho_params.ts";
import { areVolumes, buildBraggModel } from "../core/bragg/build_model.ts";
import { buildModel } from "../core/scan_models/build_model.ts";
import type { ModelLayout } from "../core/scan_models/model.ts";
import { layoutOf, modelToData } from "../core/scan_models/model_state.ts";
import type { ModelServices } from "../core/scan_models/scan_model.ts";
import type { LoadedScan } from "./load.ts";

/** Where a reconstruction starts. */
export interface Started {
  readonly model: ModelLayout;
  readonly data: Data;
  readonly state: State;
}

/** Makes the initial probe and object of all scans. */
export function startModel(scans: readonly LoadedScan[], p: PtychoParams, services: LoaderServices): Started {
  const options = { ...modelServices(services), precision: p.data_type };
  const model = areVolumes(scans) ? buildBraggModel(scans, options) : buildModel(scans, {
    ...options,
    maxShift: largestShift(Object.values(p.engines)),
  });
  return { model: layoutOf(model), ...modelToData(model) };
}

/** What models may use: files are found relative to `io.home`. */
export function modelServices({ random, path, log, warn = log }: LoaderServices): ModelServices {
  return {
    random,
    // What models say is that two parameters disagree, which nobody should miss.
    log: warn,
    readPtyr: (file) => readPtyr(path(file), { notice: warn }),
    loadArray: (reference) => loadArray(placeReference(reference, path)),
  };
}

/** The longest step in metres that any engine may move a view; 0 if none refines positions. */
export function largestShift(engines: readonly EngineParams[]): number {
  return engines.reduce((most, engine) => {
    if (!("position_refinement" in engine)) return most;
    const refinement = engine.position_refinement;
    if (refinement === null || typeof refinement === "boolean") return most;
    const isOn = refinement.start !== null || refinement.stop !== null;
    return isOn ? Math.max(most, refinement.max_shift) : most;
  }, 0);
}
