/** Packs: what goes in comes out, equal content has one hash, and no damage passes. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { DType, NdArray } from "../../kernels/nd_array.ts";
import { sizeOf } from "../../kernels/nd_array.ts";
import { isPtychoError } from "../errors.ts";
import type { Json } from "../json.ts";
import { openPack } from "./array_pack.ts";
import { CHUNK_BYTES, encodeFooter, encodeHeader } from "./array_pack_table.ts";
import { createPack } from "./array_pack_writer.ts";
import { ELEMENT_BYTES, viewAs } from "./hdf5_values.ts";

const DTYPES = Object.keys(ELEMENT_BYTES) as DType[];

function inFolder(test: (folder: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      test(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

/** Elements of any type from seeded bytes: all bit patterns, also NaNs. */
function noise(dtype: DType, shape: readonly number[], seed = 1): NdArray {
  const bytes = new Uint8Array(sizeOf(shape) * ELEMENT_BYTES[dtype]);
  let state = seed;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return { dtype, shape, data: viewAs(bytes.buffer, dtype, sizeOf(shape)) };
}

const bytesOf = ({ data }: NdArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function write(path: string, arrays: Readonly<Record<string, NdArray>>, meta: Json = {}): void {
  using pack = createPack(path, "test");
  for (const [name, array] of Object.entries(arrays)) pack.add(name, array);
  pack.finish(meta);
}

function hashOf(path: string): string {
  using pack = openPack(path);
  return pack.hash;
}

/** Opens a pack and reads all of it. */
function readAll(path: string): void {
  using pack = openPack(path);
  for (const name of pack.arrays.keys()) pack.read(name);
}

/** Opens a pack and checks all of it. */
function checkAll(path: string): void {
  using pack = openPack(path);
  pack.check();
}

const isDamage = (path: string) => (error: unknown): boolean =>
  isPtychoError(error, "DataError") && error.message.includes(`"${path}"`);

Deno.test(
  "a pack gives back kind, meta and arrays of every type, empty ones and those without axes too",
  inFolder((folder) => {
    const arrays = Object.fromEntries([
      ...DTYPES.map((dtype, i) => [`all/${dtype}`, noise(dtype, [3, 1, 5], i + 1)] as const),
      ["empty", noise("float32", [4, 0])],
      ["one", noise("complex128", [])],
    ]);
    const meta = { iteration: 7, errors: [[1.5, 2e-300]], note: "ä", none: null };
    write(`${folder}/x`, arrays, meta);
    using pack = openPack(`${folder}/x`);
    assert.equal(pack.kind, "test");
    assert.deepEqual(pack.meta, meta);
    assert.deepEqual([...pack.arrays.keys()], Object.keys(arrays));
    for (const [name, array] of Object.entries(arrays)) {
      const { dtype, shape } = array;
      assert.deepEqual(pack.arrays.get(name), { dtype, shape });
      const found = pack.read(name);
      assert.deepEqual({ dtype: found.dtype, shape: found.shape }, { dtype, shape });
      assert.equal(found.data.constructor, array.data.constructor);
      assert.deepEqual(bytesOf(found), bytesOf(array));
    }
  }),
);

Deno.test(
  "arrays lie at multiples of 64, little endian, complex numbers interleaved",
  inFolder((folder) => {
    const complex = { dtype: "complex64", shape: [2], data: Float32Array.of(1, -2, 3, -4) } as const;
    write(`${folder}/x`, { a: { dtype: "uint8", shape: [1], data: Uint8Array.of(9) }, complex });
    const view = new DataView(Deno.readFileSync(`${folder}/x`).buffer);
    assert.equal(view.getUint8(64), 9);
    assert.deepEqual([0, 4, 8, 12].map((at) => view.getFloat32(128 + at, true)), [1, -2, 3, -4]);
  }),
);

Deno.test(
  "equal content has one hash: whole, in pieces, several arrays at a time, in another order",
  inFolder((folder) => {
    // More than one chunk, and not a whole number of them.
    const a = noise("float32", [1100, 1000]);
    const b = noise("int16", [7]);
    write(`${folder}/whole`, { a, b }, { x: 1, y: 2 });
    {
      using pack = createPack(`${folder}/pieces`, "test");
      const inPieces = pack.begin("b", b);
      const large = pack.begin("a", a);
      inPieces.write(b.data.subarray(0, 3));
      for (let at = 0; at < a.data.length; at += 333_333) large.write(a.data.subarray(at, at + 333_333));
      inPieces.write(b.data.subarray(3));
      inPieces.end();
      large.end();
      pack.finish({ y: 2, x: 1 });
    }
    assert.match(hashOf(`${folder}/whole`), /^[0-9a-f]{64}$/);
    assert.equal(hashOf(`${folder}/pieces`), hashOf(`${folder}/whole`));
    using pack = openPack(`${folder}/pieces`);
    assert.deepEqual(bytesOf(pack.read("a")), bytesOf(a));
    assert.deepEqual(bytesOf(pack.read("b")), bytesOf(b));
  }),
);

Deno.test(
  "other content has another hash: elements, meta, names, types, shapes, kind",
  inFolder((folder) => {
    const a = noise("uint8", [8]);
    const contents: [Record<string, NdArray>, Json][] = [
      [{ a }, {}],
      [{ a: noise("uint8", [8], 2) }, {}],
      [{ a }, { x: 1 }],
      [{ b: a }, {}],
      [{ a: { ...a, shape: [2, 4] } }, {}],
      [{ a: noise("int8", [8]) }, {}],
      [{ a, b: noise("uint8", [0]) }, {}],
    ];
    const hashes = contents.map(([arrays, meta], i) => {
      write(`${folder}/${i}`, arrays, meta);
      return hashOf(`${folder}/${i}`);
    });
    {
      using pack = createPack(`${folder}/kind`, "other");
      pack.add("a", a);
      pack.finish({});
    }
    assert.equal(new Set([...hashes, hashOf(`${folder}/kind`)]).size, contents.length + 1);
  }),
);

Deno.test(
  "readInto() reads any range, across chunks, into part of an array",
  inFolder((folder) => {
    const a = noise("uint32", [2 * CHUNK_BYTES / 4 + 1000]);
    write(`${folder}/x`, { a });
    using pack = openPack(`${folder}/x`);
    const numbers = a.data.length;
    fc.assert(
      fc.property(fc.nat(numbers), fc.nat(numbers), (p, q) => {
        const [first, end] = [Math.min(p, q), Math.max(p, q)];
        const into = new Uint32Array(end - first + 2);
        pack.readInto("a", first, into.subarray(1, -1));
        assert.deepEqual([into[0], into.at(-1)], [0, 0]);
        const found = bytesOf({ ...a, data: into.subarray(1, -1) });
        assert.equal(Buffer.compare(found, bytesOf({ ...a, data: a.data.subarray(first, end) })), 0);
      }),
      { numRuns: 30 },
    );
    for (const [first, length] of [[-1, 1], [0.5, 1], [numbers, 1], [0, numbers + 1], [NaN, 0]] as const) {
      assert.throws(() => pack.readInto("a", first, new Uint32Array(length)), RangeError);
    }
    assert.throws(() => pack.readInto("a", 0, new Float32Array(1)), TypeError);
    assert.throws(() => pack.readInto("b", 0, new Uint32Array(1)), /expected one of a/);
  }),
);

Deno.test(
  "readInto() counts the numbers of complex elements, two each",
  inFolder((folder) => {
    write(`${folder}/x`, { a: { dtype: "complex64", shape: [2], data: Float32Array.of(1, 2, 3, 4) } });
    using pack = openPack(`${folder}/x`);
    const into = new Float32Array(3);
    pack.readInto("a", 1, into);
    assert.deepEqual([...into], [2, 3, 4]);
  }),
);

Deno.test(
  "readInto() finds damage in the chunks that it touches, and in no others",
  inFolder((folder) => {
    const a = noise("uint8", [2 * CHUNK_BYTES + 10]);
    write(`${folder}/x`, { a });
    flip(`${folder}/x`, 64 + CHUNK_BYTES + 5);
    using pack = openPack(`${folder}/x`);
    pack.readInto("a", 0, new Uint8Array(CHUNK_BYTES));
    pack.readInto("a", 2 * CHUNK_BYTES + 3, new Uint8Array(2));
    const says = /bytes 4194304 to 8388608 of array "a"/;
    assert.throws(() => pack.readInto("a", 2 * CHUNK_BYTES - 1, new Uint8Array(1)), says);
    assert.throws(() => pack.readInto("a", 0, new Uint8Array(CHUNK_BYTES + 1)), says);
    assert.throws(() => pack.read("a"), says);
  }),
);

Deno.test(
  "no byte of a pack can change unnoticed",
  inFolder((folder) => {
    const content = fc.record({
      arrays: fc.dictionary(
        fc.string({ minLength: 1, maxLength: 5 }),
        fc.tuple(fc.constantFrom(...DTYPES), fc.array(fc.nat(3), { maxLength: 3 })),
        { maxKeys: 3 },
      ),
      meta: fc.jsonValue({ maxDepth: 2 }),
    });
    let count = 0;
    fc.assert(
      fc.property(
        content,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(7),
        (c, where, bit) => {
          const path = `${folder}/${count++}`;
          write(
            path,
            Object.fromEntries(Object.entries(c.arrays).map(([name, form]) => [name, noise(...form)])),
            c.meta as Json,
          );
          readAll(path);
          checkAll(path);
          flip(path, Math.floor(where * Deno.statSync(path).size), 1 << bit);
          assert.throws(() => readAll(path), isDamage(path));
          assert.throws(() => checkAll(path), isDamage(path));
        },
      ),
      { numRuns: 300 },
    );
    const path = `${folder}/every`;
    write(path, { a: noise("int16", [7]), b: noise("complex64", [2]) }, { x: [1, "y"] });
    const bytes = Deno.readFileSync(path);
    for (let at = 0; at < bytes.length; at++) {
      Deno.writeFileSync(path, bytes.map((byte, i) => i === at ? byte ^ 0xff : byte));
      assert.throws(() => readAll(path), isDamage(path), `byte ${at}`);
    }
  }),
);

Deno.test(
  "check() finds damage in any chunk, also behind chunks that were read",
  inFolder((folder) => {
    for (const chunk of [0, 1, 2]) {
      const path = `${folder}/${chunk}`;
      write(path, { a: noise("uint8", [9]), b: noise("uint8", [2 * CHUNK_BYTES + 5]) });
      flip(path, 128 + chunk * CHUNK_BYTES, 1);
      using pack = openPack(path);
      pack.read("a");
      if (chunk > 0) pack.readInto("b", 3, new Uint8Array(7));
      assert.throws(() => pack.check(), isDamage(path));
    }
  }),
);

Deno.test(
  "a pack that was cut off at any length, or has something behind it, is none",
  inFolder((folder) => {
    const path = `${folder}/x`;
    write(path, { a: noise("int16", [7]), b: noise("complex64", [2]) }, { x: 1 });
    const bytes = Deno.readFileSync(path);
    for (let length = 0; length < bytes.length; length++) {
      Deno.writeFileSync(path, bytes.subarray(0, length));
      assert.throws(() => openPack(path), isDamage(path), `${length} bytes`);
    }
    Deno.writeFileSync(path, Uint8Array.from([...bytes, 0]));
    assert.throws(() => openPack(path), isDamage(path));
  }),
);

Deno.test(
  "a table that says it is long is refused before it is read",
  inFolder((folder) => {
    const path = `${folder}/x`;
    write(path, {});
    const bytes = Deno.readFileSync(path);
    for (const tableBytes of [100e6, 2 ** 40, Number.MAX_SAFE_INTEGER, 1000]) {
      new DataView(bytes.buffer, bytes.length - 64).setBigUint64(0, BigInt(tableBytes), true);
      Deno.writeFileSync(path, bytes);
      assert.throws(() => openPack(path), isDamage(path));
    }
    // As large as it says, and sparse: nothing may be allocated for it.
    Deno.truncateSync(path, 0);
    using file = Deno.openSync(path, { write: true });
    file.truncateSync(120e6);
    file.writeSync(encodeHeader());
    file.seekSync(-64, Deno.SeekMode.End);
    const footer = encodeFooter(new Uint8Array(0));
    new DataView(footer.buffer).setBigUint64(0, 100_000_000n, true);
    file.writeSync(footer);
    assert.throws(() => openPack(path), /found a table of 100000000 bytes/);
  }),
);

Deno.test(
  "a table that is no table is refused though its hash is right",
  inFolder((folder) => {
    const path = `${folder}/x`;
    const table = new TextEncoder().encode('{"kind":"k","meta":{},"arrays":[{"shape":[-1]}]}');
    Deno.writeFileSync(path, Uint8Array.from([...encodeHeader(), ...table, ...encodeFooter(table)]));
    assert.throws(() => openPack(path), isDamage(path));
    assert.throws(() => openPack(path), /found a table that is not one of a pack, expected a complete pack/);
  }),
);

Deno.test(
  "what is no pack is named: other files, folders, nothing",
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/text`, "x".repeat(500));
    assert.throws(() => openPack(`${folder}/text`), /found other content, expected a pack of arrays/);
    assert.throws(() => openPack(folder), /found no plain file, expected a pack of arrays/);
    assert.throws(() => openPack(`${folder}/texx`), /found no such file; did you mean "text"/);
  }),
);

Deno.test(
  "a writer refuses what does not fit: names, shapes, types, too many or too few elements, meta that is not JSON",
  inFolder((folder) => {
    using pack = createPack(`${folder}/x`, "test");
    const array = pack.begin("a", { dtype: "float32", shape: [4] });
    assert.throws(() => pack.begin("a", { dtype: "float32", shape: [4] }), /found an array of that name/);
    assert.throws(() => pack.begin("", { dtype: "float32", shape: [4] }), /found 0 characters/);
    assert.throws(() => pack.begin("b", { dtype: "float32", shape: [2, -1] }), /found shape \[2, -1\]/);
    assert.throws(() => pack.begin("b", { dtype: "float32", shape: [2 ** 40, 2 ** 40] }), RangeError);
    assert.throws(() => array.write(new Float64Array(1)), TypeError);
    array.write(new Float32Array(3));
    assert.throws(() => array.end(), /found 12 bytes, expected 16/);
    assert.throws(() => pack.finish({}), /found array "a" incomplete/);
    assert.throws(() => array.write(new Float32Array(2)), /found 20 bytes, expected 16/);
    array.write(new Float32Array(1));
    array.end();
    assert.throws(() => array.write(new Float32Array(1)), RangeError);
    assert.throws(() => pack.finish({ x: NaN }), TypeError);
    assert.throws(() => pack.finish("x".repeat(20 << 20)), /store it as arrays/);
    pack.finish({});
    assert.throws(() => pack.finish({}), /closed/);
    assert.throws(() => pack.begin("c", { dtype: "int8", shape: [] }), /closed/);
    readAll(`${folder}/x`);
  }),
);

Deno.test(
  "a pack that is not finished leaves no file; an existing file is not touched",
  inFolder((folder) => {
    {
      using pack = createPack(`${folder}/x`, "test");
      pack.add("a", noise("float32", [1000]));
      assert.throws(() => openPack(`${folder}/x`), isDamage(`${folder}/x`));
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    Deno.writeTextFileSync(`${folder}/x`, "old");
    assert.throws(() => createPack(`${folder}/x`, "test"), /found a file of that name, expected none/);
    assert.equal(Deno.readTextFileSync(`${folder}/x`), "old");
  }),
);

Deno.test(
  "arrays in shared memory are written and read like others",
  inFolder((folder) => {
    const data = new Float32Array(new SharedArrayBuffer(400)).fill(3);
    write(`${folder}/x`, { a: { dtype: "float32", shape: [100], data } });
    using pack = openPack(`${folder}/x`);
    const into = new Float32Array(new SharedArrayBuffer(400));
    pack.readInto("a", 0, into);
    assert.deepEqual([...into], [...data]);
  }),
);

function flip(path: string, at: number, bits = 0xff): void {
  using file = Deno.openSync(path, { read: true, write: true });
  const byte = new Uint8Array(1);
  file.seekSync(at, Deno.SeekMode.Start);
  file.readSync(byte);
  file.seekSync(at, Deno.SeekMode.Start);
  file.writeSync(byte.map((value) => value ^ bits));
}
