/** Reading arrays back from a GPU. */

import { DeviceError, ShapeError } from "../errors.ts";
import { dtypeOf, isComplexElement } from "../frame_records.ts";
import { sizeOf } from "../nd_array.ts";
import type { ArrayPieces, ArraySink } from "../state_arrays.ts";
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

/** Bytes of an array of the GPU, and what is done with them; they last until it returns. */
interface Reading {
  readonly array: GpuArray;
  readonly offset: number;
  readonly bytes: number;
  readonly take: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** The contents of small arrays of numbers, in one go, after all recorded work is done. */
export async function readNumbers(source: Source, arrays: readonly GpuArray[]): Promise<Float64Array[]> {
  const values = arrays.map(({ bytes }) => new Float64Array(bytes / 4));
  const readings = arrays.map((array, i) =>
    readingsOf(source, array, (bytes, offset) => values[i]!.set(numbersIn(bytes), offset / 4))
  );
  await readAll(source, readings.flat());
  return values;
}

/**
 * Puts arrays into a sink in the types that states have, with as few waits as possible; what is not on the GPU comes from the host.
 * @throws {ShapeError} if one does not have its shape
 */
export async function saveArraysInto(source: Source, sink: ArraySink, wanted: readonly Wanted[]): Promise<void> {
  wanted.forEach(checkShape);
  const writers = wanted.map((array) => createWriter(sink, array));
  let next = 0;
  const endBefore = (index: number) => {
    while (next < index) writers[next++]!.end();
  };
  const readings = wanted.flatMap(({ stored: { segments } }, i) =>
    segments.flatMap((segment) =>
      readingsOf(source, segment, (bytes) => {
        endBefore(i);
        writers[i]!.write(bytes);
      })
    )
  );
  await readAll(source, readings);
  endBefore(wanted.length);
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
function checkShape({ stored: { layout, segments, window }, shape }: Wanted): void {
  const { name, element } = layout;
  const count = (isComplexElement(element) ? 2 : 1) * sizeOf(shape);
  const outside = window === null ? 0 : window.outside.count * window.recordBytes;
  const found = (segments.reduce((sum, { bytes }) => sum + bytes, 0) + outside) / 4;
  if (found === count) return;
  throw new ShapeError(`Cannot save the array "${name}": found ${found} numbers, expected ${count}`);
}

/** Writes an array into a sink: its bytes as they come from the GPU, then what is on the host. */
function createWriter(
  sink: ArraySink,
  { stored: { layout: { name, element }, window, source }, shape }: Wanted,
): { write(bytes: Uint8Array<ArrayBuffer>): void; end(): void } {
  const dtype = dtypeOf(element, "single");
  const isWide = dtype === "float64" || dtype === "complex128";
  let pieces: ArrayPieces | null = null;
  let done = 0;
  const open = () => pieces ??= sink.begin(name, { dtype, shape });
  return {
    write(bytes) {
      if (element === "int") return open().write(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4));
      const numbers = numbersIn(bytes);
      open().write(isWide ? restore(numbers, source?.subarray(done) ?? null) : numbers);
      done += numbers.length;
    },
    end() {
      if (window !== null) window.host.visit(window.outside, (numbers) => open().write(numbers));
      open().end();
    },
  };
}

function numbersIn({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Float32Array {
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}

/** Numbers that the GPU has not changed keep the digits that it could not hold. */
function restore(values: ArrayLike<number>, source: Float64Array | null): Float64Array {
  return Float64Array.from(
    values,
    (value, i) => source !== null && Math.fround(source[i]!) === value ? source[i]! : value,
  );
}

/** An array in pieces that are read at a time; `take` is told where in the array they begin. */
function readingsOf(
  { readBytes }: Source,
  array: GpuArray,
  take: (bytes: Uint8Array<ArrayBuffer>, offset: number) => void,
): Reading[] {
  return Array.from({ length: Math.ceil(array.bytes / readBytes) }, (_, i): Reading => {
    const offset = i * readBytes;
    return {
      array,
      offset,
      bytes: Math.min(readBytes, array.bytes - offset),
      take: (bytes) => take(bytes, offset),
    };
  });
}

/** Reads in order. */
async function readAll(source: Source, readings: readonly Reading[]): Promise<void> {
  source.gpu.check();
  for (let first = 0; first < readings.length || first === 0;) {
    // As many as fit into one read; small arrays all come together.
    let [end, total] = [first, 0];
    do total += readings[end++]?.bytes ?? 0; while (
      end < readings.length && total + readings[end]!.bytes <= source.readBytes
    );
    await readBatch(source, readings.slice(first, end));
    first = end;
  }
}

async function readBatch({ gpu, recorder }: Source, batch: readonly Reading[]): Promise<void> {
  const size = Math.max(4, batch.reduce((sum, { bytes }) => sum + bytes, 0));
  const staging = gpu.device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  let at = 0;
  for (const { array, offset, bytes } of batch) {
    recorder.copy(array, staging, { offset, at, bytes });
    at += bytes;
  }
  recorder.submit();
  await mapForReading(gpu, staging, size);
  try {
    const mapped = staging.getMappedRange();
    at = 0;
    for (const { bytes, take } of batch) {
      take(new Uint8Array(mapped, at, bytes));
      at += bytes;
    }
  } finally {
    staging.unmap();
    staging.destroy();
  }
}
