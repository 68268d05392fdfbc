/** What the loaders of CXI files share: an open file as a scan, with positions turned and saturated pixels masked. */

import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { type CxiFrames, openCxi } from "../formats/cxi.ts";
import type { CxiScanParams } from "../parameters/scandata/cxi.ts";
import type { LoaderServices, OpenScan, RawFrames } from "./loader.ts";
import { need } from "./instrument_files.ts";
import { saturatedValues, validCounts } from "./saturated.ts";

/** Parameters of any of these loaders. */
export type CxiParams = Omit<CxiScanParams, "name">;

/**
 * Opens the file that `p.source` names.
 *
 * @param energies paths below the entry where the photon energy may stand, the first choice first
 * @throws {DataError} naming file, data set, what was found and what was expected
 */
export function openCxiScan(
  p: CxiParams,
  { services, energies }: { readonly services: LoaderServices; readonly energies: readonly string[] },
): OpenScan {
  const path = services.path(need(p.source, "source", "the file to read"));
  const file = openCxi(path, {
    choice: { entry: p.entry, data: p.data_key, positions: p.positions_key, mask: p.mask_key, energies },
    wanted: {
      energy: p.energy === null,
      distance: p.distance === null,
      psize: p.psize === null,
      positions: p.positions_theory === null,
    },
  });
  const source = `"${path}:${file.data}"`;
  try {
    return scanOf(file, { p, source, services });
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

function scanOf(
  file: CxiFrames,
  { p, source, services }: { readonly p: CxiParams; readonly source: string; readonly services: LoaderServices },
): OpenScan {
  const numFrames = pairedFrames(file, { p, source, services });
  const { energy, distance, psize, center } = file;
  return {
    numFrames,
    positions: file.positions === null ? null : turned(file.positions.subarray(0, 2 * numFrames), p),
    weight: file.mask,
    source,
    found: {
      ...(energy === undefined ? {} : { energy }),
      ...(distance === undefined ? {} : { distance }),
      ...(psize === undefined ? {} : { psize }),
      ...(center === undefined ? {} : { center }),
    },
    frames: (start, stop) => withMasks(file, { start, stop, saturation: p.saturation }),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** Frames that have a position. */
function pairedFrames(
  { numFrames, positions }: CxiFrames,
  { p, source, services }: { readonly p: CxiParams; readonly source: string; readonly services: LoaderServices },
): number {
  const found = positions === null ? numFrames : positions.length / 2;
  if (found === numFrames) return numFrames;
  const counts = `${numFrames} frames and ${found} positions`;
  if (!p.take_common) {
    const text = `Cannot use ${source}: found ${counts}, expected as many of one as of the other; ` +
      `correct the file, give data.positions_theory, or write data.take_common: true for the first that both have`;
    throw new DataError(text, { source, found, expected: numFrames });
  }
  const common = Math.min(found, numFrames);
  const warn = services.warn ?? services.log;
  warn(`${source} has ${counts}: the first ${common} of both are taken (data.take_common)`);
  return common;
}

function turned(positions: Float64Array, { motors_multiplier: factor }: CxiParams): Float64Array {
  const [rows, cols] = typeof factor === "number" ? [factor, factor] : factor;
  return positions.map((value, i) => value * (i % 2 === 0 ? rows : cols));
}

function withMasks(
  file: CxiFrames,
  { start, stop, saturation }: { readonly start: number; readonly stop: number; readonly saturation: number | null },
): RawFrames {
  const { data, mask } = file.frames(start, stop);
  const valid = validCounts(data, {
    isSaturated: saturatedValues(data.dtype, saturation),
    mask,
    common: file.mask?.data ?? null,
  });
  if (valid === null) return { data };
  const weights: NdArray = { dtype: "uint8", shape: data.shape, data: valid };
  return { data, weights };
}
