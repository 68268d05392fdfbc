/** The first half of a model, which takes no memory: geometry, modes, storages. */

import { visitFrames } from "../../kernels/measured.ts";
import { boundingBox, firstPixel, type Storage, storageOver, storageSize } from "../containers/storage.ts";
import { DataError, ParameterError } from "../errors.ts";
import { createGeometry, type Geometry } from "../geometry.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import type { ScanParams } from "../parameters/scan/mod.ts";
import { layoutOf } from "./mod.ts";
import type { ModelServices, ScanLayout } from "./scan_model.ts";

/** A scan to put into a model. */
export interface ScanInput {
  readonly label: string;
  readonly p: ScanParams;
  readonly prepared: PreparedScan;
  /** Photons of the strongest frame where they are known without reading the frames. */
  readonly photons?: number;
  /** Probe storage to share with the other scans of the same ID, in place of the scan's own. */
  readonly probeID?: string;
  /** Object storage to share with the other scans of the same ID, in place of the scan's own. */
  readonly objectID?: string;
}

/** A scan of which the storages are known. */
export interface PlannedScan {
  readonly input: ScanInput;
  readonly geometry: Geometry;
  readonly layout: ScanLayout;
  readonly photons: number;
  readonly probeStorage: number;
  readonly objectStorage: number;
}

/** The probe and object storages of scans, and which scan has which. */
export interface ScanPlan {
  readonly scans: readonly PlannedScan[];
  readonly probes: readonly Storage[];
  readonly objects: readonly Storage[];
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
  const probes = groupBy(drafts, (d) => d.probeID);
  const objects = groupBy(drafts, (d) => d.objectID);
  const place = startCounter();
  const probeStorages = [...probes].map(([ID, users], index) => {
    checkSame(users, { ID, kind: "probe" });
    const { geometry, layout } = users[0]!;
    const { resolution: psize, shape, energy } = geometry;
    const box = boundingBox([firstPixel([0, 0], { psize, shape })], { shape, padding: 0 });
    return place(
      storageOver(box, { ID, numID: index + 1, start: 0, psize, energy, padding: 0, ...layers(layout.probeModes) }),
    );
  });
  const placeObject = startCounter();
  const objectStorages = [...objects].map(([ID, users], index) => {
    checkSame(users, { ID, kind: "object" });
    const { geometry, layout } = users[0]!;
    const { resolution: psize, shape, energy } = geometry;
    // A whole number of pixels must not fall below itself by rounding.
    const padding = Math.floor(maxShift / Math.max(...psize) + 1e-9);
    const box = boundingBox(users.flatMap(firstPixels), { shape, padding });
    return placeObject(
      storageOver(box, { ID, numID: index + 1, start: 0, psize, energy, padding, ...layers(layout.objectModes) }),
    );
  });
  return {
    probes: probeStorages,
    objects: objectStorages,
    scans: drafts.map((draft) => ({
      ...draft,
      probeStorage: [...probes.keys()].indexOf(draft.probeID),
      objectStorage: [...objects.keys()].indexOf(draft.objectID),
    })),
  };
}

type Draft = Omit<PlannedScan, "probeStorage" | "objectStorage"> & {
  readonly probeID: string;
  readonly objectID: string;
};

function draftScan(input: ScanInput, services: ModelServices): Draft {
  const { label, p, prepared } = input;
  const { energy, distance, psize, shape, center } = prepared.meta;
  checkFrames(label, prepared);
  if (prepared.rocking !== undefined) {
    const message = `found "${p.name}" for frames of rocking curves, expected "Bragg3dModel"`;
    throw new ParameterError([{ path: `scans.${label}.name`, message }]);
  }
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
  const { storageID } = layout;
  return {
    input,
    geometry,
    layout,
    photons,
    probeID: input.probeID ?? storageID,
    objectID: input.objectID ?? storageID,
  };
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

function firstPixels({ input, geometry }: Draft): [number, number][] {
  const { positions, numFrames } = input.prepared;
  const { resolution: psize, shape } = geometry;
  return Array.from(
    { length: numFrames },
    (_, i) => firstPixel([positions[2 * i]!, positions[2 * i + 1]!], { psize, shape }),
  );
}

/** Scans on one storage need the same grid; small differences of the pixel size would move views unnoticed. */
function checkSame(
  users: readonly Draft[],
  { ID, kind }: { readonly ID: string; readonly kind: "probe" | "object" },
): void {
  const first = users[0]!;
  const modes = (d: Draft) => kind === "probe" ? d.layout.probeModes : d.layout.objectModes;
  for (const user of users) {
    const isSame = [0, 1].every((axis) =>
      Math.abs(user.geometry.resolution[axis]! / first.geometry.resolution[axis]! - 1) < 1e-6 &&
      user.geometry.shape[axis] === first.geometry.shape[axis]
    );
    if (isSame && modes(user) === modes(first)) continue;
    const describe = (d: Draft) =>
      `${d.geometry.shape.join(" x ")} pixels of ${d.geometry.resolution[0]} m, ${modes(d)} modes`;
    throw new DataError(
      `Cannot share ${kind} "${ID}": found ${describe(user)} in scan "${user.input.label}", expected ${
        describe(first)
      } as in "${first.input.label}"`,
      { storage: ID, scan: user.input.label },
    );
  }
}

function layers(count: number): { readonly layermap: readonly number[] } {
  return { layermap: Array.from({ length: count }, (_, i) => i) };
}

/** Places storages one after the other. */
function startCounter(): (storage: Storage) => Storage {
  let next = 0;
  return (storage) => {
    const start = next;
    next += storageSize(storage);
    return { ...storage, start };
  };
}

function groupBy(drafts: readonly Draft[], key: (draft: Draft) => string): Map<string, Draft[]> {
  const groups = new Map<string, Draft[]>();
  for (const draft of drafts) groups.set(key(draft), [...groups.get(key(draft)) ?? [], draft]);
  return groups;
}
