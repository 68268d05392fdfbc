/** Arrays in the memory of a GPU. */

import { DeviceError } from "../errors.ts";
import type { ElementArray } from "../nd_array.ts";
import type { Gpu } from "./request_gpu.ts";

/** A buffer with a number that names it in keys. */
export interface GpuArray {
  readonly id: number;
  readonly buffer: GPUBuffer;
  /** Bytes in use; a multiple of 4. */
  readonly bytes: number;
}

/** Makes arrays and frees them all at the end. */
export interface GpuArrays {
  /** A zeroed array. @throws {DeviceError} if no binding can be so large */
  create(name: string, bytes: number, usage?: GPUBufferUsageFlags): GpuArray;
  /** Writes values at a byte offset, before all work that is submitted later. */
  upload(array: GpuArray, values: ElementArray, offset?: number): void;
  free(array: GpuArray): void;
  dispose(): void;
}

/** Bytes per call when large arrays are written, and bytes that wait to be written at a time: each takes memory twice until then. */
const UPLOAD_BYTES = 2 ** 26;

/** No arrays yet. */
export function createGpuArrays({ device }: Gpu, bindingBytes: number): GpuArrays {
  const arrays = new Set<GpuArray>();
  let count = 0;
  let waiting = 0;
  return {
    create(name, bytes, usage = 0) {
      const size = Math.max(4, 4 * Math.ceil(bytes / 4));
      if (size > bindingBytes) {
        throw new DeviceError(
          `Cannot hold "${name}" on the GPU: found ${size} bytes, expected at most ${bindingBytes}; use a smaller shape, ` +
            "an adapter with larger bindings or another device",
          { name, bytes: size, limit: bindingBytes },
        );
      }
      const all = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST | usage;
      const array = { id: count++, buffer: device.createBuffer({ label: name, size, usage: all }), bytes: size };
      arrays.add(array);
      return array;
    },
    upload(array, values, offset = 0) {
      const bytes = new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
      for (let at = 0; at < bytes.length; at += UPLOAD_BYTES) {
        const end = Math.min(bytes.length, at + UPLOAD_BYTES);
        const whole = (end - at) - (end - at) % 4;
        device.queue.writeBuffer(array.buffer, offset + at, bytes, at, whole);
        waiting += whole;
        if (waiting >= UPLOAD_BYTES) device.queue.submit([]);
        waiting %= UPLOAD_BYTES;
        if (whole === end - at) continue;
        const rest = new Uint8Array(4);
        rest.set(bytes.subarray(at + whole, end));
        device.queue.writeBuffer(array.buffer, offset + at + whole, rest);
      }
    },
    free(array) {
      arrays.delete(array);
      array.buffer.destroy();
    },
    dispose() {
      for (const { buffer } of arrays) buffer.destroy();
      arrays.clear();
    },
  };
}
