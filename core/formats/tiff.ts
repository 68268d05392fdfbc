/**
 * Pictures of TIFF files: grey levels of integers or floating point, a page or many. The npm library `tiff` decodes them, but for
 * integers of 32 bits, which it does not know; what a file declares is checked before, since the library believes it.
 *
 * @see Adobe, TIFF Revision 6.0 (1992), section 2
 */

import { decode } from "tiff";
import { type DType, type NdArray, newArray, sizeOf } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { checkBytes } from "./hdf5_bounds.ts";
import { readError } from "./hdf5_signature.ts";

/** Tags by their numbers in the specification. */
const TAG = {
  width: 256,
  length: 257,
  bits: 258,
  compression: 259,
  stripOffsets: 273,
  samples: 277,
  stripBytes: 279,
  sampleFormat: 339,
} as const;

/** Bytes of the numbers of a tag by its type, of those that matter here: 16 and 32 bits. */
const VALUE_BYTES: Readonly<Record<number, 2 | 4>> = { 3: 2, 4: 4 };

const [UNSIGNED, NOT_COMPRESSED] = [1, 1];

/** What the directory of a page says: numbers by tag. */
type Directory = ReadonlyMap<number, readonly number[]>;

/** No compression of TIFF makes more than this of a byte. */
const MOST_EXPANSION = 2048;

/** Whether bytes begin as a TIFF file does. */
export function isTiff(head: Uint8Array): boolean {
  const [a, b, c, d] = head;
  return (a === 0x49 && b === 0x49 && c === 42 && d === 0) || (a === 0x4d && b === 0x4d && c === 0 && d === 42);
}

/** Reads a file: (y, x) of one page, (page, y, x) of several that are alike. @throws {DataError} saying what is wrong with it */
export function readTiff(path: string): NdArray {
  try {
    checkBytes(Deno.statSync(path).size, { file: path, dataset: "/" });
    return parseTiff(Deno.readFileSync(path), path);
  } catch (error) {
    throw error instanceof DataError ? error : readError(path, error);
  }
}

/** The pages in the bytes of a file; `name` is for messages. @throws {DataError} as `readTiff` */
export function parseTiff(bytes: Uint8Array, name: string): NdArray {
  const refuse = (found: string, expected: string): never => {
    throw new DataError(`Cannot read "${name}": found ${found}, expected ${expected}`, { file: name, found, expected });
  };
  if (!isTiff(bytes)) refuse("other content", "a TIFF file");
  const directories = readDirectories(bytes, { name, refuse });
  const pages = directories.every(isWideInteger)
    ? directories.map((directory) => readWideIntegers(bytes, { directory, refuse }))
    : decodePages(bytes, name).map(({ data, width, height, samplesPerPixel }) => {
      if (samplesPerPixel !== 1) refuse(`${samplesPerPixel} values in each pixel`, "a picture of grey levels");
      const dtype = DTYPES.get(data.constructor) ?? refuse("another kind of numbers", "integers or floating point");
      if (data.length !== width * height) {
        refuse(`${data.length} values`, `${width * height} of ${width} x ${height} pixels`);
      }
      return { dtype, shape: [height, width], data: data as NdArray["data"] };
    });
  const [first] = pages;
  if (first === undefined) return refuse("no page", "at least one");
  if (pages.length === 1) return first;
  const other = pages.find((page) => page.dtype !== first.dtype || page.shape.join() !== first.shape.join());
  if (other) refuse(`pages of ${other.shape.join(" x ")} and of ${first.shape.join(" x ")}`, "pages that are alike");
  const data = newArray(first.dtype, pages.length * sizeOf(first.shape));
  for (const [i, page] of pages.entries()) {
    (data as Float64Array).set(page.data as Float64Array, i * sizeOf(first.shape));
  }
  return { dtype: first.dtype, shape: [pages.length, ...first.shape], data };
}

const DTYPES: ReadonlyMap<unknown, DType> = new Map<unknown, DType>([
  [Uint8Array, "uint8"],
  [Int8Array, "int8"],
  [Uint16Array, "uint16"],
  [Int16Array, "int16"],
  [Uint32Array, "uint32"],
  [Int32Array, "int32"],
  [Float32Array, "float32"],
  [Float64Array, "float64"],
]);

function decodePages(bytes: Uint8Array, name: string): ReturnType<typeof decode> {
  try {
    return decode(bytes);
  } catch (error) {
    const found = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
    throw new DataError(
      `Cannot read "${name}": found "${found}"; write it anew as grey levels, without compression`,
      { file: name, found },
      error,
    );
  }
}

/** How what is wrong with a file is told. */
type Refuse = (found: string, expected: string) => never;

