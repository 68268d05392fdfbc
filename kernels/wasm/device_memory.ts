/** The memory of the WASM device: one WebAssembly.Memory, pieces of it by address. */

import { DeviceError } from "../errors.ts";

/** Pieces of one memory. Addresses are multiples of 64 and never 0. */
export interface DeviceMemory {
  readonly memory: WebAssembly.Memory;
  /** Whether threads can share it. */
  readonly shared: boolean;
  /** A piece of zeros. @throws {DeviceError} if the memory cannot grow so far */
  take(bytes: number, what: string): number;
  /** Gives a piece back. */
  give(address: number): void;
}

const PAGE_BYTES = 65536;
const ALIGNMENT = 64;
/** What 32-bit addresses reach. */
const MAX_PAGES = 65536;

/** A new memory; not shared where threads cannot share one. */
export function createDeviceMemory({ shared }: { readonly shared: boolean }): DeviceMemory {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES, shared });
  const sizes = new Map<number, number>();
  /** Pieces given back, in the order of their addresses, none next to another. */
  const free: { at: number; bytes: number }[] = [];
  // Address 0 stands for nothing.
  let top = ALIGNMENT;

  function grow(end: number, what: string): void {
    const missing = Math.ceil(end / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES;
    if (missing <= 0) return;
    try {
      memory.grow(missing);
    } catch (cause) {
      throw new DeviceError(
        `Cannot hold ${what}: found ${(top / 1e6).toFixed(0)} MB in use and no room for ${
          ((end - top) / 1e6).toFixed(0)
        } MB more, expected up to 4 GB in all; use fewer frames, a smaller shape or single precision`,
        { inUse: top, wanted: end - top },
        cause,
      );
    }
  }

  return {
    memory,
    shared,
    take(wanted, what) {
      const bytes = Math.max(ALIGNMENT, Math.ceil(wanted / ALIGNMENT) * ALIGNMENT);
      const index = free.findIndex((piece) => piece.bytes >= bytes);
      const piece = free[index];
      const at = piece?.at ?? top;
      if (piece === undefined) {
        grow(top + bytes, what);
        top += bytes;
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

/** Joins a piece with the one behind it if they touch. */
function join(free: { at: number; bytes: number }[], index: number): void {
  const [piece, next] = [free[index]!, free[index + 1]];
  if (next === undefined || piece.at + piece.bytes !== next.at) return;
  free.splice(index, 2, { at: piece.at, bytes: piece.bytes + next.bytes });
}
