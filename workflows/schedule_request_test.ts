/** What is filled into the tree of a run: words into texts only, as they are, and never into anything else. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { ParameterError } from "../core/errors.ts";
import { type Occasion, treeFor } from "./schedule_request.ts";

const OCCASION: Occasion = {
  schedule: "beam",
  run: "beam-123",
  due: Date.parse("2026-03-29T00:59:58Z"),
  timezone: "UTC",
  file: "in/coming/scan 07.v2.ptyd",
};

const WORDS: readonly (readonly [string, string])[] = [
  ["{file}", "in/coming/scan 07.v2.ptyd"],
  ["{name}", "scan 07.v2.ptyd"],
  ["{stem}", "scan 07.v2"],
  ["{folder}", "in/coming"],
  ["{date}", "2026-03-29"],
  ["{time}", "005958"],
  ["{schedule}/{run}", "beam/beam-123"],
  ["{{file}}", "{file}"],
  ["{{{stem}}}", "{scan 07.v2}"],
  ["none", "none"],
];

for (const [text, filled] of WORDS) {
  Deno.test(`treeFor() fills "${text}" in as "${filled}"`, () => {
    assert.deepEqual(treeFor({ set: { run: text } }, {}, OCCASION), { run: filled });
  });
}

Deno.test("treeFor() tells date and time in the schedule's time zone, also right after the clocks were set", () => {
  const at = (due: string) =>
    treeFor({ set: { run: "{date} {time}" } }, {}, { ...OCCASION, due: Date.parse(due), timezone: "Europe/Berlin" })
      .run;
  assert.equal(at("2026-03-29T00:59:58Z"), "2026-03-29 015958");
  assert.equal(at("2026-03-29T01:00:00Z"), "2026-03-29 030000");
  assert.equal(at("2026-03-31T22:00:00Z"), "2026-04-01 000000");
});

Deno.test("treeFor() lays values over a tree by their paths, fills in texts within them, and leaves the tree as it was", () => {
  const tree = { io: { home: "/data", rfile: "{file}" }, scans: { S: { name: "Full", data: { name: "PtydScan" } } } };
  const before = structuredClone(tree);
  const set = {
    "scans.S.data.dfile": "{file}",
    "engines.e": { name: "DM", numiter: 7, label: ["{stem}", 1, null] },
    "io.home": "./",
  };
  assert.deepEqual(treeFor({ set }, tree, OCCASION), {
    io: { home: "./", rfile: "{file}" },
    scans: { S: { name: "Full", data: { name: "PtydScan", dfile: OCCASION.file } } },
    engines: { e: { name: "DM", numiter: 7, label: ["scan 07.v2", 1, null] } },
  });
  assert.deepEqual(tree, before);
});

Deno.test("treeFor() puts any file name into one text and changes nothing else", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "binary" }), (file) => {
      const set = { "scans.S.data.dfile": "{file}", run: "x" };
      const filled = treeFor({ set }, { engines: {} }, { ...OCCASION, file });
      assert.deepEqual(filled, { engines: {}, scans: { S: { data: { dfile: file } } }, run: "x" });
    }),
  );
});

const REFUSED: readonly (readonly [Record<string, unknown>, Partial<Occasion>, RegExp])[] = [
  [
    { run: "{fil}" },
    {},
    /^run\.set\.run: found "\{fil\}" in "\{fil\}", expected one of \{schedule\}, \{run\}, \{date\}, \{time\}, \{file\}/,
  ],
  [
    { run: "{file}" },
    { file: null },
    /found "\{file\}" in "\{file\}", expected one of \{schedule\}, \{run\}, \{date\}, \{time\}, or/,
  ],
  [{ run: "open {" }, {}, /found "\{" in "open \{"/],
  [{ run: "{toString}" }, {}, /found "\{toString\}"/],
  [{ "": 1 }, {}, /found no path, expected one such as scans/],
  [{ "a..b": 1 }, {}, /^run\.set\.a\.\.b: found no path/],
  [{ "__proto__.polluted": 1 }, {}, /found no path/],
  [{ "name.x": 1 }, {}, /^run\.set\.name\.x: found "Full" at "name", expected a group/],
];

for (const [set, change, message] of REFUSED) {
  Deno.test(`treeFor() refuses ${JSON.stringify(set)}${change.file === null ? " without a file" : ""}`, () => {
    assert.throws(() => treeFor({ set }, { name: "Full" }, { ...OCCASION, ...change }), (error) => {
      assert.ok(error instanceof ParameterError);
      assert.match(error.message, message);
      return true;
    });
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });
}

Deno.test("treeFor() names all mistakes at once", () => {
  assert.throws(
    () => treeFor({ set: { a: "{x}", b: ["{y}"], "name.x": 1 } }, { name: "Full" }, OCCASION),
    (error) => error instanceof ParameterError && error.issues.length === 3,
  );
});
