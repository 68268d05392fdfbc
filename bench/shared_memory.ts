/** The memory of benchmarks of single passes. */

/** Pages of 64 KiB: more than any of them fills; what none touches takes no memory. */
export const SHARED_PAGES = 2 ** 14;

/** A memory as threads share it, of its full size from the beginning. */
export function sharedMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: SHARED_PAGES, maximum: SHARED_PAGES, shared: true });
}
