/** The error function against tables. */

import assert from "node:assert/strict";
import { erf } from "./error_function.ts";

// Abramowitz and Stegun, table 7.1, and scipy 1.10 for the tails.
const VALUES = [
  [0, 0],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [
    2.4999,
    0.9995928300996666,
  ],
  [2.5, 0.999593047982555],
  [3.3, 0.9999969422902035],
  [6, 1],
  [40, 1],
];

Deno.test("erf() is the tabled function to 1e-14, odd, and continuous where its two forms meet", () => {
  for (const [x, value] of VALUES) {
    assert.ok(Math.abs(erf(x!) - value!) < 1e-14, `erf(${x}) is ${erf(x!)}`);
    assert.equal(erf(-x!) + erf(x!), 0);
  }
  assert.ok(Number.isNaN(erf(NaN)));
});
