/** Numbers and lengths as text. */

import assert from "node:assert/strict";
import { lengthText, numberText, roundBelow } from "./length_text.ts";

for (
  const [metres, text] of [
    [2.8178e-8, "28.2 nm"],
    [1e-6, "1 µm"],
    [9.9996e-7, "1 µm"],
    [0.00123, "1.23 mm"],
    [7.1, "7.1 m"],
    [-8.83e-10, "−883 pm"],
    [0, "0 m"],
  ] as const
) {
  Deno.test(`lengthText(${metres}) is ${text}`, () => assert.equal(lengthText(metres), text));
}

for (
  const [value, text] of [
    [0.057842, "0.0578"],
    [-0.000699, "−6.99·10⁻⁴"],
    [6.7e-16, "6.7·10⁻¹⁶"],
    [12345, "1.23·10⁴"],
    [1234.4, "1234"],
    [0, "0"],
    [1, "1"],
  ] as const
) {
  Deno.test(`numberText(${value}) is ${text}`, () => assert.equal(numberText(value), text));
}

for (const [limit, value] of [[3.4e-6, 2e-6], [5e-9, 5e-9], [0.99, 0.5], [1, 1], [0, 0], [NaN, 0]] as const) {
  Deno.test(`roundBelow(${limit}) is ${value}`, () => assert.equal(roundBelow(limit), value));
}
