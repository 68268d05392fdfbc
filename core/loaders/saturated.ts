/** Pixels whose value is no count: what detectors write where they could not count further. */

import type { DType, NdArray } from "../../kernels/nd_array.ts";

/** Greatest numbers of 16 and 32 bits. */
const [GREATEST_16, GREATEST_32] = [2 ** 16 - 1, 2 ** 32 - 1];

/**
 * From which value on a pixel of this type is saturated: `given`, or the greatest number of its bits where that is null. Infinity
 * for none.
 */
export function saturationOf(dtype: DType, given: number | null): number {
  if (given !== null) return given === 0 ? Infinity : given;
  if (dtype === "uint16") return GREATEST_16;
  return ["uint32", "int64", "uint64", "float32", "float64"].includes(dtype) ? GREATEST_32 : Infinity;
}

/** What is known of the validity of frames. */
export interface Validity {
  readonly limit: number;
  /** Of each of these frames. */
  readonly mask: Uint8Array | null;
  /** Of all frames, for one. */
  readonly common: Uint8Array | null;
}

/** Which pixels of `frames` are valid and below the limit; null where the common mask says all there is to say. */
export function validBelow({ data }: NdArray, { limit, mask, common }: Validity): Uint8Array | null {
  let valid = mask;
  for (let i = 0; i < data.length; i++) {
    if (Number(data[i]!) < limit || Number.isNaN(Number(data[i]!))) continue;
    valid ??= repeated(common, data.length);
    valid[i] = 0;
  }
  return valid;
}

function repeated(common: Uint8Array | null, length: number): Uint8Array {
  const all = new Uint8Array(length).fill(1);
  if (common !== null) { for (let at = 0; at < length; at += common.length) all.set(common, at); }
  return all;
}
