/** The memory of the WASM device: one WebAssembly.Memory, pieces of it by address. */

import { DeviceError } from "../errors.ts";

/** Pieces of one memory. Addresses are multiples of 64 and never 0. */
export interface DeviceMemory {
  readonly memory: WebAssembly.Memory;
  /** Pages of 64 KiB of a memory that threads share: all of them from the beginning. 0 for one that grows, for one thread. */
  readonly sharedPages: number;
  /** How large it may grow. */
  readonly mostBytes: number;
  /** A piece of zeros. @throws {DeviceError} if the memory cannot grow so far */
  take(bytes: number, what: string): number;
  /** Gives a piece back. */
  give(address: number): void;
}

const PAGE_BYTES = 65536;
const ALIGNMENT = 64;
/** What 32-bit addresses reach. */
export const MAX_MEMORY_BYTES = 2 ** 32;

/** The least that is worth trying where a system gives no larger shared memory. */
const LEAST_SHARED_PAGES = 2 ** 12;

/**
 * A new memory of up to `bytes`; not shared where threads cannot share one. A memory of one thread grows. A shared one has its full size
 * at once, since code for a memory that may grow is slower (see `createAssembler`): an address space, which takes memory where it is used.
 * @throws {DeviceError} if the system has no room for a shared memory
 */
export function createDeviceMemory(
  { shared, bytes: most = MAX_MEMORY_BYTES }: { readonly shared: boolean; readonly bytes?: number },
): DeviceMemory {
  const pages = Math.floor(most / PAGE_BYTES);
  const memory = shared ? sharedMemory(pages) : new WebAssembly.Memory({ initial: 1, maximum: pages });
  const sizes = new Map<number, number>();
  /** Pieces given back, in the order of their addresses, none next to another. */
  const free: { at: number; bytes: number }[] = [];
  // Address 0 stands for nothing.
  let top = ALIGNMENT;

  function grow(until: number, what: string): void {
    const missing = Math.ceil(until / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES;
    if (missing <= 0) return;
    try {
      memory.grow(missing);
    } catch (cause) {
      throw new DeviceError(
        `Cannot hold ${what}: found ${(end() / 1e6).toFixed(0)} MB in use and no room for ${
          ((until - end()) / 1e6).toFixed(0)
        } MB more, expected up to ${
          (most / 1e6).toFixed(0)
        } MB in all; use fewer frames, a smaller shape or single precision`,
        { inUse: end(), wanted: until - end() },
        cause,
      );
    }
  }

  /** Where what is in use ends. */
  function end(): number {
    const last = free.at(-1);
    return last !== undefined && last.at + last.bytes === top ? last.at : top;
  }

  return {
    memory,
    sharedPages: shared ? memory.buffer.byteLength / PAGE_BYTES : 0,
    mostBytes: most,
    take(wanted, what) {
      const bytes = Math.max(ALIGNMENT, Math.ceil(wanted / ALIGNMENT) * ALIGNMENT);
      const index = free.findIndex((piece) => piece.bytes >= bytes);
      const piece = free[index];
      const at = piece?.at ?? end();
      if (piece === undefined) {
        grow(at + bytes, what);
        if (at < top) free.pop();
        new Uint8Array(memory.buffer, at, top - at).fill(0);
        top = at + bytes;
      } else {
        new Uint8Array(memory.buffer, at, bytes).fill(0);
        if (piece.bytes === bytes) free.splice(index, 1);
        else free[index] = { at: at + bytes, bytes: piece.bytes - bytes };
      }
      sizes.set(at, bytes);
      return at;
    },
    give(address) {
      const bytes = sizes.get(address);
      if (bytes === undefined) throw new RangeError(`Cannot give back ${address}: expected the address of a piece`);
      sizes.delete(address);
      const next = free.findIndex((piece) => piece.at > address);
      const index = next < 0 ? free.length : next;
      free.splice(index, 0, { at: address, bytes });
      join(free, index);
      if (index > 0) join(free, index - 1);
    },
  };
}

/** A shared memory of so many pages, or of half of them, and so on, where a system has no room for so many. */
function sharedMemory(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  } catch (cause) {
    if (pages > LEAST_SHARED_PAGES) return sharedMemory(Math.floor(pages / 2));
    throw new DeviceError(
      `Cannot begin: found no room for a memory of ${(pages * PAGE_BYTES / 1e6).toFixed(0)} MB that threads share, ` +
        "expected it; run again with --threads 1",
      { pages },
      cause,
    );
  }
}

/** Joins a piece with the one behind it if they touch. */
function join(free: { at: number; bytes: number }[], index: number): void {
  const [piece, next] = [free[index]!, free[index + 1]];
  if (next === undefined || piece.at + piece.bytes !== next.at) return;
  free.splice(index, 2, { at: piece.at, bytes: piece.bytes + next.bytes });
}
