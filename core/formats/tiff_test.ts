/** TIFF pictures that Pillow wrote, our own, and hostile ones. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { boundHdf5 } from "./hdf5_bounds.ts";
import { parseTiff, readTiff } from "./tiff.ts";
import { writeTiff } from "./tiff_writer.ts";

const FOLDER = join(import.meta.dirname!, "../../tests/fixtures/beamlines/tiff");

function frame(index: number): number[] {
  return Array.from({ length: 35 }, (_, i) => 1 + 1000 * index + 100 * Math.floor(i / 7) + i % 7);
}

for (const [name, dtype] of [["u1", "uint8"], ["u2", "uint16"], ["i4", "int32"], ["f4", "float32"]] as const) {
  Deno.test(`readTiff() reads ${dtype} as Pillow writes it`, () => {
    const offset = dtype.startsWith("u") ? 0 : 30;
    const image = readTiff(join(FOLDER, `${name}.tif`));
    assert.deepEqual([image.dtype, image.shape], [dtype, [5, 7]]);
    assert.deepEqual([...image.data].map(Number), frame(0).map((v) => v % 100 - offset));
  });
}

for (const name of ["lzw", "deflate"]) {
  Deno.test(`readTiff() reads what is compressed by ${name}`, () => {
    assert.deepEqual([...readTiff(join(FOLDER, `${name}.tif`)).data].map(Number), frame(1));
  });
}

Deno.test("readTiff() reads pages in their order, and what writeTiff() writes", () => {
  const { shape, data } = readTiff(join(FOLDER, "pages.tif"));
  assert.deepEqual([shape, [...data].map(Number)], [[3, 5, 7], [0, 1, 2].flatMap(frame)]);
  const folder = Deno.makeTempDirSync();
  try {
    const page = { data: Float32Array.of(1, -2.5, 3, 4, 5, 6e9), shape: [2, 3] } as const;
    writeTiff(join(folder, "x.tif"), [page], { psize: [1e-6, 1e-6], description: "x" });
    assert.deepEqual(readTiff(join(folder, "x.tif")), { dtype: "float32", ...page });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** A little-endian file of one directory, by tag; each value has 32 bits. */
function tiff(tags: Readonly<Record<number, number>>, o: { next?: number; bytes?: number } = {}): Uint8Array {
  const entries = Object.entries(tags);
  const view = new DataView(new ArrayBuffer(8 + 2 + 12 * entries.length + 4 + (o.bytes ?? 24)));
  [0x49, 0x49, 42, 0, 8, 0, 0, 0].forEach((byte, i) => view.setUint8(i, byte));
  view.setUint16(8, entries.length, true);
  for (const [i, [tag, value]] of entries.entries()) {
    view.setUint16(10 + 12 * i, Number(tag), true);
    view.setUint16(12 + 12 * i, 4, true);
    view.setUint32(14 + 12 * i, 1, true);
    view.setUint32(18 + 12 * i, value, true);
  }
  view.setUint32(10 + 12 * entries.length, o.next ?? 0, true);
  return new Uint8Array(view.buffer);
}
/** 2 x 3 integers of 32 bits behind seven tags. */
const WIDE = { 256: 3, 257: 2, 258: 32, 259: 1, 273: 8 + 2 + 12 * 7 + 4, 277: 1, 279: 24 };

const HOSTILE: readonly [string, Uint8Array, RegExp][] = [
  ["other content", new TextEncoder().encode("not a tiff"), /found other content/],
  ["nothing behind the first bytes", Uint8Array.of(0x49, 0x49, 42, 0), /truncated file of 4 bytes/],
  ["a directory that is cut off", tiff(WIDE, { bytes: 0 }).slice(0, 40), /truncated file of 40 bytes/],
  ["a circle of pages", tiff(WIDE, { next: 8 }), /chain of pages that runs in a circle/],
  ["fewer numbers than pixels", tiff(WIDE, { bytes: 23 }), /found 23 bytes of numbers, expected 24 of 2 x 3 pixels/],
  ["absurdly many pixels", tiff({ ...WIDE, 256: 4e9, 257: 4e9 }), /pages of \d+ bytes in a file of 122/],
  ["a list of values that is not there", tiff(WIDE).map((byte, i) => i === 15 ? 0xff : byte), /truncated file/],
  ["no page", Uint8Array.of(0x49, 0x49, 42, 0, 0, 0, 0, 0), /found/],
];
for (const [what, bytes, says] of HOSTILE) {
  Deno.test(`parseTiff() refuses ${what}`, () => {
    assert.throws(() => parseTiff(bytes, "x"), (e) => isPtychoError(e, "DataError") && says.test(e.message));
  });
}

Deno.test("parseTiff() reads 32-bit integers without a sign", () => {
  assert.deepEqual(parseTiff(tiff(WIDE).with(8 + 2 + 12 * 7 + 4, 5), "x"), {
    dtype: "uint32",
    shape: [2, 3],
    data: Uint32Array.of(5, 0, 0, 0, 0, 0),
  });
});

Deno.test("readTiff() refuses colours, keeps to the bounds of the process, and names a file that is not there", () => {
  assert.throws(() => readTiff(join(FOLDER, "colour.tif")), /found 3 values in each pixel/);
  using _bounds = boundHdf5({ mayOpen: () => true, mostBytes: 200 });
  assert.throws(() => readTiff(join(FOLDER, "pages.tif")), /expected at most 200/);
  assert.throws(() => readTiff(join(FOLDER, "page.tif")), /found no such file; did you mean "pages\.tif"/);
});
