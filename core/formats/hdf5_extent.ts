/** Whether an HDF5 file has all the bytes that it says it has: what tells a copy in progress from a whole file. */

import { readError } from "./hdf5_signature.ts";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** More than any superblock takes up to its last address. */
const HEADER_BYTES = 96;

/** Set by a writer that has the file open, in superblocks of version 3. */
const OPEN_FOR_WRITING = 0b101;

/**
 * False if the file begins as HDF5 and is shorter than its superblock says, or a writer has it open (superblock 3). True for files that
 * are something else, of which nothing is known.
 *
 * @throws {DataError} if it cannot be read
 * @see HDF5 File Format Specification 3.0, II.A Disk Format: Level 0A - Format Signature and Superblock
 */
export function hasWholeExtent(path: string): boolean {
  let size: number;
  const header = new Uint8Array(HEADER_BYTES);
  try {
    using file = Deno.openSync(path, { read: true });
    size = file.statSync().size;
    const count = file.readSync(header) ?? 0;
    if (!SIGNATURE.every((byte, i) => header[i] === byte)) return true;
    if (count < 48) return false;
  } catch (error) {
    throw readError(path, error);
  }
  const version = header[8]!;
  if (version > 3) return true;
  if (version === 3 && (header[11]! & OPEN_FOR_WRITING) !== 0) return false;
  const width = header[version < 2 ? 13 : 9]!;
  // Flags and B-tree sizes stand before the addresses, 4 bytes more in version 1.
  const first = version === 0 ? 24 : version === 1 ? 28 : 12;
  const [base, end] = [addressAt(header, first, width), addressAt(header, first + 2 * width, width)];
  return base !== null && end !== null && size >= base + end;
}

/** Null for an address that is not set or too large to be one. */
function addressAt(header: Uint8Array, offset: number, width: number): number | null {
  if (offset + width > header.length || width > 8) return null;
  let address = 0;
  for (let i = width - 1; i >= 0; i--) address = address * 256 + header[offset + i]!;
  return Number.isSafeInteger(address) ? address : null;
}
