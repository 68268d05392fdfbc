/** Keys that stand twice in JSON. */

import { strict as assert } from "node:assert";
import { findDuplicateKey } from "./duplicate_keys.ts";

const CASES: readonly [text: string, key: string | null][] = [
  ['{"a": 1, "b": 2}', null],
  ['{"a": 1, "a": 2}', "a"],
  ['{"a": {"b": 1}, "b": [{"b": 1}, {"b": 2}]}', null],
  ['{"x": [1, {"b": 1, "c": "b", "b": 2}]}', "b"],
  ['{"a": "a", "b": "a"}', null],
  ['{"a": ["b", "b", "a"], "b": 1}', null],
  ['{"a": "}, {\\"a\\": 1", "b": 1}', null],
  ['{"a": 1, "\\u0061": 2}', "a"],
  ['{"a": {}, "b": [], "a": 1}', "a"],
];

for (const [text, key] of CASES) {
  Deno.test(`findDuplicateKey() of ${text} is ${key}`, () => {
    assert.equal(findDuplicateKey(text)?.key ?? null, key);
  });
}

Deno.test("findDuplicateKey() says where the second one stands", () => {
  assert.deepEqual(findDuplicateKey('{"a": 1,\n "a": 2}'), { key: "a", offset: 10 });
});