/** Follows the chain of directories, which must come to an end, and checks what its pages declare. */
function readDirectories(bytes: Uint8Array, o: { name: string; refuse: Refuse }): Directory[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = bytes[0] === 0x49;
  const seen = new Set<number>();
  const directories: Directory[] = [];
  const truncated = (end: number) =>
    o.refuse(`a truncated file of ${bytes.length} bytes`, `${end}; copy or make it again`);
  if (bytes.length < 8) truncated(8);
  for (let at = view.getUint32(4, isLittle); at !== 0;) {
    if (seen.has(at)) o.refuse("a chain of pages that runs in a circle", "one that ends");
    seen.add(at);
    if (at + 2 > bytes.length) truncated(at + 2);
    const count = view.getUint16(at, isLittle);
    const end = at + 2 + 12 * count;
    if (end + 4 > bytes.length) truncated(end + 4);
    directories.push(readDirectory(view, { at: at + 2, count, isLittle, truncated }));
    at = view.getUint32(end, isLittle);
  }
  const total = directories.reduce((sum, directory) => sum + pageBytes(directory), 0);
  checkBytes(total, { file: o.name, dataset: "/" });
  if (total > MOST_EXPANSION * bytes.length) {
    o.refuse(`pages of ${total} bytes in a file of ${bytes.length}`, "sizes that fit the file; make it again");
  }
  return directories;
}

function readDirectory(
  view: DataView,
  o: { at: number; count: number; isLittle: boolean; truncated: (end: number) => never },
): Directory {
  const directory = new Map<number, number[]>();
  for (let i = 0; i < o.count; i++) {
    const entry = o.at + 12 * i;
    const [tag, type] = [view.getUint16(entry, o.isLittle), view.getUint16(entry + 2, o.isLittle)];
    const [size, length] = [VALUE_BYTES[type], view.getUint32(entry + 4, o.isLittle)];
    if (size === undefined) continue;
    // Numbers that do not fit into the entry stand elsewhere.
    const start = size * length <= 4 ? entry + 8 : view.getUint32(entry + 8, o.isLittle);
    if (start + size * length > view.byteLength) o.truncated(start + size * length);
    const read = (k: number) =>
      size === 2 ? view.getUint16(start + 2 * k, o.isLittle) : view.getUint32(start + 4 * k, o.isLittle);
    directory.set(tag, Array.from({ length }, (_, k) => read(k)));
  }
  return directory;
}

function valueIn(directory: Directory, tag: number, preset: number): number {
  return directory.get(tag)?.[0] ?? preset;
}

/** Bytes that a page says it has when it is decoded. */
function pageBytes(directory: Directory): number {
  const [width, length] = [valueIn(directory, TAG.width, 0), valueIn(directory, TAG.length, 0)];
  const bits = Math.max(8, ...directory.get(TAG.bits) ?? []);
  return width * length * valueIn(directory, TAG.samples, 1) * bits / 8;
}

/** Counts of 32 bits as pixel detectors write them, which the library does not know. */
function isWideInteger(directory: Directory): boolean {
  return valueIn(directory, TAG.bits, 1) === 32 && valueIn(directory, TAG.samples, 1) === 1 &&
    valueIn(directory, TAG.compression, NOT_COMPRESSED) === NOT_COMPRESSED && directory.has(TAG.stripOffsets) &&
    valueIn(directory, TAG.sampleFormat, UNSIGNED) <= 2;
}

function readWideIntegers(bytes: Uint8Array, o: { directory: Directory; refuse: Refuse }): NdArray {
  const { directory } = o;
  const shape = [valueIn(directory, TAG.length, 0), valueIn(directory, TAG.width, 0)];
  const packed = new Uint8Array(4 * sizeOf(shape));
  let filled = 0;
  for (const [i, start] of directory.get(TAG.stripOffsets)!.entries()) {
    const size = directory.get(TAG.stripBytes)?.[i] ?? packed.length;
    const strip = bytes.subarray(start, start + Math.min(size, packed.length - filled));
    packed.set(strip, filled);
    filled += strip.length;
  }
  if (filled < packed.length) o.refuse(`${filled} bytes of numbers`, `${packed.length} of ${shape.join(" x ")} pixels`);
  if (bytes[0] !== 0x49) { for (let at = 0; at < packed.length; at += 4) packed.subarray(at, at + 4).reverse(); }
  const isUnsigned = valueIn(directory, TAG.sampleFormat, UNSIGNED) === UNSIGNED;
  return isUnsigned
    ? { dtype: "uint32", shape, data: new Uint32Array(packed.buffer) }
    : { dtype: "int32", shape, data: new Int32Array(packed.buffer) };
}
