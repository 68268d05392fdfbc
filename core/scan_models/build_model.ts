/** From prepared scans to a model: storages with their initial content, views and pods. */

import type { Precision } from "../../kernels/nd_array.ts";
import { allocateStorages, type Container, storageData, type WaveContainer } from "../containers/container.ts";
import { exitLayer, type Pod } from "../containers/pod.ts";
import { firstPixel, type Storage, storageOver } from "../containers/storage.ts";
import { numberedID, type View } from "../containers/view.ts";
import type { Model, ModelScan } from "./model.ts";
import { type PlannedScan, planScans, type ScanInput, type ScanPlan } from "./plan_scans.ts";
import { scanFrames } from "./scan_frames.ts";
import type { ModelServices, StoragePlane } from "./scan_model.ts";

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
  const framesFor = scanFrames(plan.scans);
  const planeOf = (storage: Storage, scan: PlannedScan) => ({
    ...areaOf(storage),
    photons: scan.photons,
    frames: framesFor(scan, storage),
  });
  const isFilled = { probe: new Set<number>(), object: new Set<number>() };
  for (const scan of plan.scans) {
    const { probeStorage, objectStorage, layout } = scan;
    if (!isFilled.probe.has(probeStorage)) {
      const storage = plan.probes[probeStorage]!;
      storageData(probe, storage).set(layout.initialProbe(planeOf(storage, scan)));
    }
    if (!isFilled.object.has(objectStorage)) {
      const storage = plan.objects[objectStorage]!;
      setInside(
        storageData(obj, storage),
        layout.initialObject({ ...planeOf(storage, scan), probe: storageData(probe, plan.probes[probeStorage]!) }),
        storage,
      );
    }
    isFilled.probe.add(probeStorage);
    isFilled.object.add(objectStorage);
  }
  return {
    precision,
    scans: modelScans(plan.scans),
    probe,
    obj,
    exit: { ID: "Cexit", storages: plan.scans.map(exitStorage), views: tables.exit },
    diff: container("Cdiff", plan, tables.diff),
    mask: container("Cmask", plan, tables.mask),
    pods: tables.pods,
    positions: concatenate(plan.scans.map((s) => s.input.prepared.positions)),
    random: options.random.state(),
  };
}

/** The model of PtyPy sees the area that the views cover; the margin is added afterwards. */
function areaOf({ ID, rows, cols, padding, psize, energy }: Storage): Omit<StoragePlane, "photons"> {
  return { storageID: ID, shape: [rows - 2 * padding, cols - 2 * padding], psize, energy };
}

/** Puts the initial content inside the margin, which stays 0. Changes `data`. */
function setInside(
  data: ArrayLike<number> & { set(a: ArrayLike<number>, at: number): void },
  content: Float64Array,
  storage: Storage,
): void {
  const { layers, rows, cols, padding } = storage;
  const inner = { rows: rows - 2 * padding, cols: cols - 2 * padding };
  for (let layer = 0; layer < layers; layer++) {
    for (let y = 0; y < inner.rows; y++) {
      const from = 2 * (layer * inner.rows + y) * inner.cols;
      data.set(content.subarray(from, from + 2 * inner.cols), 2 * ((layer * rows + y + padding) * cols + padding));
    }
  }
}

interface Tables extends Record<"probe" | "obj" | "exit" | "diff" | "mask", View[]> {
  readonly pods: Pod[];
}

/** Views and pods of all scans, numbered as PtyPy creates them. */
function connect({ scans, probes, objects }: ScanPlan): Tables {
  const tables: Tables = { probe: [], obj: [], exit: [], diff: [], mask: [], pods: [] };
  const add = (views: View[], view: Omit<View, "ID">) => views.push({ ID: numberedID("V", views.length), ...view }) - 1;
  for (const [scan, { input, layout, geometry, probeStorage, objectStorage }] of scans.entries()) {
    const { shape, resolution: psize } = geometry;
    const still = { shape, coord: [0, 0], low: [0, 0] } as const;
    const object = objects[objectStorage]!;
    const { positions, numFrames } = input.prepared;
    for (let frame = 0; frame < numFrames; frame++) {
      const coord = [positions[2 * frame]!, positions[2 * frame + 1]!] as const;
      const first = firstPixel(coord, { psize, shape });
      const low = [first[0] + object.center[0], first[1] + object.center[1]] as const;
      const diff = add(tables.diff, { ...still, storage: scan, layer: frame });
      const mask = add(tables.mask, { ...still, storage: scan, layer: frame });
      for (let probeMode = 0; probeMode < probes[probeStorage]!.layers; probeMode++) {
        for (let objectMode = 0; objectMode < object.layers; objectMode++) {
          const layer = (frame * layout.probeModes + probeMode) * layout.objectModes + objectMode;
          tables.pods.push({
            ID: numberedID("P", tables.pods.length),
            scan,
            frame,
            probeMode,
            objectMode,
            probe: add(tables.probe, { ...still, storage: probeStorage, layer: probeMode }),
            obj: add(tables.obj, { shape, coord, low, storage: objectStorage, layer: objectMode }),
            exit: add(tables.exit, { ...still, storage: scan, layer }),
            diff,
            mask,
          });
        }
      }
    }
  }
  return tables;
}

function modelScans(scans: readonly PlannedScan[]): ModelScan[] {
  let firstFrame = 0;
  return scans.map(({ input, geometry, layout, photons, probeStorage, objectStorage }) => {
    const scan: ModelScan = {
      label: input.label,
      geometryID: layout.geometryID,
      geometry,
      prepared: input.prepared,
      probeModes: layout.probeModes,
      objectModes: layout.objectModes,
      probeStorage,
      objectStorage,
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

function exitStorage({ input, geometry, layout }: PlannedScan, index: number): Storage {
  const modes = layout.probeModes * layout.objectModes;
  const layermap = Array.from({ length: input.prepared.numFrames * modes }, (_, layer) => {
    const mode = layer % modes;
    const probeMode = Math.floor(mode / layout.objectModes);
    return exitLayer({ frame: Math.floor(layer / modes), probeMode, objectMode: mode % layout.objectModes });
  });
  const ID = numberedID("S", index) + layout.exitSuffix;
  return frameStorage({ ID, index, psize: geometry.resolution, geometry, layermap });
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
