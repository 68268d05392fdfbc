/** scratchInMemory(): bytes by position. */

import assert from "node:assert/strict";
import { scratchInMemory } from "./scratch.ts";

const bytes = (length: number, seed: number) =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) % 251);

Deno.test("scratchInMemory() gives back what was written, also across pieces and in any order", () => {
  using scratch = scratchInMemory();
  const [late, early] = [bytes(9_000_000, 1), bytes(5_000_000, 2)];
  scratch.write(6_000_000, late);
  scratch.write(10, early);
  const [a, b] = [new Uint8Array(early.length), new Uint8Array(1000)];
  scratch.read(10, a);
  scratch.read(6_000_000 + 4_194_000, b);
  assert.deepEqual(a, early);
  assert.deepEqual(b, late.subarray(4_194_000, 4_195_000));
});

Deno.test("scratchInMemory() refuses bytes that were never written", () => {
  using scratch = scratchInMemory();
  scratch.write(0, bytes(10, 3));
  assert.throws(() => scratch.read(5, new Uint8Array(6)), {
    name: "RangeError",
    message: /found 10 bytes, expected 11/,
  });
});
