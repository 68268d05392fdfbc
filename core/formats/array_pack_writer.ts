/** Writes a pack (see array_pack_table.ts): arrays as they come, the table last, so that a cut file is never taken for a pack. */

import { createHash, type Hash } from "node:crypto";
import type { DType, ElementArray, NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import type { Json } from "../json.ts";
import {
  BLOCK_BYTES,
  byteLength,
  bytesOf,
  CHUNK_BYTES,
  encodeFooter,
  encodeHeader,
  encodeTable,
  MAX_NAME,
  type PackEntry,
  roundUp,
} from "./array_pack_table.ts";
import { writeError } from "./atomic_file.ts";

/** An array that is written in pieces, which must fill its shape in order. Several may be open at a time. */
export interface PackArrayWriter {
  /** @throws {RangeError} beyond the end of the array @throws {DataError} if the disk does not take it */
  write(piece: ElementArray): void;
  /** @throws {RangeError} if elements are missing */
  end(): void;
}

/** A pack that is being written. Without `finish`, disposing of it removes the file. */
export interface PackWriter extends Disposable {
  /** Writes a whole array. @throws as `begin` and `PackArrayWriter.write` */
  add(name: string, array: NdArray): void;
  /** Begins an array; complex elements come interleaved. @throws {RangeError} for a name that was used, or no shape */
  begin(name: string, form: { readonly dtype: DType; readonly shape: readonly number[] }): PackArrayWriter;
  /**
   * Writes `meta` and the table, flushes the file to the disk and closes it.
   *
   * @throws {TypeError} if `meta` is not JSON @throws {RangeError} if an array is incomplete or the table too long
   * @throws {DataError} if the disk does not take it
   */
  finish(meta: Json): void;
}

/** An array of the table, complete once it has its hashes. */
interface OpenEntry extends PackEntry {
  hashes: string;
  isComplete: boolean;
}

/** The growing file. */
interface PackFile {
  write(at: number, bytes: Uint8Array): void;
}

/** Begins a pack in `path`, which must not exist. Nothing in it is valid before `finish`. @throws {DataError} naming `path` if it cannot be made */
export function createPack(path: string, kind: string): PackWriter {
  const handle = createFile(path);
  const file = positioned(path, handle);
  const arrays: OpenEntry[] = [];
  let end = BLOCK_BYTES;
  let isOpen = true;
  const begin: PackWriter["begin"] = (name, { dtype, shape }) => {
    if (!isOpen) throw new RangeError(`Cannot begin array "${name}": found a pack that is closed`);
    const size = byteLength({ dtype, shape });
    checkArray(name, { shape, size, isTaken: arrays.some((array) => array.name === name) });
    const entry: OpenEntry = { name, dtype, shape: [...shape], offset: roundUp(end), hashes: "", isComplete: false };
    end = entry.offset + size;
    arrays.push(entry);
    return arrayWriter(file, entry);
  };
  return {
    begin,
    add(name, { dtype, shape, data }) {
      const array = begin(name, { dtype, shape });
      array.write(data);
      array.end();
    },
    finish(meta) {
      if (!isOpen) throw new RangeError(`Cannot finish "${path}": found a pack that is closed`);
      const open = arrays.find((array) => !array.isComplete);
      if (open) {
        throw new RangeError(`Cannot finish "${path}": found array "${open.name}" incomplete, expected its end()`);
      }
      const table = encodeTable({ kind, meta, arrays });
      // The header comes last of all but the footer: a writer killed before leaves a file that does not look like a pack.
      file.write(roundUp(end), table);
      file.write(0, encodeHeader());
      file.write(roundUp(end) + table.length, encodeFooter(table));
      try {
        handle.syncSync();
      } catch (error) {
        throw writeError(path, error);
      }
      isOpen = false;
      handle.close();
    },
    [Symbol.dispose]() {
      if (!isOpen) return;
      isOpen = false;
      handle.close();
      removeIfThere(path);
    },
  };
}

function arrayWriter(file: PackFile, entry: OpenEntry): PackArrayWriter {
  const size = byteLength(entry);
  const hasher = createHasher();
  let done = 0;
  return {
    write(piece) {
      const bytes = bytesOf(piece, entry.dtype);
      if (entry.isComplete || done + bytes.length > size) {
        const text = `found ${done + bytes.length} bytes, expected ${size}`;
        throw new RangeError(`Cannot write to array "${entry.name}": ${text}`);
      }
      file.write(entry.offset + done, bytes);
      hasher.update(bytes);
      done += bytes.length;
    },
    end() {
      if (done < size) throw new RangeError(`Cannot end array "${entry.name}": found ${done} bytes, expected ${size}`);
      if (!entry.isComplete) entry.hashes = hasher.digest();
      entry.isComplete = true;
    },
  };
}

/** Hashes a stream of bytes in chunks, wherever the pieces end. */
function createHasher(): { update(bytes: Uint8Array): void; digest(): string } {
  let hashes = "";
  let hash: Hash | null = null;
  let filled = 0;
  const close = (): void => {
    if (hash !== null) hashes += hash.digest("hex");
    [hash, filled] = [null, 0];
  };
  return {
    update(bytes) {
      for (let at = 0; at < bytes.length;) {
        const part = bytes.subarray(at, at + CHUNK_BYTES - filled);
        hash = (hash ?? createHash("sha256")).update(part);
        filled += part.length;
        at += part.length;
        if (filled === CHUNK_BYTES) close();
      }
    },
    digest() {
      close();
      return hashes;
    },
  };
}

/** Writes at any place; what lies between is zero. */
function positioned(path: string, handle: Deno.FsFile): PackFile {
  let position = 0;
  return {
    write(at, bytes) {
      try {
        if (at !== position) handle.seekSync(at, Deno.SeekMode.Start);
        position = at;
        while (position < at + bytes.length) position += handle.writeSync(bytes.subarray(position - at));
      } catch (error) {
        throw writeError(path, error);
      }
    },
  };
}

function createFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw writeError(path, error);
    const text = `Cannot write "${path}": found a file of that name, expected none; choose another name`;
    throw new DataError(text, { file: path }, error);
  }
}

function checkArray(name: string, array: { shape: readonly number[]; size: number; isTaken: boolean }): void {
  if (name === "" || name.length > MAX_NAME || array.isTaken) {
    const found = array.isTaken ? "an array of that name" : `${name.length} characters`;
    throw new RangeError(`Cannot begin array "${name}": found ${found}, expected a new name of 1 to ${MAX_NAME}`);
  }
  const isShape = array.shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (isShape && Number.isSafeInteger(array.size)) return;
  throw new RangeError(`Cannot begin array "${name}": found shape [${array.shape.join(", ")}], expected whole numbers`);
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Not there any more: nothing to remove.
  }
}
