/** NumPy files of every kind, and arrays named by a text. */

import assert from "node:assert/strict";
import type { NdArray } from "../../kernels/nd_array.ts";
import { DataError } from "../errors.ts";
import { loadArray, splitReference } from "./array_file.ts";
import { writeHdf5 } from "./hdf5_writer.ts";
import { parseNpy, readNpy, writeNpy } from "./npy.ts";

/** A .npy file by hand: header text, then bytes. */
function npy(header: string, bytes: readonly number[], version = 1): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(`${header}\n`);
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...length, ...text, ...bytes]);
}

const ARRAYS: readonly NdArray[] = [
  { dtype: "float64", shape: [2, 3], data: Float64Array.of(1.5, -2, 3, 4, 5, 1e300) },
  { dtype: "float32", shape: [], data: Float32Array.of(0.25) },
  { dtype: "complex64", shape: [2], data: Float32Array.of(1, 2, 3, 4) },
  { dtype: "complex128", shape: [1, 1, 1], data: Float64Array.of(1, -2) },
  { dtype: "uint8", shape: [3], data: Uint8Array.of(1, 2, 255) },
  { dtype: "int64", shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) },
  { dtype: "uint16", shape: [0, 4], data: new Uint16Array(0) },
];
for (const array of ARRAYS) {
  Deno.test(`a .npy file of ${array.dtype} (${array.shape.join(", ")}) comes back`, () => {
    const path = Deno.makeTempFileSync({ suffix: ".npy" });
    try {
      writeNpy(path, array);
      assert.deepEqual(readNpy(path), array);
      // The data of a .npy file begin at a multiple of 64.
      const bytes = Deno.readFileSync(path);
      assert.equal((bytes.length - array.data.byteLength) % 64, 0);
    } finally {
      Deno.removeSync(path);
    }
  });
}

Deno.test("parseNpy() reads big-endian values, part by part where they are complex", () => {
  const header = "{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }";
  assert.deepEqual(parseNpy(npy(header, [1, 2, 255, 254]), "x"), {
    dtype: "int16",
    shape: [2],
    data: Int16Array.of(258, -2),
  });
  const complex = "{'descr': '>c8', 'fortran_order': False, 'shape': (1,), }";
  assert.deepEqual(parseNpy(npy(complex, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0]), "x").data, Float32Array.of(1, -2));
});

Deno.test("parseNpy() turns column-major into row-major, also where elements are complex", () => {
  const header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }";
  assert.deepEqual(parseNpy(npy(header, [1, 4, 2, 5, 3, 6]), "x").data, Uint8Array.of(1, 2, 3, 4, 5, 6));
  const values = new Uint8Array(Float32Array.of(1, 10, 3, 30, 2, 20, 4, 40).buffer);
  const complex = "{'descr': '<c8', 'fortran_order': True, 'shape': (2, 2), }";
  assert.deepEqual(parseNpy(npy(complex, [...values]), "x").data, Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40));
});

Deno.test("parseNpy() reads version 2, booleans and half precision", () => {
  const bool = "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }";
  assert.deepEqual(parseNpy(npy(bool, [1, 0, 1], 2), "x"), {
    dtype: "uint8",
    shape: [3],
    data: Uint8Array.of(1, 0, 1),
  });
  const half = "{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }";
  const values = parseNpy(npy(half, [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c]), "x").data;
  assert.deepEqual(values, Float32Array.of(1, -2, 2 ** -24, Infinity));
});

const WRONG = [
  { bytes: npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", []), says: /no objects/ },
  { bytes: npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", [0, 0, 0]), says: /truncated file/ },
  {
    bytes: npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,), }", []),
    says: /no records|no objects/,
  },
  { bytes: new TextEncoder().encode("not a npy file at all"), says: /expected a NumPy \.npy file/ },
  { bytes: npy("{}", [], 9), says: /version 9/ },
];
for (const { bytes, says } of WRONG) {
  Deno.test(`parseNpy() refuses what is ${says.source}`, () => {
    assert.throws(() => parseNpy(bytes, "x.npy"), (error) => error instanceof DataError && says.test(error.message));
  });
}

Deno.test("splitReference() takes a colon for a data set only before a slash", () => {
  assert.deepEqual(splitReference("a.h5:/x/y"), { path: "a.h5", dataset: "/x/y" });
  assert.deepEqual(splitReference("a:b.npy"), { path: "a:b.npy", dataset: null });
  assert.deepEqual(splitReference("c:/a.h5:/x"), { path: "c:/a.h5", dataset: "/x" });
  assert.deepEqual(splitReference("s3://bucket/a.h5"), { path: "s3://bucket/a.h5", dataset: null });
});

Deno.test("loadArray() finds the only array, and names the choices where there are several", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const array: NdArray = { dtype: "int32", shape: [2], data: Int32Array.of(4, 5) };
    writeNpy(`${folder}/x.npy`, array);
    writeHdf5(`${folder}/one.h5`, (writer) => writer.array("/x", array));
    writeHdf5(`${folder}/two.h5`, (writer) => {
      writer.array("/x", array);
      writer.array("/y", { ...array, data: Int32Array.of(6, 7) });
    });
    assert.deepEqual(loadArray(`${folder}/x.npy`), array);
    assert.deepEqual(loadArray(`${folder}/one.h5`), array);
    assert.deepEqual(loadArray(`${folder}/two.h5:/y`).data, Int32Array.of(6, 7));
    assert.throws(() => loadArray(`${folder}/two.h5`), /found "\/x", "\/y", expected one; write ".*two\.h5:/);
    assert.throws(() => loadArray(`${folder}/nothing.npy`), /found no such file/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
