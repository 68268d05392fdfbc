/** Reading NumPy's .npz files: .npy files in a ZIP archive, stored or deflated. */

import { crc32, inflateRawSync } from "node:zlib";
import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { checkBytes } from "./hdf5_bounds.ts";
import { readError } from "./hdf5_signature.ts";
import { nearestNames } from "./nearest_names.ts";
import { parseNpy } from "./npy.ts";

/** An array in an archive. */
export interface NpzMember {
  /** Without the ending `.npy`. */
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly checksum: number;
  /** Byte of its local record. */
  readonly offset: number;
}

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const [STORED, DEFLATED] = [0, 8];
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
/** A comment behind the end has at most so many bytes. */
const MOST_COMMENT = 65_535;
/** Deflate makes at most so much of a byte. */
const MOST_EXPANSION = 1032;

/** Whether bytes begin as a ZIP archive with content does. */
export function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/** Reads an array of an archive, by name where there are several. @throws {DataError} saying what is wrong, or which there are */
export function readNpz(path: string, name: string | null = null): NdArray {
  try {
    checkBytes(Deno.statSync(path).size, { file: path, dataset: "/" });
    return parseNpz(Deno.readFileSync(path), { file: path, name });
  } catch (error) {
    throw error instanceof DataError ? error : readError(path, error);
  }
}

/** An array in the bytes of an archive; `file` is for messages. @throws {DataError} as `readNpz` */
export function parseNpz(bytes: Uint8Array, o: { readonly file: string; readonly name: string | null }): NdArray {
  const members = listNpz(bytes, o.file);
  const wanted = o.name?.replace(/^\//, "").replace(/\.npy$/, "") ?? null;
  const member = wanted === null && members.length === 1 ? members[0] : members.find(({ name }) => name === wanted);
  if (member !== undefined) return parseNpy(contentOf(bytes, member, o.file), `${o.file}:/${member.name}`);
  const names = members.map(({ name }) => name);
  const near = wanted === null ? [] : nearestNames(wanted, names);
  const there = (near.length > 0 ? near : names.slice(0, 12)).map((name) => `"${o.file}:/${name}"`).join(", ") ||
    "none";
  throw new DataError(
    `Cannot read an array of "${o.file}": found ${
      wanted === null ? `${names.length} arrays` : `no "${wanted}"`
    }, expected one of ${there}`,
    { file: o.file, dataset: wanted, near },
  );
}

/**
 * The arrays of an archive.
 *
 * @throws {DataError} if it is none, is truncated, or what it declares does not fit into it
 * @see PKWARE, .ZIP File Format Specification, sections 4.3.12 and 4.3.16
 */
export function listNpz(bytes: Uint8Array, file: string): NpzMember[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const broken = (found: string): never => {
    throw new DataError(`Cannot read "${file}": found ${found}, expected a .npz archive; copy or make it again`, {
      file,
      found,
    });
  };
  let end = bytes.length - END_BYTES;
  while (end >= 0 && end >= bytes.length - END_BYTES - MOST_COMMENT && view.getUint32(end, true) !== END) end--;
  if (end < 0 || view.getUint32(end, true) !== END) return broken("no list of arrays at its end");
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  return Array.from({ length: count }, () => {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) {
      return broken("a list of arrays that is damaged");
    }
    const [nameBytes, extra, comment] = [28, 30, 32].map((i) => view.getUint16(at + i, true)) as [
      number,
      number,
      number,
    ];
    const [checksum, packed, size] = [16, 20, 24].map((i) => view.getUint32(at + i, true)) as [number, number, number];
    const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameBytes));
    const method = view.getUint16(at + 10, true);
    const offset = view.getUint32(at + 42, true);
    if (size === 2 ** 32 - 1 || packed === 2 ** 32 - 1) broken(`"${name}" of more than 4 GB`);
    if (method !== STORED && method !== DEFLATED) broken(`"${name}" compressed by method ${method}`);
    if (method === STORED ? size !== packed : size > MOST_EXPANSION * packed + 64) {
      broken(`"${name}" of ${size} bytes in ${packed}`);
    }
    at += CENTRAL_BYTES + nameBytes + extra + comment;
    return { name: name.replace(/\.npy$/, ""), method, packed, size, checksum, offset };
  });
}

function contentOf(bytes: Uint8Array, member: NpzMember, file: string): Uint8Array<ArrayBuffer> {
  const { offset, packed, size } = member;
  const dataset = `/${member.name}`;
  const damaged = (cause?: unknown) => {
    const text = `Cannot read "${file}:${dataset}": found content that is damaged; copy or make the file again`;
    return new DataError(text, { file, dataset }, cause);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (offset + LOCAL_BYTES > bytes.length || view.getUint32(offset, true) !== LOCAL) throw damaged();
  const start = offset + LOCAL_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packed > bytes.length) throw damaged();
  checkBytes(size, { file, dataset });
  const content = bytes.slice(start, start + packed);
  let unpacked: Uint8Array<ArrayBuffer> = content;
  if (member.method === DEFLATED) {
    try {
      unpacked = new Uint8Array(inflateRawSync(content, { maxOutputLength: Math.max(1, size) }));
    } catch (error) {
      throw damaged(error);
    }
  }
  if (unpacked.length !== size || crc32(unpacked) !== member.checksum) throw damaged();
  return unpacked;
}
