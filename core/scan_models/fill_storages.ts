/** The initial content of probe and object storages. */

import type { RealArray } from "../../kernels/nd_array.ts";
import { coupleEnergies } from "../../kernels/object_probe_update/couple_energies.ts";
import type { Coupling } from "../../kernels/reconstruction.ts";
import { storageData, type WaveContainer } from "../containers/container.ts";
import type { Storage } from "../containers/storage.ts";
import { couplingsOf } from "./model_state.ts";
import type { PlannedScan, ScanPlan } from "./plan_scans.ts";
import { scanFrames } from "./scan_frames.ts";
import type { StoragePlane } from "./scan_model.ts";

/** Probe and object to fill. */
export interface Fillable {
  readonly probe: WaveContainer;
  readonly obj: WaveContainer;
}

/**
 * Fills every storage by the first scan and energy that look at it, and makes energies fit that have something in common. Changes the
 * data of both containers.
 */
export function fillStorages({ scans, couplings }: ScanPlan, { probe, obj }: Fillable): void {
  const framesFor = scanFrames(scans);
  const planeOf = (storage: Storage, scan: PlannedScan) => ({
    ...areaOf(storage),
    photons: scan.photons,
    frames: framesFor(scan, storage),
  });
  const isFilled = { probe: new Set<number>(), object: new Set<number>() };
  for (const scan of scans) {
    const { layout } = scan;
    const isAchromatic = layout.spectrum?.probe.kind === "achromatic";
    let first: Float64Array | null = null;
    for (const { probeStorage, objectStorage, share } of scan.energies) {
      const [ofProbe, ofObject] = [probe.storages[probeStorage]!, obj.storages[objectStorage]!];
      if (!isFilled.probe.has(probeStorage)) {
        const known: Float64Array | null = isAchromatic ? first : null;
        const content: Float64Array = known ?? layout.initialProbe(planeOf(ofProbe, scan));
        first ??= content;
        const root = Math.sqrt(share);
        storageData(probe, ofProbe).set(content.map((v) => root * v));
      }
      if (!isFilled.object.has(objectStorage)) {
        const plane = { ...planeOf(ofObject, scan), probe: storageData(probe, ofProbe) };
        setInside(storageData(obj, ofObject), layout.initialObject(plane), ofObject);
      }
      isFilled.probe.add(probeStorage);
      isFilled.object.add(objectStorage);
    }
  }
  for (const coupling of couplingsOf({ probe, obj, couplings }, "probe")) couple(probe.data, coupling);
  for (const coupling of couplingsOf({ probe, obj, couplings }, "object")) couple(obj.data, coupling);
}

function couple(array: RealArray, { start, stride, energies, project }: Coupling): void {
  coupleEnergies.cpu({ array, matrix: Float64Array.from(project) }, { start, stride, energies });
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
