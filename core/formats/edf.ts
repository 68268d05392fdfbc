/** Images of the ESRF data format (EDF): a header of text in braces, then the numbers. */

import type { DType, NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { checkBytes } from "./hdf5_bounds.ts";
import { readError } from "./hdf5_signature.ts";
import { ELEMENT_BYTES, viewAs } from "./hdf5_values.ts";

/** What a header says. */
export interface EdfHeader {
  /** Values by key, keys in small letters. */
  readonly fields: ReadonlyMap<string, string>;
  readonly dtype: DType;
  /** (y, x). */
  readonly shape: readonly [number, number];
  readonly isBigEndian: boolean;
  /** Byte at which the numbers begin. */
  readonly start: number;
}

/** The longest header that is read; a header is a few kilobytes long. */
const MOST_HEADER_BYTES = 1 << 20;

/** Element types by the names that writers use, in small letters; "long" is 4 bytes, as on the machines of the time. */
const TYPES: Readonly<Record<string, DType>> = {
  signedbyte: "int8",
  unsignedbyte: "uint8",
  signedshort: "int16",
  unsignedshort: "uint16",
  signedinteger: "int32",
  unsignedinteger: "uint32",
  signedlong: "int32",
  unsignedlong: "uint32",
  signed64: "int64",
  unsigned64: "uint64",
  float: "float32",
  floatvalue: "float32",
  real: "float32",
  double: "float64",
  doublevalue: "float64",
};

/** Reads the header of the first image of a file. @throws {DataError} saying what is wrong with it */
export function readEdfHeader(path: string): EdfHeader {
  try {
    using file = Deno.openSync(path, { read: true });
    const bytes = new Uint8Array(Math.min(file.statSync().size, MOST_HEADER_BYTES));
    let length = 0;
    // Most headers end in the first few kilobytes; of the rest no more is read than the header needs.
    for (let want = 8192; length < bytes.length; want *= 4) {
      const count = file.readSync(bytes.subarray(length, Math.min(bytes.length, want)));
      if (count === null) break;
      length += count;
      if (endOf(bytes.subarray(0, length)) > 0) break;
    }
    return parseEdfHeader(bytes.subarray(0, length), path);
  } catch (error) {
    throw error instanceof DataError ? error : readError(path, error);
  }
}

/** Reads the first image of a file. @throws {DataError} saying what is wrong with it */
export function readEdf(path: string): NdArray & { readonly header: EdfHeader } {
  const header = readEdfHeader(path);
  const size = header.shape[0] * header.shape[1] * ELEMENT_BYTES[header.dtype];
  try {
    using file = Deno.openSync(path, { read: true });
    checkEnd(header, { name: path, available: file.statSync().size });
    checkBytes(size, { file: path, dataset: "/" });
    const bytes = new Uint8Array(size);
    file.seekSync(header.start, Deno.SeekMode.Start);
    for (let at = 0; at < size;) {
      const count = file.readSync(bytes.subarray(at));
      if (count === null) throw truncated(path, { found: header.start + at, expected: header.start + size });
      at += count;
    }
    return { ...decode(bytes, header), header };
  } catch (error) {
    throw error instanceof DataError ? error : readError(path, error);
  }
}

/** The first image in the bytes of a file; `name` is for messages. @throws {DataError} as `readEdf` */
export function parseEdf(bytes: Uint8Array, name: string): NdArray & { readonly header: EdfHeader } {
  const header = parseEdfHeader(bytes, name);
  checkEnd(header, { name, available: bytes.length });
  const size = header.shape[0] * header.shape[1] * ELEMENT_BYTES[header.dtype];
  return { ...decode(bytes.slice(header.start, header.start + size), header), header };
}

/** The header in the first bytes of a file. @throws {DataError} if it is none, or says nothing that can be read */
export function parseEdfHeader(bytes: Uint8Array, name: string): EdfHeader {
  const refuse = (found: string, expected: string): never => {
    throw new DataError(`Cannot read "${name}": found ${found}, expected ${expected}`, { file: name, found, expected });
  };
  if (bytes[0] !== 0x7b) refuse("other content", "an EDF image, which begins with {");
  const start = endOf(bytes);
  if (start < 0) refuse(`no end of the header in ${bytes.length} bytes`, "} and a line feed; copy or make it again");
  const fields = fieldsOf(new TextDecoder("latin1").decode(bytes.subarray(1, start)));
  const typeName = fields.get("datatype") ?? "nothing";
  const dtype = TYPES[typeName.toLowerCase()] ?? refuse(`DataType ${quoted(typeName)}`, Object.keys(TYPES).join(", "));
  const side = (key: string): number => {
    const text = fields.get(key.toLowerCase()) ?? "nothing";
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < 1 || n > 2 ** 31) refuse(`${key} ${quoted(text)}`, "a number of pixels");
    return n;
  };
  const shape = [side("Dim_2"), side("Dim_1")] as const;
  const layers = fields.get("dim_3") ?? "1";
  if (layers !== "1") refuse(`Dim_3 ${quoted(layers)}`, "an image of two dimensions");
  const compression = fields.get("compression") ?? "none";
  if (!/^(none(specified)?|no)$/i.test(compression)) {
    refuse(`compression ${quoted(compression)}`, "none; write the image without");
  }
  const order = fields.get("byteorder") ?? "LowByteFirst";
  if (!/^(low|high)bytefirst$/i.test(order)) refuse(`ByteOrder ${quoted(order)}`, "LowByteFirst or HighByteFirst");
  return { fields, dtype, shape, isBigEndian: /^high/i.test(order), start };
}

