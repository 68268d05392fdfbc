/** Values that are no counts. */

import assert from "node:assert/strict";
import { saturatedValues } from "./saturated.ts";

Deno.test("saturatedValues() knows all ones of 16 and 32 bits in every type that may hold them, and nothing beside them", () => {
  const greatest = 2 ** 32 - 1;
  const found = (["uint16", "uint32", "int64", "uint64", "float32", "float64"] as const).map((dtype) => {
    const isSaturated = saturatedValues(dtype, null)!;
    return [65534, 65535, 65536, greatest, Math.fround(greatest), 1e12].filter(isSaturated);
  });
  assert.deepEqual(found, [[65535], [greatest], [greatest], [greatest], [2 ** 32], [greatest, 2 ** 32]]);
  assert.equal(saturatedValues("uint8", null), null);
});

Deno.test("saturatedValues() takes what is given in place of them, and nothing for 0", () => {
  const isSaturated = saturatedValues("float32", 100)!;
  assert.deepEqual([99, 100, 2 ** 32, NaN].filter(isSaturated), [100, 2 ** 32]);
  assert.equal(saturatedValues("uint16", 0), null);
});
