/** The stage that only looks: what a run would read, how large it would be and what it would write. */

import type { SupportedParams } from "../core/engines/mod.ts";
import { areVolumes } from "../core/bragg/build_model.ts";
import { braggIllumination } from "../core/bragg/illumination.ts";
import { planVolumes } from "../core/bragg/plan_volumes.ts";
import { boundingBox, firstPixel, type Storage } from "../core/containers/storage.ts";
import { checkStorages, MOST_ELEMENTS } from "../core/containers/container.ts";
import { volumeStorage } from "../core/containers/volume.ts";
import { createGeometry, type Geometry } from "../core/geometry.ts";
import type { LoaderServices } from "../core/loaders/loader.ts";
import type { Bragg3dModelParams } from "../core/parameters/scan/bragg_3d_model.ts";
import type { ScanParams } from "../core/parameters/scan/mod.ts";
import type { PreparationPlan } from "../core/preparation/plan.ts";
import { planScan } from "../core/preparation/prepare.ts";
import type { ParsedPtycho } from "../core/ptycho_params.ts";
import { layoutOf } from "../core/scan_models/mod.ts";
import { unreadFrames } from "../core/scan_models/scan_frames.ts";
import { refuseRocking } from "../core/scan_models/plan_scans.ts";
import { DataError, ParameterError } from "../core/errors.ts";
import { checkTarget } from "../core/formats/atomic_file.ts";
import type { LoaderParams } from "../core/loaders/mod.ts";
import type { Device } from "../kernels/device.ts";
import { type Precision, sizeOf } from "../kernels/nd_array.ts";
import type { DataNeed } from "../kernels/memory_plan.ts";
import { placeFrames, type Placement } from "./device_plan.ts";
import { checkSimulated, dataParams, loaderOf, sortedEngines, sortedScans, writtenBelow } from "./load.ts";
import { type OutputFiles, type OutputNames, planOutputs } from "./output_files.ts";
import { largestShift, modelServices } from "./start.ts";

/** What a dry run says of a scan. Plain JSON. */
export interface ScanEstimate {
  readonly label: string;
  readonly source: string;
  readonly frames: number;
  readonly rawShape: readonly [number, number];
  /** Frames after cropping and rebinning. */
  readonly shape: readonly [number, number];
  readonly energy: number;
  readonly distance: number;
  /** Detector pixel, metres. */
  readonly psize: readonly [number, number];
  /** Sample pixel, metres; three where frames are put together to volumes. */
  readonly resolution: readonly number[];
  /** Number of photon energies; each has a probe and an object of its own at most. */
  readonly energies: number;
  /** (layer, y, x), or (layer, r3, r1, r2) */
  readonly probe: readonly number[];
  /** (layer, y, x), or (layer, r3, r1, r2) */
  readonly object: readonly number[];
}

/** What a dry run says of an engine. Plain JSON. */
export interface EngineEstimate {
  readonly label: string;
  readonly name: string;
  readonly numiter: number;
  /** Where its frames would be. */
  readonly placement: Placement;
}

/** What a dry run says. Plain JSON. */
export interface Estimate {
  readonly scans: readonly ScanEstimate[];
  /** The engines in the order in which they would run. */
  readonly engines: readonly EngineEstimate[];
  /** What the run would write. */
  readonly files: OutputFiles;
}

/**
 * Checks everything that can be checked without reading the frames: sources, geometry, initial probe and object. Reads one frame
 * of each scan and writes nothing.
 *
 * @throws any Exitwave error that the run would end with before its first iteration
 */
export function dryRun(
  { p, written }: ParsedPtycho,
  services: LoaderServices & OutputNames & { readonly device: Pick<Device, "name" | "limits"> },
): Estimate {
  const engines = sortedEngines(p);
  const files = planOutputs(p, services);
  const maxShift = largestShift(Object.values(p.engines));
  areVolumes(sortedScans(p.scans).map(([label, scan]) => ({ label, p: scan })));
  const scans = sortedScans(p.scans).map(([label, scan]) => {
    const data = dataParams(label, scan);
    const options = { label, written: writtenBelow(written, `scans.${label}.data.`), services };
    checkSimulated(label, scan);
    checkSaving(label, data, services);
    const plan = planScan(loaderOf(label, data), data, options);
    return estimateScan({ label, scan, plan, maxShift, labels: Object.keys(p.scans) }, services);
  });
  const need = needOfScans(scans, p.data_type);
  return {
    scans,
    engines: engines.map(([label, { name, numiter }]) => ({
      label,
      name,
      numiter,
      // checkSupported() has refused the engines that are not built.
      placement: placeFrames(name as SupportedParams["name"], { need, device: services.device }),
    })),
    files,
  };
}

