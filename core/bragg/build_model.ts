/** From prepared rocking curves to a model of volumes: containers, views and pods in three dimensions. */

import type { Precision } from "../../kernels/nd_array.ts";
import { type MeasuredFrames, visitFrames } from "../../kernels/measured.ts";
import { allocateStorages, type Container, storageData } from "../containers/container.ts";
import { exitLayer, type Pod } from "../containers/pod.ts";
import type { Storage } from "../containers/storage.ts";
import { numberedID, type View } from "../containers/view.ts";
import { firstVoxel, volumeStorage } from "../containers/volume.ts";
import { DataError, ParameterError } from "../errors.ts";
import { createGeometry } from "../geometry.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import type { Bragg3dModelParams } from "../parameters/scan/bragg_3d_model.ts";
import type { ScanParams } from "../parameters/scan/mod.ts";
import type { Model, ModelScan } from "../scan_models/model.ts";
import type { ModelServices } from "../scan_models/scan_model.ts";
import { measuredVolumes } from "./assemble.ts";
import { braggIllumination } from "./illumination.ts";
import { planVolumes, type VolumePlan } from "./plan_volumes.ts";

/** A scan to put into a model. */
export interface BraggInput {
  readonly label: string;
  readonly p: Bragg3dModelParams;
  readonly prepared: PreparedScan;
}

/** Whether scans have models of volumes. @throws {ParameterError} if some have and others have not */
export function areVolumes<S extends { readonly label: string; readonly p: ScanParams }>(
  scans: readonly S[],
): scans is readonly (S & { readonly p: Bragg3dModelParams })[] {
  const isVolume = ({ p }: S) => p.name === "Bragg3dModel";
  const flat = scans.find((scan) => !isVolume(scan));
  if (flat === undefined) return scans.length > 0;
  if (!scans.some(isVolume)) return false;
  const message =
    `found "${flat.p.name}" beside a Bragg3dModel, expected scans of two or of three dimensions, not both; write ` +
    "them into files of their own";
  throw new ParameterError([{ path: `scans.${flat.label}.name`, message }]);
}

/**
 * Builds the model of `Bragg3dModel` scans: a probe and an object for each, of one mode.
 *
 * @throws {ParameterError} {DataError} for frames without angles, curves that are not complete, scans without counts, storages that no
 *   memory holds
 * @see PtyPy 0.4: core.manager.Bragg3dModel (differs: frames may come in any order)
 */
export function buildBraggModel(
  inputs: readonly BraggInput[],
  options: ModelServices & { readonly precision: Precision },
): Model {
  const { precision } = options;
  const drafts = inputs.map((input) => draftScan(input, options));
  const probes = placed(drafts.map((draft, i) => volumeStorage(draft.probeBox, fieldsOf(draft, i))));
  const objects = placed(drafts.map((draft, i) => volumeStorage(draft.objectBox, fieldsOf(draft, i))));
  const probe = {
    ID: "Cprobe",
    storages: probes,
    data: allocateStorages(probes, { name: "probe", precision }),
  } as const;
  const obj = {
    ID: "Cobj",
    storages: objects,
    data: allocateStorages(objects, { name: "object", precision }),
  } as const;
  for (const [i, { input: { p, label }, geometry, storageID }] of drafts.entries()) {
    const where = `scans.${label}.illumination`;
    const content = braggIllumination(p.illumination, { ...options, geometry, storageID, where });
    storageData({ ...probe, views: [] }, probes[i]!).set(content);
    fill(storageData({ ...obj, views: [] }, objects[i]!), p.sample.fill);
  }
  const tables = connect(drafts, objects);
  const scans = modelScans(drafts);
  const positions = scans.flatMap(({ prepared }) => [...prepared.positions]);
  const frames = (kind: "diff" | "exit") => drafts.map((draft, i) => frameStorage(draft, { index: i, kind }));
  const container = (ID: "Cdiff" | "Cmask", views: readonly View[]): Container => ({
    ID,
    storages: frames("diff"),
    views,
  });
  return {
    precision,
    scans,
    probe: { ...probe, views: tables.probe },
    obj: { ...obj, views: tables.obj },
    exit: { ID: "Cexit", storages: frames("exit"), views: tables.still },
    diff: container("Cdiff", tables.still),
    mask: container("Cmask", tables.still),
    pods: tables.pods,
    couplings: { probe: [], object: [] },
    positions: Float64Array.from(positions),
    random: options.random.state(),
  };
}

/** A scan of which the geometry and the volumes are known. */
interface Draft extends VolumePlan {
  readonly input: BraggInput;
  /** What was assembled: volumes in place of frames. */
  readonly prepared: PreparedScan;
  readonly photons: number;
  readonly storageID: string;
}

function draftScan(input: BraggInput, { log }: ModelServices): Draft {
  const { label, prepared: { rocking, meta, measured, ...prepared } } = input;
  const plan = planVolumes({ ...input, meta, rocking });
  const { curves, coordinates } = plan;
  if (curves.incomplete > 0) {
    log(`scan ${label}: ${curves.incomplete} positions are left out, as they lack some of the ${curves.angles} angles`);
  }
  const volumes = measuredVolumes(measured, { curves, cols: meta.shape[1] });
  return {
    ...plan,
    input,
    prepared: {
      ...prepared,
      meta,
      numFrames: coordinates.length,
      indices: Int32Array.from(coordinates.keys()),
      positions: Float64Array.from(coordinates.flatMap(([, r1, r2]) => [r1, r2])),
      measured: volumes,
    },
    photons: brightestVolume(volumes, input),
    storageID: `S${label}`,
  };
}

