/** NumPy's .npz files: arrays by name in a ZIP archive without compression. Written array by array, part by part. */

import { crc32 } from "node:zlib";
import { type DType, type RealArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { writeWhole } from "./atomic_file.ts";
import { ELEMENT_BYTES } from "./hdf5_values.ts";
import { npyHeader } from "./npy.ts";

/** An array of an archive. */
export interface NpzArray {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The numbers in their order, in as many parts as there are. */
  parts(): Iterable<RealArray>;
}

/** Most bytes of an archive without the 64-bit extension. */
const MOST_BYTES = 2 ** 32 - 1;

const LOCAL_SIGNATURE = 0x04034b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
/** Version 2.0 of the format, and the first day that a ZIP archive can name: files do not depend on when they are made. */
const VERSION = 20;
const FIRST_DAY = 0x21;

/** Bytes of the numbers of arrays. */
export function npzBytes(arrays: readonly Pick<NpzArray, "dtype" | "shape">[]): number {
  return arrays.reduce((sum, { dtype, shape }) => sum + sizeOf(shape) * ELEMENT_BYTES[dtype], 0);
}

/**
 * Writes an archive, whole or not at all.
 *
 * @throws {DataError} if it would be larger than 4 GB, before anything is written, or cannot be written
 * @see PKWARE, .ZIP File Format Specification, sections 4.3.7, 4.3.12 and 4.3.16
 */
export function writeNpz(path: string, arrays: readonly NpzArray[]): void {
  const bytes = npzBytes(arrays);
  // Headers take less than a kilobyte for each array.
  if (bytes + 1000 * arrays.length > MOST_BYTES) {
    throw new DataError(
      `Cannot write "${path}": found ${
        (bytes / 1e9).toFixed(1)
      } GB of arrays, expected less than 4.3 GB, the most of a .npz file`,
      { file: path, found: bytes, expected: MOST_BYTES },
    );
  }
  writeWhole(path, (temporaryPath) => {
    using file = Deno.openSync(temporaryPath, { write: true, createNew: true });
    let at = 0;
    const write = (part: Uint8Array) => {
      for (let done = 0; done < part.length;) done += file.writeSync(part.subarray(done));
      at += part.length;
    };
    const members = arrays.map((array): Member => {
      const header = npyHeader(array);
      const size = header.length + npzBytes([array]);
      const member = { name: new TextEncoder().encode(`${array.name}.npy`), size, offset: at, checksum: 0 };
      write(record(LOCAL_SIGNATURE, member));
      let checksum = crc32(header);
      write(header);
      for (const { buffer, byteOffset, byteLength } of array.parts()) {
        const part = new Uint8Array(buffer, byteOffset, byteLength);
        checksum = crc32(part, checksum);
        write(part);
      }
      // The checksum is known now: the record is written again over itself.
      const end = at;
      file.seekSync(member.offset, Deno.SeekMode.Start);
      write(record(LOCAL_SIGNATURE, { ...member, checksum }));
      file.seekSync(end, Deno.SeekMode.Start);
      at = end;
      return { ...member, checksum };
    });
    const start = at;
    for (const member of members) write(record(CENTRAL_SIGNATURE, member));
    write(endRecord(members.length, { start, size: at - start }));
  });
}

interface Member {
  readonly name: Uint8Array;
  readonly size: number;
  /** Where its local record begins. */
  readonly offset: number;
  readonly checksum: number;
}

/** The record of a member before its content, or in the list at the end. */
function record(signature: number, { name, size, offset, checksum }: Member): Uint8Array {
  const isCentral = signature === CENTRAL_SIGNATURE;
  const words: [bytes: 2 | 4, value: number][] = [
    [4, signature],
    ...isCentral ? [[2, VERSION]] as [2, number][] : [],
    [2, VERSION],
    [2, 0],
    [2, 0],
    [2, 0],
    [2, FIRST_DAY],
    [4, checksum],
    [4, size],
    [4, size],
    [2, name.length],
    [2, 0],
    ...isCentral ? [[2, 0], [2, 0], [2, 0], [4, 0], [4, offset]] as [2 | 4, number][] : [],
  ];
  return Uint8Array.from([...words.flatMap(([bytes, value]) => littleEndian(value, bytes)), ...name]);
}

function endRecord(count: number, { start, size }: { readonly start: number; readonly size: number }): Uint8Array {
  const words: [bytes: 2 | 4, value: number][] = [
    [4, END_SIGNATURE],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, size],
    [4, start],
    [2, 0],
  ];
  return Uint8Array.from(words.flatMap(([bytes, value]) => littleEndian(value, bytes)));
}

function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256);
}
