/** Reading arrays back from a GPU. */

import { DeviceError, ShapeError } from "../errors.ts";
import { isComplexElement } from "../frame_records.ts";
import { type NdArray, sizeOf } from "../nd_array.ts";
import type { GpuArray } from "./gpu_array.ts";
import type { Recorder } from "./recorder.ts";
import type { Gpu } from "./request_gpu.ts";
import type { Stored } from "./store.ts";

/** Where arrays are read from. */
export interface Source {
  readonly gpu: Gpu;
  readonly recorder: Recorder;
  /** Bytes to read at a time. */
  readonly readBytes: number;
}

/** An array of the state that is to be read. */
export interface Wanted {
  readonly stored: Stored;
  readonly shape: readonly number[];
}

/** An array of the GPU and where its bytes go. */
interface Reading {
  readonly array: GpuArray;
  readonly into: Uint8Array;
}

/** The contents of small arrays of numbers, in one go, after all recorded work is done. */
export async function readNumbers(source: Source, arrays: readonly GpuArray[]): Promise<Float64Array[]> {
  const values = arrays.map(({ bytes }) => new Float32Array(bytes / 4));
  await readBytes(source, arrays.map((array, i) => ({ array, into: new Uint8Array(values[i]!.buffer) })));
  return values.map((numbers) => Float64Array.from(numbers));
}

/**
 * Arrays in the types that states have, with as few waits as possible; what is not on the GPU comes from the host.
 * @throws {ShapeError} if one does not have its shape
 */
export async function readArrays(source: Source, wanted: readonly Wanted[]): Promise<NdArray[]> {
  const values = wanted.map(newValues);
  await readBytes(source, wanted.flatMap(({ stored }, i) => readingsOf(stored, values[i]!)));
  return wanted.map((array, i) => toArray(values[i]!, array));
}

/** Waits until a buffer can be read. @throws {DeviceError} if the GPU cannot go on */
export async function mapForReading(gpu: Gpu, buffer: GPUBuffer, bytes: number): Promise<void> {
  try {
    await buffer.mapAsync(GPUMapMode.READ, 0, bytes);
  } catch (cause) {
    // That the GPU was lost is told a turn later, and says more than that the read failed.
    await new Promise((resolve) => setTimeout(resolve, 0));
    gpu.check();
    throw new DeviceError(`Cannot read from the GPU "${gpu.description}": ${(cause as Error).message}`, {}, cause);
  }
  gpu.check();
}

/** @throws {ShapeError} if the array does not have its shape */
function newValues({ stored: { layout, segments, window }, shape }: Wanted): Float32Array | Int32Array {
  const { name, element } = layout;
  const count = (isComplexElement(element) ? 2 : 1) * sizeOf(shape);
  const outside = window === null ? 0 : window.outside.count * window.recordBytes;
  const found = (segments.reduce((sum, { bytes }) => sum + bytes, 0) + outside) / 4;
  if (found !== count) {
    throw new ShapeError(`Cannot save the array "${name}": found ${found} numbers, expected ${count}`);
  }
  return element === "int" ? new Int32Array(count) : new Float32Array(count);
}

function readingsOf({ segments, window }: Stored, values: Float32Array | Int32Array): Reading[] {
  let at = 0;
  const readings = segments.map((array) => {
    const into = new Uint8Array(values.buffer as ArrayBuffer, at, array.bytes);
    at += array.bytes;
    return { array, into };
  });
  if (window !== null) {
    const { host, outside, recordBytes } = window;
    const rest = values.subarray(at / 4);
    host.visit(outside, (numbers, record) => rest.set(numbers, (record - outside.first) * recordBytes / 4));
  }
  return readings;
}

function toArray(values: Float32Array | Int32Array, { stored, shape }: Wanted): NdArray {
  const { element } = stored.layout;
  if (element === "int") return { dtype: "int32", shape, data: values };
  if (element === "complex") return { dtype: "complex64", shape, data: values };
  if (element === "real") return { dtype: "float32", shape, data: values };
  const dtype = isComplexElement(element) ? "complex128" : "float64";
  return { dtype, shape, data: restore(values, stored.source) };
}

/** Numbers that the GPU has not changed keep the digits that it could not hold. */
function restore(values: ArrayLike<number>, source: Float64Array | null): Float64Array {
  return Float64Array.from(
    values,
    (value, i) => source !== null && Math.fround(source[i]!) === value ? source[i]! : value,
  );
}

interface Piece extends Reading {
  readonly offset: number;
}

async function readBytes(source: Source, readings: readonly Reading[]): Promise<void> {
  source.gpu.check();
  const { readBytes: most } = source;
  const pieces = readings.flatMap(({ array, into }) =>
    Array.from({ length: Math.ceil(array.bytes / most) }, (_, k): Piece => ({
      array,
      offset: k * most,
      into: into.subarray(k * most, (k + 1) * most),
    }))
  );
  let rest = pieces;
  do {
    // As many as fit into one read; small arrays all come together.
    let total = 0;
    const batch = rest.filter(({ into }, i) => (total += into.length) <= most || i === 0);
    rest = rest.slice(batch.length);
    await readBatch(source, batch);
  } while (rest.length > 0);
}

async function readBatch({ gpu, recorder }: Source, batch: readonly Piece[]): Promise<void> {
  const size = Math.max(4, batch.reduce((sum, { into }) => sum + into.length, 0));
  const staging = gpu.device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  let at = 0;
  for (const { array, offset, into } of batch) {
    recorder.copy(array, staging, { offset, at, bytes: into.length });
    at += into.length;
  }
  recorder.submit();
  await mapForReading(gpu, staging, size);
  const mapped = new Uint8Array(staging.getMappedRange());
  at = 0;
  for (const { into } of batch) {
    into.set(mapped.subarray(at, at + into.length));
    at += into.length;
  }
  staging.unmap();
  staging.destroy();
}
