/** Patterns of file names, against regular expressions that say the same, and names that are no data yet. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { isTemporaryName, matchesPattern } from "./name_pattern.ts";

const CASES: readonly (readonly [string, string, boolean])[] = [
  ["scan.ptyd", "*.ptyd", true],
  ["a/scan.ptyd", "*.ptyd", false],
  ["a/scan.ptyd", "**/*.ptyd", true],
  ["scan.ptyd", "**/*.ptyd", true],
  ["a/b/c/scan_07.h5", "a/**/scan_??.h5", true],
  ["a/scan_7.h5", "a/**/scan_??.h5", false],
  ["anything/at/all", "**", true],
  ["scan.PTYD", "*.ptyd", false],
  ["scan[1].h5", "scan[1].h5", true],
  ["a.b", "a?b", true],
  ["a/b", "a?b", false],
  ["a/b", "a*b", false],
];

for (const [path, pattern, isMeant] of CASES) {
  Deno.test(`matchesPattern(): "${pattern}" ${isMeant ? "means" : "does not mean"} "${path}"`, () => {
    assert.equal(matchesPattern(path, pattern), isMeant);
  });
}

Deno.test("matchesPattern() agrees with the regular expression of a pattern", () => {
  const part = fc.array(fc.constantFrom("a", "b", ".", "*", "?"), { minLength: 1, maxLength: 4 }).map((c) =>
    c.join("")
  );
  const pattern = fc.array(fc.oneof(part, fc.constant("**")), { minLength: 1, maxLength: 4 });
  const name = fc.array(fc.constantFrom("a", "b", "."), { minLength: 1, maxLength: 3 }).map((c) => c.join(""));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), pattern, (path, pattern) => {
      const source = pattern.map((part) =>
        part === "**"
          ? "(?:[^/]+/)*"
          : `${part.replaceAll(".", "\\.").replaceAll("*", "[^/]*").replaceAll("?", "[^/]")}/`
      );
      const expected = new RegExp(`^${source.join("")}$`).test(`${path.join("/")}/`);
      assert.equal(matchesPattern(path.join("/"), pattern.join("/")), expected);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("matchesPattern() does not take forever for many wildcards", () => {
  assert.equal(matchesPattern("a".repeat(1000), `${"a*".repeat(90)}b`), false);
});

Deno.test("isTemporaryName() knows what programs call what they have not written to its end", () => {
  const temporary = [
    ".scan.ptyd.1a2b3c4d.part",
    "scan.h5.part",
    "scan.h5.TMP",
    "~scan.h5",
    "scan.h5~",
    "a.crdownload",
    ".x",
  ];
  assert.deepEqual(temporary.filter((name) => !isTemporaryName(name)), []);
  assert.deepEqual(["scan.ptyd", "part.h5", "tmp", "scan_part.h5", "a.h5.1"].filter(isTemporaryName), []);
});
