/** Keys of artifacts: what can be a file's name on every system, and nothing that leads elsewhere. */

import assert from "node:assert/strict";
import { checkKey, checkPrefix } from "./artifacts.ts";

const LONGEST = "k".repeat(200);

Deno.test("checkKey() takes parts of letters, digits and ._- joined by slashes", () => {
  for (const key of ["a", "runs/2026-01-02_x/state.0001.pack", "...", ".hidden", "a/..b", "-", LONGEST]) checkKey(key);
});

Deno.test("checkKey() refuses everything else", () => {
  const wrong = [
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/.",
    "a b",
    "a\\b",
    "a\0",
    "ä",
    "a~b",
    "a\n",
    `${LONGEST}k`,
  ];
  for (const key of wrong) {
    assert.throws(() => checkKey(key), (e) => e instanceof RangeError && e.message.includes("artifact key"), key);
  }
});

Deno.test("checkPrefix() takes the beginning of any key, and nothing else", () => {
  for (let end = 0; end < 200; end++) checkPrefix("runs/.x/..y/a.b-".repeat(13).slice(0, end));
  for (const prefix of ["", "a/", "a/.", "a/..", LONGEST]) checkPrefix(prefix);
  for (const prefix of ["/", "a//", "../", "a/../", "./a", "a b", "ä", `${LONGEST}k`]) {
    assert.throws(() => checkPrefix(prefix), RangeError, prefix);
  }
});
