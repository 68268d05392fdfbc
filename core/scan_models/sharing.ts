/** Which storages scans share: by the parameters `sharing`, or by IDs that a caller gives. */

import { ParameterError } from "../errors.ts";
import { createGeometry, type Geometry } from "../geometry.ts";
import type { ScanParams } from "../parameters/scan/mod.ts";
import type { ScanLayout } from "./scan_model.ts";
import type { StorageKind } from "./plan_storages.ts";

/** A scan that may share. */
export interface SharingScan {
  readonly input: {
    readonly label: string;
    readonly p: Pick<ScanParams, "sharing">;
    readonly probeID?: string;
    readonly objectID?: string;
  };
  readonly layout: Pick<ScanLayout, "storageID" | "spectrum">;
}

/**
 * IDs of a scan's storages, one per energy. `sharing` names a scan, whose storages these are then, or anything else: then they belong to
 * all scans that name it.
 *
 * @throws {ParameterError} if scans name each other in a ring
 */
export function storageIDs(scan: SharingScan, scans: readonly SharingScan[], kind: StorageKind): string[] {
  const first = firstID(scan, scans, { kind, seen: [] });
  const { spectrum } = scan.layout;
  if (spectrum === undefined) return [first];
  const isOne = spectrum[kind].kind === "one";
  return spectrum.factors.map((_, energy) => isOne ? first : energyID(first, energy));
}

/** Names in `sharing` that no other scan has or names, which may be slips of the pen: a sentence for each. */
export function sharedWithNobody(scans: readonly SharingScan[]): string[] {
  return scans.flatMap(({ input: { label, p } }) =>
    (["probe", "object"] as const).flatMap((kind) => {
      const name = p.sharing[kind];
      if (name === null) return [];
      const others = scans.filter(({ input }) => input.label !== label);
      if (others.some(({ input }) => input.label === name || input.p.sharing[kind] === name)) return [];
      return [
        `scans.${label}.sharing.${kind} is "${name}", which no other scan is called or names: it shares with none`,
      ];
    })
  );
}

/** The ID of an energy's storage, from that of the first energy: its last two digits are the energy's. */
export function energyID(ID: string, energy: number): string {
  return energy === 0 ? ID : ID.slice(0, -2) + String(energy).padStart(2, "0");
}

function firstID(
  scan: SharingScan,
  scans: readonly SharingScan[],
  { kind, seen }: { readonly kind: StorageKind; readonly seen: readonly string[] },
): string {
  const { label, p, probeID, objectID } = scan.input;
  const given = kind === "probe" ? probeID : objectID;
  if (given !== undefined) return given;
  const name = p.sharing[kind];
  if (name === null || name === label) return scan.layout.storageID;
  if (seen.includes(label)) {
    const message = `found scans that name each other, ${
      [...seen, label].join(", ")
    }, expected one of them to name none`;
    throw new ParameterError([{ path: `scans.${label}.sharing.${kind}`, message }]);
  }
  const other = scans.find(({ input }) => input.label === name);
  return other === undefined ? `S${name}G00` : firstID(other, scans, { kind, seen: [...seen, label] });
}

/**
 * The geometry of a scan on the sample pixels of the scan that it shares something with. In the far field any pixel will do: see
 * core/propagators/scaled_far_field.ts. Differences that are rounding are taken over too, so that no views move.
 */
export function onPixelsOf(geometry: Geometry, { resolution }: Geometry): Geometry {
  const isSame = [0, 1].every((axis) => Math.abs(geometry.resolution[axis]! / resolution[axis]! - 1) < 1e-6);
  if (isSame || geometry.propagation === "nearfield") return geometry;
  return createGeometry({ ...geometry, resolution });
}
