/** The table of a pack: hostile ones are refused, whatever they declare. */

import assert from "node:assert/strict";
import { contentHash, decodeFooter, decodeTable, encodeFooter, encodeTable } from "./array_pack_table.ts";

/** An array that lies between byte 64 and the table at byte 128. */
const GOOD = { name: "a", dtype: "uint8", shape: [64], offset: 64, hashes: "0".repeat(64) } as const;
const small = (name: string, offset: number) => ({ ...GOOD, name, shape: [1], offset });

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Said of a table with this array, or with these. */
const decode = (...arrays: unknown[]) => decodeTable(bytes({ kind: "k", meta: {}, arrays }), 128);

Deno.test("decodeTable() takes what encodeTable() made", () => {
  const table = { kind: "k", meta: { x: [1, null] }, arrays: [GOOD] };
  assert.deepEqual(decodeTable(encodeTable(table), 128), table);
  assert.deepEqual(decode(GOOD), { ...table, meta: {} });
  const pair = [small("a", 64), small("b", 128)];
  assert.deepEqual(decodeTable(encodeTable({ ...table, arrays: pair }), 192), { ...table, arrays: pair });
});

const NO_TABLE = "a table that is not one of a pack";
const MISPLACED = 'array "a" where it cannot be';
const ENTRIES: Readonly<Record<string, readonly [unknown, string]>> = {
  "a negative length": [{ ...GOOD, shape: [-64] }, NO_TABLE],
  "two negative lengths": [{ ...GOOD, shape: [-8, -8] }, NO_TABLE],
  "a fraction": [{ ...GOOD, shape: [0.5, 128] }, NO_TABLE],
  "more than the file": [{ ...GOOD, shape: [1e9] }, MISPLACED],
  "one byte more than the file": [{ ...GOOD, shape: [65] }, MISPLACED],
  "more than any file": [{ ...GOOD, shape: [1e15, 1e15] }, MISPLACED],
  "infinitely more, times zero": [{ ...GOOD, shape: [...new Array(30).fill(2 ** 52), 0] }, MISPLACED],
  "an offset before the arrays": [{ ...GOOD, offset: 0 }, MISPLACED],
  "an offset behind the arrays": [{ ...GOOD, offset: 128 }, MISPLACED],
  "an offset beyond the file": [{ ...GOOD, offset: 2 ** 50 }, MISPLACED],
  "an unaligned offset": [{ ...GOOD, offset: 65, shape: [63] }, MISPLACED],
  "a negative offset": [{ ...GOOD, offset: -64 }, NO_TABLE],
  "an unknown type": [{ ...GOOD, dtype: "float16" }, NO_TABLE],
  "a type from a prototype": [{ ...GOOD, dtype: "constructor" }, NO_TABLE],
  "no hash": [{ ...GOOD, hashes: "" }, 'array "a" without all its hashes'],
  "too many hashes": [{ ...GOOD, hashes: GOOD.hashes + GOOD.hashes }, 'array "a" without all its hashes'],
  "a number for a name": [{ ...GOOD, name: 5 }, NO_TABLE],
  "an empty name": [{ ...GOOD, name: "" }, NO_TABLE],
  "a very long name": [{ ...GOOD, name: "n".repeat(1000) }, NO_TABLE],
  "an unknown key": [{ ...GOOD, compression: "none" }, NO_TABLE],
  "a missing key": [{ name: "a", dtype: "uint8", shape: [64], offset: 64 }, NO_TABLE],
  "no object": [null, NO_TABLE],
};

for (const [name, [entry, says]] of Object.entries(ENTRIES)) {
  Deno.test(`decodeTable() refuses an array with ${name}`, () => assert.equal(decode(entry), says));
}

Deno.test("decodeTable() refuses arrays that overlap, share a name, or leave bytes to nobody", () => {
  assert.equal(decode(GOOD, { ...GOOD, name: "b" }), 'array "b" where it cannot be');
  assert.equal(decode(small("a", 64), small("b", 64)), 'array "b" where it cannot be');
  assert.equal(decode({ ...small("a", 64), shape: [0], hashes: "" }, GOOD), 'two arrays "a"');
  assert.equal(decode(), "bytes that belong to no array");
  assert.equal(decodeTable(bytes({ kind: "k", meta: {}, arrays: [GOOD] }), 192), "bytes that belong to no array");
});

Deno.test("decodeTable() refuses what is no table at all", () => {
  for (
    const value of [null, [], {}, { kind: 1, meta: {}, arrays: [] }, { kind: "k", meta: {}, arrays: { 0: GOOD } }, {
      kind: "k",
      meta: {},
      arrays: [],
      more: 1,
    }]
  ) {
    assert.equal(decodeTable(bytes(value), 64), NO_TABLE);
  }
  assert.equal(decodeTable(new TextEncoder().encode("no JSON"), 64), "a table that is not JSON");
  assert.equal(decodeTable(Uint8Array.of(0x22, 0xff, 0x22), 64), "a table that is not JSON");
});

Deno.test("decodeTable() refuses meta that is too deep, before the stack ends", () => {
  const text = `{"kind":"k","meta":${"[".repeat(100_000)}${"]".repeat(100_000)},"arrays":[]}`;
  assert.equal(decodeTable(new TextEncoder().encode(text), 64), NO_TABLE);
});

Deno.test("decodeTable() refuses millions of wrong entries in the time of the first", () => {
  const arrays = new Array(2_000_000).fill(0);
  const text = bytes({ kind: "k", meta: {}, arrays });
  const start = performance.now();
  assert.equal(decodeTable(text, 64), NO_TABLE);
  // Parsing takes 0.05 s; collecting a message for each would take minutes and gigabytes.
  assert.ok(performance.now() - start < 10_000);
});

Deno.test("decodeFooter() takes only what encodeFooter() made", () => {
  const footer = encodeFooter(new Uint8Array(300));
  assert.equal(decodeFooter(footer)?.tableBytes, 300);
  assert.match(decodeFooter(footer)!.tableHash, /^[0-9a-f]{64}$/);
  assert.equal(decodeFooter(footer.subarray(1)), null);
  for (const at of [40, 55, 56, 63]) assert.equal(decodeFooter(footer.map((b, i) => i === at ? b ^ 1 : b)), null);
});

Deno.test("contentHash() depends on everything but offsets and order", () => {
  const [a, b] = [small("a", 64), small("b", 128)];
  const table = { kind: "k", meta: { x: 1, y: 2 }, arrays: [a, b] };
  const same = { kind: "k", meta: { y: 2, x: 1 }, arrays: [small("b", 64), small("a", 128)] };
  assert.equal(contentHash(table), contentHash(same));
  const others = [
    { ...table, kind: "l" },
    { ...table, meta: {} },
    { ...table, arrays: [a] },
    { ...table, arrays: [a, { ...b, name: "c" }] },
    { ...table, arrays: [a, { ...b, dtype: "int8" as const }] },
    { ...table, arrays: [a, { ...b, shape: [1, 1] }] },
    { ...table, arrays: [a, { ...b, hashes: "1".repeat(64) }] },
  ];
  assert.equal(new Set([table, ...others].map(contentHash)).size, others.length + 1);
});
