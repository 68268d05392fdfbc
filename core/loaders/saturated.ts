/** Pixels whose value is no count: what detectors write where they could not count further. */

import type { DType, NdArray } from "../../kernels/nd_array.ts";

/** What detectors write where they cannot count, by the type that holds it: all ones in 16 or 32 bits, also after a conversion. */
const SENTINELS: Partial<Record<DType, readonly number[]>> = {
  uint16: [2 ** 16 - 1],
  uint32: [2 ** 32 - 1],
  int64: [2 ** 32 - 1],
  uint64: [2 ** 32 - 1],
  float32: [2 ** 32], // 2^32 - 1 in single precision.
  float64: [2 ** 32 - 1, 2 ** 32],
};

/**
 * Tells which values of this type are no counts: those from `given` on, none if that is 0, and what detectors write if it is null.
 * Null where no value is.
 */
export function saturatedValues(dtype: DType, given: number | null): ((value: number) => boolean) | null {
  if (given !== null) return given === 0 ? null : (value) => value >= given;
  const sentinels = SENTINELS[dtype];
  return sentinels === undefined ? null : (value) => sentinels.includes(value);
}

/** What is known of the validity of frames. */
export interface Validity {
  readonly isSaturated: ((value: number) => boolean) | null;
  /** Of each of these frames. */
  readonly mask: Uint8Array | null;
  /** Of all frames, for one. */
  readonly common: Uint8Array | null;
}

/** Which pixels of `frames` are valid and not saturated; null where the common mask says all there is to say. */
export function validCounts({ data }: NdArray, { isSaturated, mask, common }: Validity): Uint8Array | null {
  if (isSaturated === null) return mask;
  let valid = mask;
  for (let i = 0; i < data.length; i++) {
    if (!isSaturated(Number(data[i]!))) continue;
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