/**
 * The table of two fields, `<name>_mne` with names and `<name>_pos` with as many values.
 *
 * @throws {DataError} if one is missing, or they have not as many entries; `file` is for messages
 */
export function mnemonics(
  texts: { readonly names: string | undefined; readonly values: string | undefined },
  o: { readonly kind: string; readonly file: string },
): ReadonlyMap<string, number> {
  const { names, values } = texts;
  if (names === undefined || values === undefined) {
    const text = `Cannot read "${o.file}": found no ${o.kind}_${
      names === undefined ? "mne" : "pos"
    }, expected the ${o.kind}s`;
    throw new DataError(text, { file: o.file, dataset: `${o.kind}_mne` });
  }
  const split = (text: string) => text.trim().split(/\s+/).filter((word) => word !== "");
  const [keys, numbers] = [split(names), split(values).map(Number)];
  if (keys.length !== numbers.length) {
    const text =
      `Cannot read "${o.file}": found ${numbers.length} values of ${keys.length} ${o.kind}s, expected as many`;
    throw new DataError(text, { file: o.file, found: numbers.length, expected: keys.length });
  }
  return new Map(keys.map((key, i) => [key, numbers[i]!]));
}

/** One after the line feed behind the brace that ends the header; -1 if there is none. */
function endOf(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(0x7d); at >= 0; at = bytes.indexOf(0x7d, at + 1)) {
    if (bytes[at + 1] === 0x0a) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
  }
  return -1;
}

/** Entries "key = value ;", of which the last need not end. */
function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const entry of text.split(";")) {
    const at = entry.indexOf("=");
    if (at > 0) fields.set(entry.slice(0, at).trim().toLowerCase(), entry.slice(at + 1).trim());
  }
  return fields;
}

/** Refuses a file that is shorter than its header says, before there is room for what it says. */
function checkEnd({ shape, dtype, start }: EdfHeader, o: { name: string; available: number }): void {
  const end = start + shape[0] * shape[1] * ELEMENT_BYTES[dtype];
  if (end > o.available) throw truncated(o.name, { found: o.available, expected: end });
}

function truncated(name: string, o: { found: number; expected: number }): DataError {
  const text =
    `Cannot read "${name}": found a truncated file of ${o.found} bytes, expected ${o.expected}; copy or make it again`;
  return new DataError(text, { file: name, ...o });
}

function decode(bytes: Uint8Array<ArrayBuffer>, { dtype, shape, isBigEndian }: EdfHeader): NdArray {
  const size = ELEMENT_BYTES[dtype];
  if (isBigEndian) { for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse(); }
  return { dtype, shape, data: viewAs(bytes.buffer, dtype, shape[0] * shape[1]) };
}

function quoted(text: string): string {
  return `"${text.slice(0, 40)}"`;
}
