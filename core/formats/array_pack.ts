/** Reads a pack (see array_pack_table.ts) whole or by range, and believes nothing in it that a hash does not cover. */

import { createHash } from "node:crypto";
import type { DType, ElementArray, NdArray } from "../../kernels/nd_array.ts";
import { sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import type { Json } from "../json.ts";
import {
  BLOCK_BYTES,
  byteLength,
  bytesOf,
  CHUNK_BYTES,
  chunkCount,
  chunkHash,
  contentHash,
  decodeFooter,
  decodeTable,
  encodeHeader,
  MAX_TABLE_BYTES,
  type PackEntry,
  type PackTable,
  roundUp,
} from "./array_pack_table.ts";
import { readError } from "./hdf5_signature.ts";
import { viewAs } from "./hdf5_values.ts";

/** An open pack. */
export interface Pack extends Disposable {
  /** What its writer called it. */
  readonly kind: string;
  readonly meta: Json;
  /** Form of each array by its name, in the order of the file. */
  readonly arrays: ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>;
  /** Hex hash of the whole content: equal for packs with equal content, whatever the pieces or the order of their arrays. */
  readonly hash: string;
  /** A whole array in memory of its own. @throws {RangeError} for an unknown name @throws {DataError} if a hash differs */
  read(name: string): NdArray;
  /**
   * Fills `into` with the numbers (two for each complex element) of an array from number `first` on. Chunks are checked when
   * they are first touched.
   *
   * @throws {RangeError} for an unknown name or beyond the array @throws {TypeError} for another type of numbers
   * @throws {DataError} if a hash differs
   */
  readInto(name: string, first: number, into: ElementArray): void;
  /** Reads every chunk that was not checked yet. @throws {DataError} if a hash differs */
  check(): void;
}

/** A file of known size, read at any place. */
interface SourceFile extends Disposable {
  readonly path: string;
  readonly size: number;
  read(at: number, into: Uint8Array): void;
}

/** Opens a pack. @throws {DataError} naming the file if it is missing, no pack, cut off, or its table is damaged */
export function openPack(path: string): Pack {
  const file = openSource(path);
  try {
    const table = readTable(file);
    const hash = contentHash(table);
    const room = createRoom(table.arrays.reduce((sum, entry) => sum + chunkCount(byteLength(entry)), 0));
    const entries = new Map(table.arrays.map((entry) => [entry.name, checkedArray(file, entry, room)]));
    const find = (name: string): CheckedArray => {
      const found = entries.get(name);
      if (found) return found;
      throw new RangeError(
        `Cannot read array "${name}" of "${path}": expected one of ${[...entries.keys()].join(", ")}`,
      );
    };
    return {
      kind: table.kind,
      meta: table.meta,
      hash,
      arrays: new Map(table.arrays.map(({ name, dtype, shape }) => [name, { dtype, shape }])),
      read: (name) => find(name).read(),
      readInto: (name, first, into) => find(name).readInto(first, into),
      check: () => entries.forEach((array) => array.check()),
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

/** An array whose bytes are compared with their hashes. */
interface CheckedArray {
  read(): NdArray;
  readInto(first: number, into: ElementArray): void;
  check(): void;
}

/** Room for a chunk of which only a part is wanted; given back when no chunk is left to check. */
interface Room {
  take(): Uint8Array;
  /** Is told of each chunk that was checked for the first time. */
  checked(): void;
}

function createRoom(unchecked: number): Room {
  let [left, bytes]: [number, Uint8Array | null] = [unchecked, null];
  return {
    take: () => bytes ??= new Uint8Array(CHUNK_BYTES),
    checked: () => {
      if (--left === 0) bytes = null;
    },
  };
}

function checkedArray(file: SourceFile, entry: PackEntry, room: Room): CheckedArray {
  const { name, dtype, shape, offset } = entry;
  const size = byteLength(entry);
  const isChecked = new Uint8Array(chunkCount(size));

  const check = (chunk: number, bytes: Uint8Array): void => {
    if (createHash("sha256").update(bytes).digest("hex") !== chunkHash(entry, chunk)) {
      const where = `bytes ${chunk * CHUNK_BYTES} to ${chunk * CHUNK_BYTES + bytes.length} of array "${name}"`;
      throw damaged(file.path, `other content in ${where} than was written`, { array: name });
    }
    if (isChecked[chunk] === 0) room.checked();
    isChecked[chunk] = 1;
  };
  const readChunk = (chunk: number): Uint8Array => {
    const whole = room.take().subarray(0, Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES));
    file.read(offset + chunk * CHUNK_BYTES, whole);
    check(chunk, whole);
    return whole;
  };
  /** Bytes from `begin` on; `trust` says that a chunk checked before need not be again. */
  const copy = (begin: number, { into, trust }: { into: Uint8Array; trust: boolean }): void => {
    for (let at = 0; at < into.length;) {
      const chunk = Math.floor((begin + at) / CHUNK_BYTES);
      const skip = begin + at - chunk * CHUNK_BYTES;
      const length = Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);
      const part = into.subarray(at, at + length - skip);
      if (part.length === length) {
        file.read(offset + begin + at, part);
        if (!trust || !isChecked[chunk]) check(chunk, part);
      } else if (isChecked[chunk]) {
        file.read(offset + begin + at, part);
      } else {
        part.set(readChunk(chunk).subarray(skip, skip + part.length));
      }
      at += part.length;
    }
  };
  return {
    read() {
      const buffer = allocate(size, file.path);
      copy(0, { into: new Uint8Array(buffer), trust: false });
      return { dtype, shape, data: viewAs(buffer, dtype, sizeOf(shape)) };
    },
    readInto(first, into) {
      const bytes = bytesOf(into, dtype);
      const begin = first * into.BYTES_PER_ELEMENT;
      if (!Number.isSafeInteger(first) || first < 0 || begin + bytes.length > size) {
        const range = `numbers ${first} to ${first + into.length}`;
        throw new RangeError(`Cannot read ${range} of array "${name}": it has ${size / into.BYTES_PER_ELEMENT}`);
      }
      copy(begin, { into: bytes, trust: true });
    },
    check: () => isChecked.forEach((done, chunk) => done === 1 || readChunk(chunk)),
  };
}

/** Everything but the elements; sizes are compared with the file before anything is allocated for them. */
function readTable(file: SourceFile): PackTable {
  const { path, size } = file;
  const header = encodeHeader();
  const start = new Uint8Array(Math.min(size, BLOCK_BYTES));
  file.read(0, start);
  if (start.some((byte, i) => byte !== header[i])) {
    throw new DataError(`Cannot open "${path}": found other content, expected a pack of arrays`, { file: path });
  }
  if (size < 2 * BLOCK_BYTES) throw damaged(path, `${size} bytes, fewer than any pack has`);
  const end = new Uint8Array(BLOCK_BYTES);
  file.read(size - BLOCK_BYTES, end);
  const footer = decodeFooter(end);
  if (footer === null) throw damaged(path, "another end than packs have (a file that was cut off?)");
  const { tableBytes, tableHash } = footer;
  const tableAt = size - BLOCK_BYTES - tableBytes;
  if (!(tableBytes <= MAX_TABLE_BYTES) || tableAt < BLOCK_BYTES) throw damaged(path, `a table of ${tableBytes} bytes`);
  const bytes = new Uint8Array(tableBytes);
  file.read(tableAt, bytes);
  if (createHash("sha256").update(bytes).digest("hex") !== tableHash) {
    throw damaged(path, "another table than was written");
  }
  const table = decodeTable(bytes, tableAt);
  if (typeof table === "string") throw damaged(path, table);
  checkPadding(file, table);
  return table;
}

function checkPadding(file: SourceFile, { arrays }: PackTable): void {
  for (const entry of arrays) {
    const end = entry.offset + byteLength(entry);
    const padding = new Uint8Array(roundUp(end) - end);
    file.read(end, padding);
    if (padding.some((byte) => byte !== 0)) {
      throw damaged(file.path, `other bytes than zeros after array "${entry.name}"`);
    }
  }
}

function openSource(path: string): SourceFile {
  try {
    // Asked before opening: opening a pipe would wait for its writer.
    if (!Deno.statSync(path).isFile) {
      throw new DataError(`Cannot open "${path}": found no plain file, expected a pack of arrays`, { file: path });
    }
    const handle = Deno.openSync(path, { read: true });
    let isOpen = true;
    return {
      path,
      size: handle.statSync().size,
      read: (at, into) => readAt(handle, { at, into, path }),
      [Symbol.dispose]() {
        if (isOpen) handle.close();
        isOpen = false;
      },
    };
  } catch (error) {
    throw error instanceof DataError ? error : readError(path, error);
  }
}

function readAt(handle: Deno.FsFile, { at, into, path }: { at: number; into: Uint8Array; path: string }): void {
  try {
    handle.seekSync(at, Deno.SeekMode.Start);
    for (let done = 0; done < into.length;) {
      const count = handle.readSync(into.subarray(done));
      if (count === null) throw damaged(path, `an end at byte ${at + done}`);
      done += count;
    }
  } catch (error) {
    throw error instanceof DataError ? error : readError(path, error);
  }
}

function allocate(bytes: number, path: string): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (error) {
    const text = `Cannot read "${path}": found an array of ${bytes} bytes, more than memory holds; read it by range`;
    throw new DataError(text, { file: path, bytes }, error);
  }
}

function damaged(path: string, found: string, fields: Record<string, unknown> = {}): DataError {
  const text = `Cannot read "${path}": found ${found}, expected a complete pack; the file is damaged, make it again`;
  return new DataError(text, { file: path, found, ...fields });
}
