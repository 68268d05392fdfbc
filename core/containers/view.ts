/** Views: what a pod sees of a storage. */

/** A window on one layer of a storage. */
export interface View {
  /** `V0000`, `V0001`, ... in each container. */
  readonly ID: string;
  /** Index of the storage in its container. */
  readonly storage: number;
  /** Index of the layer in the storage. */
  readonly layer: number;
  /** Pixels, (y, x). */
  readonly shape: readonly [number, number];
  /** Middle of the view in metres, (y, x). */
  readonly coord: readonly [number, number];
  /** First pixel in the storage, (y, x). */
  readonly low: readonly [number, number];
  /** Planes, middle in metres and first plane in the storage, of views on volumes. */
  readonly depth?: { readonly planes: number; readonly coord: number; readonly low: number };
}

/** An ID of PtyPy's: a letter and the number in four digits, more where needed. */
export function numberedID(prefix: "V" | "P" | "S", number: number): string {
  return prefix + String(number).padStart(4, "0");
}
