/** From prepared scans to a model: storages with their initial content, views and pods. */

import type { Precision } from "../../kernels/nd_array.ts";
import { allocateStorages, type Container, type WaveContainer } from "../containers/container.ts";
import { exitLayer, type Pod } from "../containers/pod.ts";
import { firstPixel, type Storage, storageOver } from "../containers/storage.ts";
import { numberedID, type View } from "../containers/view.ts";
import { fillStorages } from "./fill_storages.ts";
import type { Model, ModelScan } from "./model.ts";
import { type PlannedScan, planScans, type ScanInput, type ScanPlan } from "./plan_scans.ts";
import type { ModelServices } from "./scan_model.ts";
import { energyID } from "./sharing.ts";

/** How to build a model. */
export interface BuildOptions extends ModelServices {
  readonly precision: Precision;
  /** Largest `max_shift` of the engines that refine positions, in metres: the object gets a margin for it. 0 or left out for none. */
  readonly maxShift?: number;
}

/**
 * Builds a model. Scans share a probe or an object where their storage IDs coincide; the first of them fills it.
 *
 * Frames and masks are used as they are, not copied; exit waves take no memory before an engine needs them.
 *
 * @throws {ParameterError} {DataError} {UnsupportedError} as `planScans`, `initialProbe` and `initialObject`; {DataError} if a
 *   storage is too large for the memory, before it is allocated
 * @see PtyPy 0.4: core.manager.ModelManager
 */
export function buildModel(inputs: readonly ScanInput[], options: BuildOptions): Model {
  const { precision } = options;
  const plan = planScans(inputs, options, { maxShift: options.maxShift ?? 0 });
  const probeData = allocateStorages(plan.probes, { name: "probe", precision });
  const objectData = allocateStorages(plan.objects, { name: "object", precision });
  const tables = connect(plan);
  const probe: WaveContainer = { ID: "Cprobe", storages: plan.probes, views: tables.probe, data: probeData };
  const obj: WaveContainer = { ID: "Cobj", storages: plan.objects, views: tables.obj, data: objectData };
  fillStorages(plan, { probe, obj });
  return {
    precision,
    scans: modelScans(plan.scans),
    probe,
    obj,
    exit: { ID: "Cexit", storages: plan.scans.flatMap(exitStorages), views: tables.exit },
    diff: container("Cdiff", plan, tables.diff),
    mask: container("Cmask", plan, tables.mask),
    pods: tables.pods,
    couplings: plan.couplings,
    positions: concatenate(plan.scans.map((s) => s.input.prepared.positions)),
    random: options.random.state(),
  };
}

interface Tables extends Record<"probe" | "obj" | "exit" | "diff" | "mask", View[]> {
  readonly pods: Pod[];
}

/** Views and pods of all scans, numbered as PtyPy creates them. */
function connect({ scans, objects }: ScanPlan): Tables {
  const tables: Tables = { probe: [], obj: [], exit: [], diff: [], mask: [], pods: [] };
  const add = (views: View[], view: Omit<View, "ID">) => views.push({ ID: numberedID("V", views.length), ...view }) - 1;
  let exitStorage = 0;
  for (const [scan, { input, layout, geometry, energies }] of scans.entries()) {
    const { shape, resolution: psize } = geometry;
    const still = { shape, coord: [0, 0], low: [0, 0] } as const;
    const { positions, numFrames } = input.prepared;
    for (let frame = 0; frame < numFrames; frame++) {
      const coord = [positions[2 * frame]!, positions[2 * frame + 1]!] as const;
      const first = firstPixel(coord, { psize, shape });
      const diff = add(tables.diff, { ...still, storage: scan, layer: frame });
      const mask = add(tables.mask, { ...still, storage: scan, layer: frame });
      for (const { energy, probeMode, objectMode } of modesOf(layout, energies.length)) {
        const { probeStorage, objectStorage } = energies[energy]!;
        const { center } = objects[objectStorage]!;
        const low = [first[0] + center[0], first[1] + center[1]] as const;
        const layer = (frame * layout.probeModes + probeMode) * layout.objectModes + objectMode;
        tables.pods.push({
          ID: numberedID("P", tables.pods.length),
          scan,
          frame,
          energy,
          probeMode,
          objectMode,
          probe: add(tables.probe, { ...still, storage: probeStorage, layer: probeMode }),
          obj: add(tables.obj, { shape, coord, low, storage: objectStorage, layer: objectMode }),
          exit: add(tables.exit, { ...still, storage: exitStorage + energy, layer }),
          diff,
          mask,
        });
      }
    }
    exitStorage += energies.length;
  }
  return tables;
}

/** All pods of a frame: energy by energy, probe mode by probe mode, object mode by object mode. */
function modesOf(
  { probeModes, objectModes }: PlannedScan["layout"],
  energies: number,
): Record<"energy" | "probeMode" | "objectMode", number>[] {
  return Array.from({ length: energies * probeModes * objectModes }, (_, i) => ({
    energy: Math.floor(i / (probeModes * objectModes)),
    probeMode: Math.floor(i / objectModes) % probeModes,
    objectMode: i % objectModes,
  }));
}

function modelScans(scans: readonly PlannedScan[]): ModelScan[] {
  let firstFrame = 0;
  return scans.map(({ input, geometry, layout, photons, energies }) => {
    const scan: ModelScan = {
      label: input.label,
      geometryID: layout.geometryID,
      geometry,
      prepared: input.prepared,
      probeModes: layout.probeModes,
      objectModes: layout.objectModes,
      energies,
      firstFrame,
      photons,
    };
    firstFrame += input.prepared.numFrames;
    return scan;
  });
}

function container(ID: "Cdiff" | "Cmask", { scans }: ScanPlan, views: readonly View[]): Container {
  const storages = scans.map(({ input, geometry }, index) =>
    frameStorage({
      ID: numberedID("S", index),
      index,
      psize: geometry.psize,
      geometry,
      layermap: Array.from({ length: input.prepared.numFrames }, (_, frame) => frame),
    })
  );
  return { ID, storages, views };
}

function exitStorages({ input, geometry, layout, energies }: PlannedScan, index: number): Storage[] {
  const modes = modesOf(layout, 1);
  const layermap = Array.from({ length: input.prepared.numFrames * modes.length }, (_, layer) => {
    return exitLayer({ frame: Math.floor(layer / modes.length), ...modes[layer % modes.length]! });
  });
  const first = numberedID("S", index) + layout.exitSuffix;
  return energies.map((_, energy) =>
    frameStorage({ ID: energyID(first, energy), index, psize: geometry.resolution, geometry, layermap })
  );
}

/** A storage of layers of one frame each, alone in its array. */
function frameStorage(
  { ID, index, psize, geometry, layermap }:
    & { readonly index: number; readonly geometry: PlannedScan["geometry"] }
    & Pick<Storage, "ID" | "psize" | "layermap">,
): Storage {
  const { shape, energy } = geometry;
  const low = [-Math.floor(shape[0] / 2), -Math.floor(shape[1] / 2)] as const;
  const box = { low, high: [low[0] + shape[0], low[1] + shape[1]] as const };
  return storageOver(box, { ID, numID: index + 1, start: 0, psize, energy, layermap, padding: 0 });
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
