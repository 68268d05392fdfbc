/** Moving bytes and text out of the memory of the HDF5 library. */

import { sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import type { Hdf5Library } from "./hdf5_library.ts";
import { fixedText, type Hdf5Record, recordValue } from "./hdf5_record.ts";
import type { Hdf5Metadata, StringArray } from "./hdf5_values.ts";

/** Memory of the library for `bytes` bytes, to be freed by the caller. @throws {DataError} if there is not enough */
export function allocate(library: Hdf5Library, bytes: number): number {
  const pointer = bytes > library.MAXIMUM_MEMORY ? 0 : library._malloc(Math.max(bytes, 8));
  if (pointer === 0) {
    throw new DataError(`Cannot allocate ${bytes} bytes for HDF5: found too little memory; read less at once`);
  }
  return pointer;
}

/** The bytes that `read` puts into memory of the library. */
export function readInto(
  library: Hdf5Library,
  bytes: number,
  read: (pointer: bigint) => unknown,
): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  readOnto(library, copy, read);
  return copy;
}

/** Fills `target` with the bytes that `read` puts into memory of the library, without a copy in between. */
export function readOnto(library: Hdf5Library, target: Uint8Array, read: (pointer: bigint) => unknown): void {
  const pointer = allocate(library, target.byteLength);
  try {
    read(BigInt(pointer));
    // Reading may have grown the heap, so that only now its bytes are where they are.
    target.set(library.HEAPU8.subarray(pointer, pointer + target.byteLength));
  } finally {
    library._free(pointer);
  }
}

/** Reads values into memory of the library, and gives back what they point to. */
interface PointerReading {
  read(pointer: bigint): unknown;
  reclaim(pointer: bigint): unknown;
}

/** Text of fixed or variable length. A failed read must not be reclaimed: its pointers are garbage. */
export function readStrings(library: Hdf5Library, m: Hdf5Metadata, how: PointerReading): string | StringArray {
  const count = sizeOf(m.shape ?? [0]);
  const strings: string[] = [];
  if (m.vlen && count > 0) {
    readInto(library, 4 * count, (pointer) => {
      how.read(pointer);
      const start = Number(pointer);
      const pointers = new Uint32Array(library.HEAPU8.slice(start, start + 4 * count).buffer);
      for (const text of pointers) strings.push(text === 0 ? "" : library.UTF8ToString(text));
      how.reclaim(pointer);
    });
  } else if (count > 0) {
    const bytes = readInto(library, m.size * count, how.read);
    for (let i = 0; i < count; i++) strings.push(fixedText(bytes.subarray(i * m.size, (i + 1) * m.size), m));
  }
  return m.shape?.length === 0 ? strings[0]! : { shape: m.shape ?? [0], strings };
}

/** A single value of a compound type, by member. */
export function readRecord(library: Hdf5Library, m: Hdf5Metadata, how: PointerReading): Hdf5Record {
  let record: Hdf5Record = {};
  readInto(library, m.size, (pointer) => {
    how.read(pointer);
    const start = Number(pointer);
    record = recordValue(library.HEAPU8.slice(start, start + m.size), m, (text) => library.UTF8ToString(text));
    how.reclaim(pointer);
  });
  return record;
}
