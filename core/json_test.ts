/** Canonical JSON: one text for equal values, nothing dropped or changed in silence. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, type Json } from "./json.ts";

Deno.test("canonicalJson() does not depend on the order of keys, at any depth", () => {
  assert.equal(canonicalJson({ b: 1, a: { d: [1, 2], c: null } }), '{"a":{"c":null,"d":[1,2]},"b":1}');
  assert.equal(canonicalJson({ a: { c: null, d: [1, 2] }, b: 1 }), canonicalJson({ b: 1, a: { d: [1, 2], c: null } }));
  assert.notEqual(canonicalJson([1, 2]), canonicalJson([2, 1]));
});

Deno.test("canonicalJson() is JSON of the same value", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
    // JSON has no negative zero.
    const expected = JSON.parse(JSON.stringify(value));
    assert.deepEqual(JSON.parse(canonicalJson(value as Json)), expected);
  }));
});

Deno.test('canonicalJson() keeps a key named "__proto__" and lone surrogates', () => {
  const value = JSON.parse('{"__proto__":{"x":1},"\\ud800":2}');
  assert.deepEqual(Object.keys(JSON.parse(canonicalJson(value))), ["__proto__", "\ud800"]);
});

for (
  const [name, value, says] of [
    ["undefined", { a: [undefined] }, /value\.a\.0 as JSON: found undefined/],
    ["NaN", { a: { b: NaN } }, /value\.a\.b as JSON: found NaN/],
    ["an infinite number", [-Infinity], /value\.0 as JSON: found -Infinity/],
    ["a date", { at: new Date(0) }, /value\.at as JSON: found an object that is not plain/],
    ["a typed array", new Float32Array(2), /value as JSON: found an object that is not plain/],
    ["a hole", new Array(1), /value\.0 as JSON: found undefined/],
  ] as const
) {
  Deno.test(`canonicalJson() refuses ${name}`, () => {
    assert.throws(() => canonicalJson(value as unknown as Json), (e) => e instanceof TypeError && says.test(e.message));
  });
}

Deno.test("canonicalJson() refuses a cycle and values too deep, instead of running out of stack", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (const value of [cycle, JSON.parse("[".repeat(100_000) + "]".repeat(100_000))]) {
    assert.throws(() => canonicalJson(value as Json), (e) => e instanceof TypeError && /100 levels/.test(e.message));
  }
});
