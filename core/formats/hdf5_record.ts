/** Values of compound types, from bytes as they lie in a file. */

import { type Complex, decodeNumbers, describeType, type Hdf5Metadata, singleValue } from "./hdf5_values.ts";
import type { NdArray } from "../../kernels/nd_array.ts";

/** A value of a compound type by member; null where a member is of a type that is not read. */
export interface Hdf5Record {
  readonly [member: string]: Hdf5Record | NdArray | Complex | string | number | bigint | boolean | null;
}

/** The members of a compound. `textAt` gives the text of variable length at an address. */
export function recordValue(
  bytes: Uint8Array,
  m: Hdf5Metadata,
  textAt: (address: number) => string,
): Hdf5Record {
  const members = m.compound_type?.members ?? [];
  return Object.fromEntries(members.map((member) => {
    const own = bytes.slice(member.offset, member.offset + member.size);
    return [member.name, memberValue(own, member, textAt)];
  }));
}

function memberValue(
  bytes: Uint8Array<ArrayBuffer>,
  m: Hdf5Metadata,
  textAt: (address: number) => string,
): Hdf5Record[string] {
  const { kind, dtype } = describeType(m);
  if (kind === "string") return m.vlen ? textOf(bytes, textAt) : fixedText(bytes, m);
  if (kind === "compound") return recordValue(bytes, m, textAt);
  if (dtype === null) return null;
  const array = decodeNumbers(littleEndian(bytes, m).buffer, m, []);
  return array.shape.length > 0 ? array : singleValue(array, kind);
}

/** The library delivers members as they lie in the file. */
function littleEndian(bytes: Uint8Array<ArrayBuffer>, m: Hdf5Metadata): Uint8Array<ArrayBuffer> {
  const number = m.array_type ?? m.compound_type?.members[0] ?? m;
  if (number.littleEndian) return bytes;
  for (let at = 0; at < bytes.length; at += number.size) bytes.subarray(at, at + number.size).reverse();
  return bytes;
}

function textOf(bytes: Uint8Array<ArrayBuffer>, textAt: (address: number) => string): string {
  const address = new DataView(bytes.buffer).getUint32(0, true);
  return address === 0 ? "" : textAt(address);
}

/** Text of fixed length ends at a zero; it may be filled up with blanks (strpad 2, as Fortran writes it). */
export function fixedText(bytes: Uint8Array, { strpad }: Hdf5Metadata): string {
  const end = bytes.indexOf(0);
  const text = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  return strpad === 2 ? text.replace(/ +$/, "") : text;
}
