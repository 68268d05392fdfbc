/** TIFF files of 32-bit floating-point pages, as ImageJ and Python read them. @see Adobe, TIFF Revision 6.0 (1992), section 2 */

import { DataError } from "../errors.ts";
import { writeBytesWhole } from "./atomic_file.ts";

/** A picture of a file. */
export interface TiffPage {
  /** (y, x) */
  readonly data: Float32Array;
  readonly shape: readonly [number, number];
}

/** What a file says beside its pages. */
export interface TiffAbout {
  /** Pixel size (y, x) in metres. */
  readonly psize: readonly [number, number];
  readonly description: string;
}

/** Offsets have 32 bits. */
const GREATEST_OFFSET = 2 ** 32 - 1;

/** Field types: text, 16 bits, 32 bits, two of 32 bits as a fraction. */
const [ASCII, SHORT, LONG, RATIONAL] = [2, 3, 4, 5];

/** Tags by their numbers in the specification. */
const TAG = {
  width: 256,
  length: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  description: 270,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  xResolution: 282,
  yResolution: 283,
  resolutionUnit: 296,
  sampleFormat: 339,
};

interface Field {
  readonly tag: number;
  readonly type: number;
  readonly values: readonly number[];
}

/** Writes pages, little-endian and not compressed, whole or not at all. @throws {DataError} if it cannot be written */
export function writeTiff(path: string, pages: readonly TiffPage[], about: TiffAbout): void {
  const blocks = pages.map((page, i) => ({ page, fields: fieldsOf(page, about, i) }));
  const total = 8 + blocks.reduce((sum, { page, fields }) => sum + page.data.byteLength + directoryBytes(fields), 0);
  if (total > GREATEST_OFFSET) {
    const text = `Cannot write "${path}": found ${total} bytes, expected less than 4 GB for a TIFF; write npy`;
    throw new DataError(text, { file: path, found: total, expected: GREATEST_OFFSET });
  }
  const view = new DataView(new ArrayBuffer(total));
  [0x49, 0x49, 42, 0].forEach((byte, i) => view.setUint8(i, byte));
  let [at, pointer] = [8, 4];
  for (const { page, fields } of blocks) {
    page.data.forEach((value, i) => view.setFloat32(at + 4 * i, value, true));
    const placed = fields.map((field) => field.tag === TAG.stripOffsets ? { ...field, values: [at] } : field);
    at += page.data.byteLength;
    view.setUint32(pointer, at, true);
    pointer = writeDirectory(view, at, placed);
    at += directoryBytes(fields);
  }
  writeBytesWhole(path, new Uint8Array(view.buffer));
}

/** Tags in the order of their numbers, as the specification wants them. */
function fieldsOf({ shape, data }: TiffPage, { psize, description }: TiffAbout, page: number): Field[] {
  const [rows, cols] = shape;
  const text = page === 0 ? [...new TextEncoder().encode(description), 0] : [0];
  // Even lengths keep everything on even offsets.
  if (text.length % 2 === 1) text.push(0);
  const field = (tag: number, type: number, ...values: number[]): Field => ({ tag, type, values });
  return [
    field(TAG.width, LONG, cols),
    field(TAG.length, LONG, rows),
    field(TAG.bitsPerSample, SHORT, 32),
    field(TAG.compression, SHORT, 1),
    field(TAG.photometric, SHORT, 1),
    field(TAG.description, ASCII, ...text),
    field(TAG.stripOffsets, LONG, 0),
    field(TAG.samplesPerPixel, SHORT, 1),
    field(TAG.rowsPerStrip, LONG, rows),
    field(TAG.stripBytes, LONG, data.byteLength),
    field(TAG.xResolution, RATIONAL, ...perCentimetre(psize[1])),
    field(TAG.yResolution, RATIONAL, ...perCentimetre(psize[0])),
    field(TAG.resolutionUnit, SHORT, 3),
    field(TAG.sampleFormat, SHORT, 3),
  ];
}

/** Pixels per centimetre as a fraction of two numbers of 32 bits. */
function perCentimetre(psize: number): [number, number] {
  const value = 1e-2 / psize;
  const denominator = Math.max(1, Math.floor(Math.min(1e6, (2 ** 31) / value)));
  return [Math.min(GREATEST_OFFSET, Math.round(value * denominator)), denominator];
}

function valueBytes({ type, values }: Field): number {
  return values.length * (type === ASCII ? 1 : type === SHORT ? 2 : 4);
}

function directoryBytes(fields: readonly Field[]): number {
  const beside = fields.map(valueBytes).filter((bytes) => bytes > 4).reduce((sum, bytes) => sum + bytes, 0);
  return 2 + 12 * fields.length + 4 + beside;
}

/** Writes a directory at `at`. Returns where the offset of the next one goes. */
function writeDirectory(view: DataView, at: number, fields: readonly Field[]): number {
  view.setUint16(at, fields.length, true);
  const next = at + 2 + 12 * fields.length;
  let beside = next + 4;
  for (const [i, field] of fields.entries()) {
    const entry = at + 2 + 12 * i;
    view.setUint16(entry, field.tag, true);
    view.setUint16(entry + 2, field.type, true);
    view.setUint32(entry + 4, field.type === RATIONAL ? field.values.length / 2 : field.values.length, true);
    const bytes = valueBytes(field);
    if (bytes > 4) view.setUint32(entry + 8, beside, true);
    writeValues(view, bytes > 4 ? beside : entry + 8, field);
    if (bytes > 4) beside += bytes;
  }
  return next;
}

function writeValues(view: DataView, at: number, { type, values }: Field): void {
  values.forEach((value, i) => {
    if (type === ASCII) view.setUint8(at + i, value);
    else if (type === SHORT) view.setUint16(at + 2 * i, value, true);
    else view.setUint32(at + 4 * i, value, true);
  });
}
