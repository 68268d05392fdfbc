/** Access to the oracles of initialisation, results of PtyPy 0.4.0 that may be absent; 0.9.0 gives the same numbers. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import assert from "node:assert/strict";
import { openHdf5 } from "../../core/formats/hdf5.ts";

const SHARED = join(import.meta.dirname!, "../../../shared");

/** Path of a file in the folder of references and data beside the repository. */
export function sharedPath(relative: string): string {
  return join(SHARED, relative);
}

/** True if such a file is there. */
export function hasShared(relative: string): boolean {
  return existsSync(sharedPath(relative));
}

/** The file with the oracles of initialisation, relative to the folder. */
export const INIT_ORACLE = "reference/oracles/init_oracle_v0.4.0.h5";

/** Names of the cases of a group; inputs, which begin with `_`, are none. */
export function oracleCases(file: string, group: string): string[] {
  using hdf5 = openHdf5(sharedPath(file));
  return hdf5.keys(group).filter((name) => !name.startsWith("_"));
}

/** Numbers of a data set, complex ones interleaved. */
export function readNumbers(
  file: string,
  path: string,
): { readonly data: Float64Array; readonly shape: readonly number[] } {
  using hdf5 = openHdf5(sharedPath(file));
  const { data, shape } = hdf5.readArray(path);
  return { data: Float64Array.from(data, Number), shape };
}

/** An attribute that holds JSON. */
export function readJson(file: string, path: string, attribute = "params"): Record<string, unknown> {
  using hdf5 = openHdf5(sharedPath(file));
  return JSON.parse(String(hdf5.attribute(path, attribute)));
}

/** An attribute that holds numbers. */
export function readAttribute(file: string, path: string, attribute: string): number[] {
  using hdf5 = openHdf5(sharedPath(file));
  const value = hdf5.attribute(path, attribute);
  if (typeof value === "number") return [value];
  assert.ok(typeof value === "object" && value !== null && "data" in value, `attribute ${attribute} of ${path}`);
  return Array.from(value.data, Number);
}

/** Fails where `found` differs from `expected` by more than `tolerance` times the largest expected number. */
export function assertRelative(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(found.length, expected.length, "number of values");
  let largest = 0;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const difference = Math.abs(found[i]! - expected[i]!);
    if (!(difference <= worst)) worst = difference;
  }
  assert.ok(worst <= tolerance * largest, `found a relative difference of ${worst / largest}, expected ${tolerance}`);
}
