/**
 * What a process still knows of runs between two calls of stages: values by their keys, and engines whose state is on a device. It is a
 * cache: emptied at any moment, everything in it is made again from artifacts, to the same bytes.
 */

/** A value that holds a resource. */
export type Kept = Disposable;

/** The cache of a process. */
export interface WarmRuns extends Disposable {
  /** The value of a key, made if it is not known. Values that are many or old are forgotten. */
  remember<T>(key: string, make: () => Promise<T>): Promise<T>;
  /** Takes what is kept under a key out of the cache; null if there is nothing. The caller disposes of it or puts it back. */
  take<T extends Kept>(key: string): T | null;
  /** Keeps a value until it is taken, or disposed of because there are too many. */
  put(key: string, value: Kept): void;
  /** What is kept, by its keys. */
  kept(): readonly (readonly [string, Kept])[];
  /** Forgets everything. */
  clear(): void;
}

/** Values that are remembered: parameters and models, a few for each of the runs that take turns. */
const MOST_REMEMBERED = 64;

/** An empty cache that keeps at most `mostKept` values that hold resources. */
export function createWarmRuns({ mostKept = 2 }: { readonly mostKept?: number } = {}): WarmRuns {
  const remembered = new Map<string, Promise<unknown>>();
  const kept = new Map<string, Kept>();

  function clear(): void {
    for (const value of kept.values()) value[Symbol.dispose]();
    kept.clear();
    remembered.clear();
  }

  return {
    remember<T>(key: string, make: () => Promise<T>): Promise<T> {
      const known = remembered.get(key) as Promise<T> | undefined;
      const value = known ?? make();
      // The latest come last, so that the first are those to forget.
      remembered.delete(key);
      remembered.set(key, value);
      if (known === undefined) value.catch(() => remembered.delete(key));
      for (const old of remembered.keys()) {
        if (remembered.size <= MOST_REMEMBERED) break;
        remembered.delete(old);
      }
      return value;
    },
    take<T extends Kept>(key: string): T | null {
      const value = kept.get(key) as T | undefined;
      kept.delete(key);
      return value ?? null;
    },
    put(key, value) {
      kept.get(key)?.[Symbol.dispose]();
      kept.delete(key);
      kept.set(key, value);
      for (const [old, first] of kept) {
        if (kept.size <= mostKept) break;
        kept.delete(old);
        first[Symbol.dispose]();
      }
    },
    kept: () => [...kept],
    clear,
    [Symbol.dispose]: clear,
  };
}
