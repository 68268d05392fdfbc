/** Work on many things, a few at a time. */

/** How. */
export interface ParallelOptions {
  /** At most so many at a time. */
  readonly limit: number;
  /** Ends all of it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `work` for every item, in their order, and waits for all. After the first failure nothing is begun, the signal that
 * `work` gets is aborted, and what runs is waited for.
 *
 * @throws the first failure, or the reason of `signal`
 */
export async function inParallel<T>(
  items: Iterable<T>,
  { limit, signal }: ParallelOptions,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const both = signal === undefined ? failed.signal : AbortSignal.any([failed.signal, signal]);
  const queue = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); !next.done && !both.aborted; next = queue.next()) {
      try {
        await work(next.value, both);
      } catch (error) {
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  both.throwIfAborted();
}
