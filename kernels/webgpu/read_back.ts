/** Reading arrays back from a GPU. */

import { DeviceError, ShapeError } from "../errors.ts";
import { type NdArray, sizeOf } from "../nd_array.ts";
import type { GpuArray } from "./gpu_array.ts";
import type { Recorder } from "./recorder.ts";
import type { Gpu } from "./request_gpu.ts";
import type { Stored } from "./store.ts";

/** Where arrays are read from. */
export interface Source {
  readonly gpu: Gpu;
  readonly recorder: Recorder;
}

/** Bytes that are read at a time. */
const READ_BYTES = 2 ** 26;

/** The contents of small arrays of numbers, in one go, after all recorded work is done. */
export async function readNumbers(source: Source, arrays: readonly GpuArray[]): Promise<Float64Array[]> {
  const raw = await readBytes(source, arrays);
  return raw.map((bytes) => Float64Array.from(new Float32Array(bytes)));
}

/** An array of the state that is to be read. */
export interface Wanted {
  readonly stored: Stored;
  readonly shape: readonly number[];
}

/** Arrays in the types that states have, with as few waits as possible. @throws {ShapeError} if one does not have its shape */
export async function readArrays(source: Source, wanted: readonly Wanted[]): Promise<NdArray[]> {
  const parts = await readBytes(source, wanted.flatMap(({ stored }) => stored.segments));
  let at = 0;
  return wanted.map(({ stored, shape }) => {
    const bytes = join(parts.slice(at, at + stored.segments.length));
    at += stored.segments.length;
    return toArray(bytes, { stored, shape });
  });
}

function toArray(bytes: ArrayBuffer, { stored, shape }: Wanted): NdArray {
  const { name, element } = stored.layout;
  const complex = element === "complex" || element === "wide_complex";
  const count = (complex ? 2 : 1) * sizeOf(shape);
  const values = element === "int" ? new Int32Array(bytes) : new Float32Array(bytes);
  if (values.length !== count) {
    throw new ShapeError(`Cannot save the array "${name}": found ${values.length} numbers, expected ${count}`);
  }
  if (element === "int") return { dtype: "int32", shape, data: values };
  if (element === "complex") return { dtype: "complex64", shape, data: values };
  if (element === "real") return { dtype: "float32", shape, data: values };
  return { dtype: complex ? "complex128" : "float64", shape, data: restore(values, stored.source) };
}

/** Numbers that the GPU has not changed keep the digits that it could not hold. */
function restore(values: ArrayLike<number>, source: Float64Array | null): Float64Array {
  return Float64Array.from(
    values,
    (value, i) => source !== null && Math.fround(source[i]!) === value ? source[i]! : value,
  );
}

async function readBytes({ gpu, recorder }: Source, arrays: readonly GpuArray[]): Promise<ArrayBuffer[]> {
  gpu.check();
  const results = arrays.map(({ bytes }) => new ArrayBuffer(bytes));
  const pieces = arrays.flatMap(({ bytes }, index) =>
    Array.from({ length: Math.ceil(bytes / READ_BYTES) }, (_, k) => ({
      index,
      offset: k * READ_BYTES,
      bytes: Math.min(READ_BYTES, bytes - k * READ_BYTES),
    }))
  );
  let rest = pieces;
  do {
    // As many as fit into one read; small arrays all come together.
    let total = 0;
    const batch = rest.filter(({ bytes }, i) => (total += bytes) <= READ_BYTES || i === 0);
    rest = rest.slice(batch.length);
    await readBatch({ gpu, recorder }, { arrays, batch, results });
  } while (rest.length > 0);
  return results;
}

async function readBatch(
  { gpu, recorder }: Source,
  { arrays, batch, results }: {
    readonly arrays: readonly GpuArray[];
    readonly batch: readonly { readonly index: number; readonly offset: number; readonly bytes: number }[];
    readonly results: readonly ArrayBuffer[];
  },
): Promise<void> {
  const size = Math.max(4, batch.reduce((sum, { bytes }) => sum + bytes, 0));
  const staging = gpu.device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  let at = 0;
  for (const { index, offset, bytes } of batch) {
    recorder.copy(arrays[index]!, staging, { offset, at, bytes });
    at += bytes;
  }
  recorder.submit();
  try {
    await staging.mapAsync(GPUMapMode.READ);
  } catch (cause) {
    // That the GPU was lost is told a turn later, and says more than that the read failed.
    await new Promise((resolve) => setTimeout(resolve, 0));
    gpu.check();
    throw new DeviceError(`Cannot read from the GPU "${gpu.description}": ${(cause as Error).message}`, {}, cause);
  }
  gpu.check();
  const mapped = new Uint8Array(staging.getMappedRange());
  at = 0;
  for (const { index, offset, bytes } of batch) {
    new Uint8Array(results[index]!, offset, bytes).set(mapped.subarray(at, at + bytes));
    at += bytes;
  }
  staging.unmap();
  staging.destroy();
}

function join(parts: readonly ArrayBuffer[]): ArrayBuffer {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return bytes.buffer;
}