function brightestVolume(volumes: MeasuredFrames, { label, p: { data } }: BraggInput): number {
  let photons = 0;
  visitFrames(volumes, ({ diffraction, mask }) => {
    let sum = 0;
    for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) sum += diffraction[i]!;
    photons = Math.max(photons, sum);
  });
  if (photons > 0) return photons;
  const isDry = data !== null && "dry_run" in data && data.dry_run;
  throw new DataError(
    `Cannot reconstruct scan "${label}": found no photons in any frame, expected some; ${
      isDry ? "they are empty because of data.dry_run, write false" : "check data and mask"
    }`,
    { scan: label, found: photons },
  );
}

function fieldsOf({ geometry, storageID: ID }: Draft, index: number): Parameters<typeof volumeStorage>[1] {
  const { resolution: psize, energy, theta_bragg } = geometry;
  return { ID, numID: index + 1, psize, energy, theta_bragg, layermap: [0] };
}

/** Puts storages one after the other into the array of their container. */
function placed(storages: readonly Storage[]): Storage[] {
  let next = 0;
  return storages.map((storage) => {
    const start = next;
    next += storage.layers * storage.depth!.planes * storage.rows * storage.cols;
    return { ...storage, start };
  });
}

function fill(data: { length: number; [i: number]: number }, value: Bragg3dModelParams["sample"]["fill"]): void {
  const { re, im } = typeof value === "number" ? { re: value, im: 0 } : value;
  for (let i = 0; i < data.length; i += 2) [data[i], data[i + 1]] = [re, im];
}

function connect(drafts: readonly Draft[], objects: readonly Storage[]): {
  readonly probe: View[];
  readonly obj: View[];
  /** Views of exit waves, frames and masks: all of a volume. */
  readonly still: View[];
  readonly pods: Pod[];
} {
  const tables = { probe: [] as View[], obj: [] as View[], still: [] as View[], pods: [] as Pod[] };
  for (
    const [scan, { geometry: { shape: [planes, rows, cols], resolution: psize }, coordinates }] of drafts.entries()
  ) {
    const object = objects[scan]!;
    const shape = [rows, cols] as const;
    for (const [frame, coord] of coordinates.entries()) {
      const index = tables.pods.length;
      const ID = numberedID("V", index);
      const first = firstVoxel(coord, { psize, shape: [planes, rows, cols] });
      const [low3, low1, low2] = [object.depth!.center, ...object.center].map((zero, axis) => zero + first[axis]!);
      const still = {
        ID,
        shape,
        coord: [0, 0],
        low: [0, 0],
        depth: { planes, coord: 0, low: 0 },
        storage: scan,
      } as const;
      tables.probe.push({ ...still, layer: 0 });
      tables.still.push({ ...still, layer: frame });
      tables.obj.push({
        ID,
        shape,
        coord: [coord[1], coord[2]],
        low: [low1!, low2!],
        depth: { planes, coord: coord[0], low: low3! },
        storage: scan,
        layer: 0,
      });
      const views = { probe: index, obj: index, exit: index, diff: index, mask: index };
      tables.pods.push({ ID: numberedID("P", index), scan, frame, energy: 0, probeMode: 0, objectMode: 0, ...views });
    }
  }
  return tables;
}

function modelScans(drafts: readonly Draft[]): ModelScan[] {
  let firstFrame = 0;
  return drafts.map(({ input: { label, p }, geometry, prepared, coordinates, photons }, scan) => {
    const { energy, distance, psize: [, ...psize], shape: [, ...shape], resolution: [, ...resolution] } = geometry;
    const flat = createGeometry({ energy, distance, psize, shape, propagation: p.propagation });
    const first = firstFrame;
    firstFrame += coordinates.length;
    return {
      label,
      geometryID: "G0000",
      geometry: { ...flat, resolution },
      prepared,
      probeModes: 1,
      objectModes: 1,
      energies: [{ geometry: { ...flat, resolution }, share: 1, probeStorage: scan, objectStorage: scan }],
      bragg: { geometry, coordinates: Float64Array.from(coordinates.flat()) },
      firstFrame: first,
      photons,
    };
  });
}

/** The storage of frames or exit waves, alone in its array. */
function frameStorage(
  draft: Draft,
  { index, kind }: { readonly index: number; readonly kind: "diff" | "exit" },
): Storage {
  const layermap = Array.from({ length: draft.coordinates.length }, (_, frame) => {
    return kind === "diff" ? frame : exitLayer({ frame, probeMode: 0, objectMode: 0 });
  });
  const fields = { ...fieldsOf(draft, index), ID: numberedID("S", index), layermap };
  const psize = kind === "diff" ? draft.geometry.psize : draft.geometry.resolution;
  return volumeStorage(draft.probeBox, { ...fields, psize });
}
