/** Prepared scans as an artifact: frames by range, and the state of the generator after preparation. */

import { openPack, type Pack } from "../core/formats/array_pack.ts";
import { createPack, type PackWriter } from "../core/formats/array_pack_writer.ts";
import type { PreparedScan, ScanMeta } from "../core/loaders/prepared_scan.ts";
import { ROCKING_COLUMNS, type RockingCurves } from "../core/loaders/rocking.ts";
import { type MeasuredFrames, visitFrames } from "../kernels/measured.ts";
import type { Precision } from "../kernels/nd_array.ts";
import type { RandomState } from "../kernels/reconstruction.ts";
import type { LoadedScan } from "./load.ts";
import type { Json } from "../core/json.ts";

const KIND = "prepared";

interface ScanEntry {
  readonly label: string;
  readonly meta: ScanMeta;
  readonly numFrames: number;
  readonly points: number;
  readonly precision: Precision;
  readonly maskFrames: number;
  /** Angles of rocking curves, in degrees; their coordinates are an array. */
  readonly angles?: Omit<RockingCurves, "coordinates">;
}

/** Writes scans into a file that does not exist yet. */
export function writePrepared(
  path: string,
  { scans, random }: { readonly scans: readonly LoadedScan[]; readonly random: RandomState },
): void {
  using pack = createPack(path, KIND);
  const entries = scans.map(({ label, prepared }, i): ScanEntry => {
    const { meta, numFrames, indices, positions, measured, rocking } = prepared;
    pack.add(`${i}/indices`, { dtype: "int32", shape: [numFrames], data: indices });
    pack.add(`${i}/positions`, { dtype: "float64", shape: [numFrames, 2], data: positions });
    addFrames(pack, `${i}`, { measured, shape: meta.shape });
    const { points, precision, maskFrames } = measured;
    const entry = { label, meta, numFrames, points, precision, maskFrames };
    if (rocking === undefined) return entry;
    const { coordinates, ...angles } = rocking;
    pack.add(`${i}/coordinates`, { dtype: "float64", shape: [numFrames, ROCKING_COLUMNS], data: coordinates });
    return { ...entry, angles };
  });
  pack.finish({ scans: entries as unknown as Json, random: random as Json });
}

/** Prepared scans that read their frames from the file as long as it is open. */
export interface OpenPrepared {
  /** By label. */
  readonly scans: ReadonlyMap<string, PreparedScan>;
  /** State of the generator after preparation. */
  readonly random: RandomState;
}

/** Scans of an open pack. @throws {DataError} if a part of the file is not what was written */
export function readPrepared(pack: Pack): OpenPrepared {
  const { scans, random } = pack.meta as unknown as { scans: readonly ScanEntry[]; random: RandomState };
  const opened = scans.map((entry, i): [string, PreparedScan] => {
    const { label, meta, numFrames, angles } = entry;
    const indices = pack.read(`${i}/indices`).data as Int32Array;
    const positions = pack.read(`${i}/positions`).data as Float64Array;
    const measured = framesOf(pack, `${i}`, entry);
    if (angles === undefined) return [label, { meta, numFrames, indices, positions, measured }];
    const rocking = { ...angles, coordinates: pack.read(`${i}/coordinates`).data as Float64Array };
    return [label, { meta, numFrames, indices, positions, rocking, measured }];
  });
  return { scans: new Map(opened), random };
}

/** Opens the file of prepared scans. @throws {DataError} if it is none */
export function openPreparedFile(path: string): Pack {
  return openPack(path);
}

function addFrames(
  pack: PackWriter,
  name: string,
  { measured, shape }: { readonly measured: MeasuredFrames; readonly shape: readonly [number, number] },
): void {
  const { frames, precision, maskFrames, points } = measured;
  const dtype = precision === "single" ? "float32" : "float64";
  const diffraction = pack.begin(`${name}/diffraction`, { dtype, shape: [frames, ...shape] });
  visitFrames(measured, (frame) => diffraction.write(frame.diffraction));
  diffraction.end();
  const mask = pack.begin(`${name}/mask`, { dtype: "uint8", shape: [maskFrames, ...shape] });
  const one = new Uint8Array(points);
  for (let i = 0; i < maskFrames; i++) {
    measured.readMask(i, one);
    mask.write(one);
  }
  mask.end();
}

function framesOf(pack: Pack, name: string, { numFrames, points, precision, maskFrames }: ScanEntry): MeasuredFrames {
  return {
    frames: numFrames,
    points,
    precision,
    maskFrames,
    readDiffraction: (first, into) => pack.readInto(`${name}/diffraction`, first * points, into),
    readMask: (first, into) => pack.readInto(`${name}/mask`, first * points, into),
  };
}