/** Prepared frames that are to be saved must have a file that can be written. */
function checkSaving(label: string, { save, dfile }: LoaderParams, { path }: LoaderServices): void {
  if (save === null) return;
  if (dfile !== null) return checkTarget(path(dfile));
  const message = `found None with save = "${save}", expected the path of the .ptyd file to write`;
  throw new ParameterError([{ path: `scans.${label}.data.dfile`, message }]);
}

function needOfScans(scans: readonly ScanEstimate[], precision: Precision): DataNeed {
  // Scans that share a probe or an object need less.
  const total = (kind: "probe" | "object") => scans.reduce((sum, scan) => sum + scan.energies * sizeOf(scan[kind]), 0);
  return {
    precision,
    blocks: scans.map(({ frames, shape, energies, probe, object }) => {
      return { frames, modes: energies * probe[0]! * object[0]!, rows: shape[0], cols: shape[1] };
    }),
    probeElements: total("probe"),
    objectElements: total("object"),
  };
}

interface Draft {
  readonly label: string;
  readonly scan: ScanParams;
  readonly plan: PreparationPlan;
  readonly maxShift: number;
  /** Of all scans. */
  readonly labels: readonly string[];
}

function estimateScan(draft: Draft, services: LoaderServices): ScanEstimate {
  const { label, scan, plan, maxShift, labels } = draft;
  if (scan.name === "Bragg3dModel") return estimateVolumes({ ...draft, scan }, services);
  const where = `scans.${label}`;
  const { energy, distance, psize, shape } = plan;
  refuseRocking(scan, { label, rocking: plan.rocking });
  const center = [Math.floor(shape[0] / 2), Math.floor(shape[1] / 2)] as const;
  const geometry = createGeometry({ energy, distance, psize, shape, center, propagation: scan.propagation, where });
  const layout = layoutOf(scan, { ...modelServices(services), label, where });
  const padding = Math.floor(maxShift / Math.max(...geometry.resolution) + 1e-9);
  const [rows, cols] = objectShape(plan, { geometry, padding });
  const elements = layout.objectModes * rows * cols;
  if (elements > MOST_ELEMENTS) {
    throw new DataError(
      `Cannot make the object of scan "${label}": found ${rows} x ${cols} pixels, expected at most ${
        MOST_ELEMENTS / 1e6
      } million; check that positions are in metres`,
      { scan: label, found: [rows, cols] },
    );
  }
  const frames = unreadFrames(geometry, labels);
  const plane = { storageID: layout.storageID, psize: geometry.resolution, energy, photons: 1, frames };
  const probe = layout.initialProbe({ ...plane, shape: [shape[0], shape[1]] });
  layout.initialObject({ ...plane, shape: [rows - 2 * padding, cols - 2 * padding], probe });
  return {
    ...describePlan(label, plan),
    resolution: geometry.resolution,
    energies: layout.spectrum?.factors.length ?? 1,
    probe: [layout.probeModes, shape[0], shape[1]],
    object: [layout.objectModes, rows, cols],
  };
}

function describePlan(
  label: string,
  plan: PreparationPlan,
): Omit<ScanEstimate, "resolution" | "energies" | "probe" | "object"> {
  const { numFrames: frames, rawShape, shape, energy, distance, psize } = plan;
  const source = plan.source.replace(/^"(.*)"$/, "$1");
  return { label, source, frames, rawShape: [rawShape[0], rawShape[1]], shape, energy, distance, psize };
}

function estimateVolumes(
  { label, scan, plan }: Draft & { readonly scan: Bragg3dModelParams },
  services: LoaderServices,
): ScanEstimate {
  const { geometry, probeBox, objectBox } = planVolumes({ label, p: scan, rocking: plan.rocking, meta: plan });
  const storageID = `S${label}`;
  const fields = { ID: storageID, numID: 1, psize: geometry.resolution, energy: plan.energy, layermap: [0] };
  const [probe, object] = [probeBox, objectBox].map((box) => {
    return volumeStorage(box, { ...fields, theta_bragg: geometry.theta_bragg });
  });
  checkStorages([probe!], { name: "probe", precision: "double" });
  checkStorages([object!], { name: "object", precision: "double" });
  const where = `scans.${label}.illumination`;
  braggIllumination(scan.illumination, { ...modelServices(services), geometry, storageID, where });
  const shapeOf = ({ depth, rows, cols }: Storage) => [1, depth!.planes, rows, cols];
  return {
    ...describePlan(label, plan),
    resolution: geometry.resolution,
    energies: 1,
    probe: shapeOf(probe!),
    object: shapeOf(object!),
  };
}

function objectShape(
  plan: PreparationPlan,
  { geometry, padding }: { geometry: Geometry; padding: number },
): [number, number] {
  const { shape, resolution } = geometry;
  const first = Array.from(
    { length: plan.numFrames },
    (_, i) => firstPixel([plan.positions[2 * i]!, plan.positions[2 * i + 1]!], { psize: resolution, shape }),
  );
  const { low, high } = boundingBox(first, { shape, padding });
  return [high[0] - low[0], high[1] - low[1]];
}
