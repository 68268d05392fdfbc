/** Code: nested bytes come out in their order. */

import { assertEquals } from "@std/assert/equals.js";
import { createByteList } from "./code.ts";

Deno.test("add() writes nested bytes in the order in which they were put together, however long the list grows", () => {
  const list = createByteList();
  assertEquals([list.length, list.bytes().length], [0, 0]);
  const expected: number[] = [];
  for (let i = 0; i < 700; i++) {
    list.add(i % 251, [1, [[2], 3]], Uint8Array.of(4, i % 7), []);
    expected.push(i % 251, 1, 2, 3, 4, i % 7);
  }
  list.add(new Uint8Array(100_000).fill(9));
  assertEquals(list.length, 4200 + 100_000);
  assertEquals([...list.bytes().subarray(0, 4200)], expected);
  assertEquals(list.bytes().subarray(4200).every((byte) => byte === 9), true);
});

Deno.test("bytes() is a copy, which what is added later does not change", () => {
  const list = createByteList();
  list.add(1);
  const before = list.bytes();
  list.add(2);
  before[0] = 7;
  assertEquals([...list.bytes()], [1, 2]);
});
