/** Which known name a misspelt one means. */

import { strict as assert } from "node:assert";
import { nearestName } from "./nearest.ts";

const KNOWN = ["numiter", "numiter_contiguous", "alpha", "DM", "io"];

const CASES: readonly [written: string, nearest: string | undefined][] = [
  ["numter", "numiter"],
  ["NUMITER", "numiter"],
  ["apha", "alpha"],
  ["laph", undefined],
  ["DN", "DM"],
  ["xy", undefined],
  ["number_of_iterations", undefined],
];

for (const [written, nearest] of CASES) {
  Deno.test(`nearestName() of ${written} is ${nearest}`, () => assert.equal(nearestName(written, KNOWN), nearest));
}
