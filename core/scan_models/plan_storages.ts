/** Which probe or object storages scans need: one per ID, large enough for all who look at it. */

import {
  boundingBox,
  firstPixel,
  type PixelBox,
  type Storage,
  storageOver,
  storageSize,
} from "../containers/storage.ts";
import { DataError } from "../errors.ts";
import type { Geometry } from "../geometry.ts";
import type { PreparedScan } from "../loaders/prepared_scan.ts";
import type { ScanLayout } from "./scan_model.ts";
import type { EnergyCoupling } from "./spectrum.ts";

/** Probe or object. */
export type StorageKind = "probe" | "object";

/** A scan that looks at storages. */
export interface StorageUser {
  readonly input: { readonly label: string; readonly prepared: PreparedScan };
  readonly geometry: Geometry;
  readonly layout: ScanLayout;
  /** One geometry per energy, all with the sample pixel of `geometry`. */
  readonly energies: readonly Geometry[];
  /** IDs of its storages, one per energy; the same ID again where energies share. */
  readonly probeIDs: readonly string[];
  readonly objectIDs: readonly string[];
}

/** Storages of which the layers, one per energy, have something in common. They lie one after the other. */
export interface CoupledStorages extends EnergyCoupling {
  readonly storages: readonly number[];
}

/** Storages of one kind. */
export interface StoragesPlan {
  readonly storages: readonly Storage[];
  readonly couplings: readonly CoupledStorages[];
}

/** A storage as one scan and energy see it. */
interface Use {
  readonly user: StorageUser;
  readonly geometry: Geometry;
}

/**
 * Plans the storages of one kind: a probe covers a frame, an object the bounding box of all views on it and a margin.
 *
 * maxShift  metres that views of an object may move
 *
 * @throws {DataError} for scans that share a storage without having the same pixels and modes
 */
export function planStorages(
  users: readonly StorageUser[],
  { kind, maxShift }: { readonly kind: StorageKind; readonly maxShift: number },
): StoragesPlan {
  const uses = groupUses(users, kind);
  const coupled = coupledIDs(users, kind);
  // Storages of one coupling lie together, whatever other scans share of them.
  const order = [...new Set([...coupled.flatMap(({ IDs }) => IDs), ...uses.keys()])];
  let start = 0;
  const storages = order.map((ID, index) => {
    const all = uses.get(ID)!;
    checkSame(all, { ID, kind });
    const { user: { layout }, geometry: { resolution: psize, energy } } = all[0]!;
    // A whole number of pixels must not fall below itself by rounding.
    const padding = kind === "probe" ? 0 : Math.floor(maxShift / Math.max(...psize) + 1e-9);
    const count = kind === "probe" ? layout.probeModes : layout.objectModes;
    const layermap = Array.from({ length: count }, (_, i) => i);
    // Layers of one coupling lie on one grid.
    const together = coupled.find(({ IDs }) => IDs.includes(ID))?.IDs ?? [ID];
    const looking = together.flatMap((other) => uses.get(other)!);
    const box = union(looking.map(({ user }) => boxOf(user, { kind, padding })));
    const storage = storageOver(box, { ID, numID: index + 1, start, psize, energy, padding, layermap });
    start += storageSize(storage);
    return storage;
  });
  const couplings = coupled.map(({ IDs, ...coupling }) => ({
    ...coupling,
    storages: IDs.map((ID) => order.indexOf(ID)),
  }));
  return { storages, couplings };
}

function groupUses(users: readonly StorageUser[], kind: StorageKind): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  for (const user of users) {
    for (const [energy, ID] of idsOf(user, kind).entries()) {
      uses.set(ID, [...uses.get(ID) ?? [], { user, geometry: user.energies[energy]! }]);
    }
  }
  return uses;
}

function idsOf(user: StorageUser, kind: StorageKind): readonly string[] {
  return kind === "probe" ? user.probeIDs : user.objectIDs;
}

/** The couplings of all scans, each once. @throws {DataError} for scans that share storages and couple them in different ways */
function coupledIDs(
  users: readonly StorageUser[],
  kind: StorageKind,
): (EnergyCoupling & { readonly IDs: readonly string[] })[] {
  const found = new Map<string, { label: string; coupling: EnergyCoupling; IDs: readonly string[] }>();
  for (const user of users) {
    const coupling = user.layout.spectrum?.[kind].coupling ?? null;
    if (coupling === null) continue;
    const IDs = idsOf(user, kind);
    const { label } = user.input;
    const other = found.get(IDs[0]!);
    if (other !== undefined && String([other.IDs, other.coupling.project]) !== String([IDs, coupling.project])) {
      throw new DataError(
        `Cannot share ${kind} "${
          IDs[0]
        }": found scan "${label}" with other energies, spectrum or ${kind}_dispersion than ` +
          `"${other.label}", expected the same`,
        { storage: IDs[0]!, scan: label },
      );
    }
    found.set(IDs[0]!, { label, coupling, IDs });
  }
  return [...found.values()].map(({ IDs, coupling }) => ({ IDs, ...coupling }));
}

function boxOf(
  { input: { prepared: { positions, numFrames } }, geometry: { resolution: psize, shape } }: StorageUser,
  { kind, padding }: { readonly kind: StorageKind; readonly padding: number },
): PixelBox {
  if (kind === "probe") return boundingBox([firstPixel([0, 0], { psize, shape })], { shape, padding });
  const views = Array.from(
    { length: numFrames },
    (_, i) => firstPixel([positions[2 * i]!, positions[2 * i + 1]!], { psize, shape }),
  );
  return boundingBox(views, { shape, padding });
}

function union(boxes: readonly PixelBox[]): PixelBox {
  const all = (side: "low" | "high", pick: (...values: number[]) => number) =>
    ([0, 1] as const).map((axis) => boxes.reduce((best, box) => pick(best, box[side][axis]), boxes[0]![side][axis]));
  const [low, high] = [all("low", Math.min), all("high", Math.max)];
  return { low: [low[0]!, low[1]!], high: [high[0]!, high[1]!] };
}

/** Scans on one storage need the same grid; small differences of the pixel size would move views unnoticed. */
function checkSame(uses: readonly Use[], { ID, kind }: { readonly ID: string; readonly kind: StorageKind }): void {
  const first = uses[0]!.user;
  const modes = ({ layout }: StorageUser) => kind === "probe" ? layout.probeModes : layout.objectModes;
  const sides = (user: StorageUser) => kind === "probe" ? `${user.geometry.shape.join(" x ")} pixels` : "pixels";
  for (const { user } of uses) {
    const isSame = [0, 1].every((axis) =>
      Math.abs(user.geometry.resolution[axis]! / first.geometry.resolution[axis]! - 1) < 1e-6
    );
    if (isSame && sides(user) === sides(first) && modes(user) === modes(first)) continue;
    const describe = (u: StorageUser) =>
      `${sides(u)} of ${u.geometry.resolution.map((side) => side.toPrecision(6)).join(" x ")} m, ${modes(u)} modes`;
    throw new DataError(
      `Cannot share ${kind} "${ID}": found ${describe(user)} in scan "${user.input.label}", expected ${
        describe(first)
      } as in "${first.input.label}"`,
      { storage: ID, scan: user.input.label },
    );
  }
}
