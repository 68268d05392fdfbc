/** Removes checkpoints that nobody will resume from. */

import type { ArtifactStore } from "./artifacts.ts";

/** Which artifacts stay. */
export interface CollectOptions {
  /** Looks only at keys that begin so. */
  readonly prefix: string;
  /** How many of the last, in the order of keys, stay. */
  readonly keep: number;
  /** What stays wherever it is in that order, such as the end of each engine. */
  readonly isKept: (key: string) => boolean;
}

/**
 * Removes old artifacts, the oldest first, so that it can be killed at any moment and called again.
 *
 * @returns the keys that it removed
 * @throws {RangeError} if `keep` is not a whole number from 0 on @throws {DataError} as the store does
 */
export async function collectArtifacts(
  store: ArtifactStore,
  { prefix, keep, isKept }: CollectOptions,
): Promise<string[]> {
  if (!Number.isSafeInteger(keep) || keep < 0) {
    throw new RangeError(`Cannot collect artifacts: found keep = ${keep}, expected a whole number from 0 on`);
  }
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  const old = keys.slice(0, Math.max(0, keys.length - keep)).filter((key) => !isKept(key));
  for (const key of old) await store.remove(key);
  return old;
}
