/** Memory for scratch: what lives only within a pass shares it with the scratch of all other passes and blocks. */

import type { Buffer, BufferLayout, Pass } from "../pass.ts";
import type { GpuArray, GpuArrays } from "./gpu_array.ts";

/** Memory that passes take in turn. */
export interface ScratchPool {
  /** Gives the scratch buffers of a pass their memory until the next one. */
  place(pass: Pass): void;
  /** Where a buffer of the pass that was placed last lies. */
  get(buffer: Buffer): GpuArray | null;
}

/** A pool for buffers of `bytesOf` bytes; `release` frees memory that is too small for what is to come. */
export function createScratchPool(
  { arrays, bytesOf, release }: {
    readonly arrays: GpuArrays;
    /** Bytes that a buffer needs, and those that such a buffer of any block needs. */
    readonly bytesOf: (layout: BufferLayout) => { readonly own: number; readonly most: number };
    readonly release: (array: GpuArray) => void;
  },
): ScratchPool {
  const slots: GpuArray[] = [];
  const places = new Map<Buffer, GpuArray>();
  return {
    place({ calls }) {
      const buffers = new Set(calls.flatMap((call) => Object.values(call.buffers)));
      const scratch = [...buffers].filter(({ layout }) => layout.extent === "scratch")
        .map((buffer) => ({ buffer, ...bytesOf(buffer.layout) }));
      // The largest first, so that every slot is only as large as the slot's buffer of any pass.
      scratch.sort((a, b) => b.most - a.most);
      places.clear();
      for (const [i, { buffer, own, most }] of scratch.entries()) {
        const old = slots[i];
        if (old === undefined || old.bytes < most) {
          if (old !== undefined) release(old);
          slots[i] = arrays.create("scratch", most);
        }
        places.set(buffer, { ...slots[i]!, bytes: own });
      }
    },
    get: (buffer) => places.get(buffer) ?? null,
  };
}
