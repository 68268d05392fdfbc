/** The first half of a model, which takes no memory: geometry, modes, storages. */

import { visitFrames } from "../../kernels/measured.ts";
import type { Storage } from "../containers/storage.ts";
import { DataError, ParameterError } from "../errors.ts";
import { createGeometry, type Geometry } from "../geometry.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import type { ScanParams } from "../parameters/scan/mod.ts";
import { layoutOf } from "./mod.ts";
import { type CoupledStorages, planStorages } from "./plan_storages.ts";
import type { ModelServices, ScanLayout } from "./scan_model.ts";
import { onPixelsOf, sharedWithNobody, storageIDs } from "./sharing.ts";

/** A scan to put into a model. */
export interface ScanInput {
  readonly label: string;
  readonly p: ScanParams;
  readonly prepared: PreparedScan;
  /** Photons of the strongest frame where they are known without reading the frames. */
  readonly photons?: number;
  /** Probe storage to share with the other scans of the same ID, in place of what the parameters say. */
  readonly probeID?: string;
  /** Object storage to share with the other scans of the same ID, in place of what the parameters say. */
  readonly objectID?: string;
}

/** A scan of which the storages are known. */
export interface PlannedScan {
  readonly input: ScanInput;
  readonly geometry: Geometry;
  readonly layout: ScanLayout;
  readonly photons: number;
  readonly energies: readonly PlannedEnergy[];
}

/** One energy of a scan: the only one, or one of its spectrum. */
export interface PlannedEnergy {
  /** With the sample pixels of the scan's own energy. */
  readonly geometry: Geometry;
  /** Its share of the photons. */
  readonly share: number;
  readonly probeStorage: number;
  readonly objectStorage: number;
}

/** The probe and object storages of scans, and which scan has which. */
export interface ScanPlan {
  readonly scans: readonly PlannedScan[];
  readonly probes: readonly Storage[];
  readonly objects: readonly Storage[];
  /** What storages of several energies have in common. */
  readonly couplings: Readonly<Record<"probe" | "object", readonly CoupledStorages[]>>;
}

/** How storages are laid out. */
export interface PlanOptions {
  /** Longest step of position refinement in metres; objects get a margin for it. 0 for none. */
  readonly maxShift: number;
}

/**
 * Plans the storages of scans: a probe covers a frame, an object the bounding box of all views on it and the margin.
 *
 * @throws {DataError} for a scan without frames, without counts, with positions that are not finite or do not match the frames,
 *   and for scans that share a storage without having the same pixels and modes
 * @throws {ParameterError} for a geometry that no experiment has
 */
export function planScans(
  inputs: readonly ScanInput[],
  services: ModelServices,
  { maxShift }: PlanOptions,
): ScanPlan {
  const drafts = inputs.map((input) => draftScan(input, services));
  for (const notice of sharedWithNobody(drafts)) services.log(notice);
  const users = drafts.map((draft) => {
    const probeIDs = storageIDs(draft, drafts, "probe");
    const objectIDs = storageIDs(draft, drafts, "object");
    return { ...draft, probeIDs, objectIDs };
  });
  const fitted = users.map((user) => {
    const first = users.find(({ objectIDs }) => objectIDs[0] === user.objectIDs[0])!;
    const firstOfProbe = users.find(({ probeIDs }) => probeIDs[0] === user.probeIDs[0])!;
    const geometry = onPixelsOf(onPixelsOf(user.geometry, firstOfProbe.geometry), first.geometry);
    return { ...user, geometry, energies: geometriesOf(geometry, user.layout) };
  });
  const probes = planStorages(fitted, { kind: "probe", maxShift: 0 });
  const objects = planStorages(fitted, { kind: "object", maxShift });
  const indexOf = ({ storages }: { readonly storages: readonly Storage[] }, ID: string) =>
    storages.findIndex((storage) => storage.ID === ID);
  return {
    probes: probes.storages,
    objects: objects.storages,
    couplings: { probe: probes.couplings, object: objects.couplings },
    scans: fitted.map(({ energies, probeIDs, objectIDs, ...scan }) => ({
      ...scan,
      energies: energies.map((geometry, i) => ({
        geometry,
        share: scan.layout.spectrum?.shares[i] ?? 1,
        probeStorage: indexOf(probes, probeIDs[i]!),
        objectStorage: indexOf(objects, objectIDs[i]!),
      })),
    })),
  };
}

/** One geometry per energy: another wavelength between the same detector and the same sample pixels. */
function geometriesOf(geometry: Geometry, { spectrum }: ScanLayout): Geometry[] {
  if (spectrum === undefined) return [geometry];
  return spectrum.factors.map((factor) =>
    factor === 1 ? geometry : createGeometry({ ...geometry, energy: geometry.energy * factor })
  );
}

function draftScan(input: ScanInput, services: ModelServices): Omit<PlannedScan, "energies"> {
  const { label, p, prepared } = input;
  const { energy, distance, psize, shape, center } = prepared.meta;
  checkFrames(label, prepared);
  refuseRocking(p, { label, rocking: prepared.rocking });
  const where = `scans.${label}`;
  const geometry = createGeometry({
    energy,
    distance,
    psize,
    shape,
    center,
    propagation: p.propagation,
    where: `${where}.data`,
  });
  const layout = layoutOf(p, { ...services, label, where });
  const photons = input.photons ?? brightestFrame(prepared);
  if (!(photons > 0 && photons < Infinity)) {
    throw new DataError(
      `Cannot reconstruct scan "${label}": found ${photons} photons in its brightest frame, expected a finite number above 0; check data and mask`,
      { scan: label, found: photons },
    );
  }
  return { input, geometry, layout, photons };
}

/** @throws {ParameterError} for frames of rocking curves, which models of two dimensions would take for others */
export function refuseRocking(
  { name }: ScanParams,
  { label, rocking }: { readonly label: string; readonly rocking: PreparedScan["rocking"] },
): void {
  if (rocking === undefined) return;
  const message = `found "${name}" for frames of rocking curves, expected "Bragg3dModel"`;
  throw new ParameterError([{ path: `scans.${label}.name`, message }]);
}

function checkFrames(label: string, { numFrames, positions, measured, meta }: PreparedScan): void {
  const pixels = meta.shape[0] * meta.shape[1];
  const wrong = numFrames < 1
    ? "found 0 frames, expected at least one"
    : positions.length !== 2 * numFrames
    ? `found ${positions.length / 2} positions for ${numFrames} frames, expected one for each`
    : measured.frames !== numFrames || measured.points !== pixels
    ? `found ${measured.frames} frames of ${measured.points} pixels, expected ${numFrames} of ${pixels}`
    : !positions.every(Number.isFinite)
    ? "found positions that are NaN or infinite, expected metres"
    : null;
  if (wrong !== null) throw new DataError(`Cannot reconstruct scan "${label}": ${wrong}`, { scan: label });
}

function brightestFrame({ measured }: PreparedScan): number {
  let brightest = 0;
  visitFrames(measured, ({ diffraction, mask }) => {
    let sum = 0;
    for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) sum += diffraction[i]!;
    // Also keeps a NaN, which no comparison would.
    if (!(sum <= brightest)) brightest = sum;
  });
  return brightest;
}
