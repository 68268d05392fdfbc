/**
 * The boolean type of h5py, which h5wasm cannot write: an enumeration of int8 with FALSE = 0 and TRUE = 1. Data sets are
 * first written with a stand-in type whose description is at least as long; the description is then replaced in the closed
 * file. Object headers of the old format, which our writer asks for, carry no checksum. The number of replacements is
 * compared with the number of data sets, so that neither a changed library nor a chance match can pass unseen.
 */

/** Name of the only member of the stand-in, a compound of one int8; found nowhere else. */
export const STAND_IN_MEMBER = "Exitwave\u0001bool";

const BLOCK_BYTES = 1 << 18;

/** Replaces every stand-in type description in a closed file by h5py's bool and returns how many there were. Changes the file. */
export function replaceStandIns(path: string): number {
  const standIn = standInMessage();
  const bool = booleanMessage(standIn.length);
  using file = Deno.openSync(path, { read: true, write: true });
  const size = file.statSync().size;
  const block = new Uint8Array(BLOCK_BYTES + standIn.length - 1);
  let count = 0;
  for (let start = 0; start < size; start += BLOCK_BYTES) {
    const filled = readFully(file, start, block);
    const bytes = block.subarray(0, filled);
    for (let at = indexOf(bytes, standIn, 0); at >= 0; at = indexOf(bytes, standIn, at + standIn.length)) {
      file.seekSync(start + at, Deno.SeekMode.Start);
      writeFully(file, bool);
      count++;
    }
  }
  return count;
}

/** Datatype message, version 1, of a compound of size 1 with one int8 member (HDF5 File Format Specification, IV.A.2.d). */
function standInMessage(): Uint8Array {
  const name = padded(STAND_IN_MEMBER);
  const member = [
    ...name,
    ...uint32(0),
    0,
    0,
    0,
    0,
    ...uint32(0),
    ...uint32(0),
    ...new Array(16).fill(0),
    ...int8Type(),
  ];
  return Uint8Array.from([0x16, 1, 0, 0, ...uint32(1), ...member]);
}

/** Datatype message, version 1, of h5py's bool, filled up with zeros to `length`. */
function booleanMessage(length: number): Uint8Array {
  const message = [0x18, 2, 0, 0, ...uint32(1), ...int8Type(), ...padded("FALSE"), ...padded("TRUE"), 0, 1];
  if (message.length > length) throw new RangeError(`Cannot fit ${message.length} bytes in ${length}`);
  const bytes = new Uint8Array(length);
  bytes.set(message);
  return bytes;
}

function int8Type(): number[] {
  return [0x10, 0x08, 0, 0, ...uint32(1), 0, 0, 8, 0];
}

function uint32(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
}

/** A name with its zero, filled up to a multiple of eight. */
function padded(name: string): number[] {
  const bytes = [...new TextEncoder().encode(name), 0];
  while (bytes.length % 8 !== 0) bytes.push(0);
  return bytes;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0]!;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = at + wanted.length <= bytes.length;
    for (let i = 1; same && i < wanted.length; i++) same = bytes[at + i] === wanted[i];
    if (same) return at;
  }
  return -1;
}

function readFully(file: Deno.FsFile, offset: number, into: Uint8Array): number {
  file.seekSync(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < into.length) {
    const got = file.readSync(into.subarray(filled));
    if (got === null) break;
    filled += got;
  }
  return filled;
}

function writeFully(file: Deno.FsFile, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += file.writeSync(bytes.subarray(done));
}
