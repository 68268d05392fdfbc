/** Logs of SPEC: made up, of real beamlines, and broken. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { columnOf, isSpec, parseSpec, readSpec, scanOf } from "./spec.ts";

const REAL = join(import.meta.dirname!, "../../../shared/data/odd_files/spec");
const isThere = existsSync(REAL);

function log(...lines: string[]): Uint8Array {
  return new TextEncoder().encode(lines.join("\n"));
}

const TWO = log(
  "#F x.dat",
  "#E 1",
  "#O0 th  two theta  chi",
  "#S 1 ascan th 0 1 2 1",
  "#D Mon",
  "#P0 1 2.5 -3",
  "#N 3",
  "#L th  Two Words  det",
  "0 1 2",
  "@A 1 2 3\\",
  " 4 5 6",
  "0.5 nan 1e3",
  "",
  "#E 2",
  "#O0 samx samy",
  "#S 2 mesh",
  "#P0 7 8",
  "#L samx samy",
  "1 None",
  "#C Scan aborted after 1 point.",
  "#S 1 again",
);

Deno.test("parseSpec() reads scans with commands, dates, motors, labels, numbers and spectra", () => {
  const { title, scans } = parseSpec(TWO, "x");
  assert.equal(title, "x.dat");
  assert.deepEqual(scans.map((s) => [s.number, s.command, s.date, s.rows.length, s.isAborted, s.spectra]), [
    [1, "ascan th 0 1 2 1", "Mon", 2, false, 1],
    [2, "mesh", "", 1, true, 0],
    [1, "again", "", 0, false, 0],
  ]);
  assert.deepEqual([...scans[0]!.motors], [["th", 1], ["two theta", 2.5], ["chi", -3]]);
  assert.deepEqual([...scans[1]!.motors], [["samx", 7], ["samy", 8]]);
  assert.deepEqual(scans[0]!.labels, ["th", "Two Words", "det"]);
  assert.deepEqual(scans[0]!.rows, [[0, 1, 2], [0.5, NaN, 1000]]);
  assert.deepEqual(scans[1]!.rows, [[1, NaN]]);
});

Deno.test("scanOf() takes the last scan of a number, columnOf() a column by its name", () => {
  const parsed = parseSpec(TWO, "x");
  assert.deepEqual([scanOf(parsed, 1, "x").scan.command, scanOf(parsed, 1, "x").isRepeated], ["again", true]);
  assert.deepEqual([...columnOf(scanOf(parsed, 2, "x").scan, "samx", "x")], [1]);
  assert.throws(() => scanOf(parsed, 3, "x"), /Cannot read scan 3 of "x": found scans 1, 2, 1/);
  assert.throws(() => columnOf(parsed.scans[1]!, "samz", "x"), /no column "samz"; there are "samx", "samy"/);
});

const HOSTILE: readonly [string, Uint8Array, RegExp][] = [
  ["other content", log("{ DataType = x ;"), /found other content, expected a SPEC log/],
  ["nothing", log(""), /found other content/],
  ["a scan without a number", log("#S x"), /Cannot read line 1 of "x": found "#S x"/],
  ["a number that is none", log("#F x", "#S 1 a", "#L a  b", "1 2,5"), /line 4 .*found "2,5", expected a number/],
  ["numbers before a scan", log("#F x", "1 2"), /line 2 .*numbers before the first scan/],
  ["a point that is cut off", log("#S 1", "#L a  b", "1 2", "1"), /line 4 .*found 1 numbers, expected 2/],
  ["fewer names than numbers", log("#S 1", "#L a", "1 2"), /found 2 numbers in each point and 1 names/],
];
for (const [what, bytes, says] of HOSTILE) {
  Deno.test(`parseSpec() refuses ${what}`, () => {
    assert.throws(() => parseSpec(bytes, "x"), (e) => isPtychoError(e, "DataError") && says.test(e.message));
  });
}

Deno.test({
  name: `readSpec() reads all scans and numbers of the logs of real beamlines${
    isThere ? "" : " (skipped: no ../shared)"
  }`,
  ignore: !isThere,
  fn() {
    const names = [...Deno.readDirSync(REAL)].map((entry) => entry.name).filter((name) => name.endsWith(".dat"));
    assert.equal(names.length, 7);
    for (const name of names) {
      const path = join(REAL, name);
      const lines = Deno.readTextFileSync(path).split("\n");
      const { scans } = readSpec(path);
      assert.equal(scans.length, lines.filter((line) => line.startsWith("#S ")).length, name);
      const numbers = lines.filter((line) => /^\s*[-+\d.]/.test(line)).flatMap((line) => line.trim().split(/\s+/));
      assert.equal(scans.flatMap((scan) => scan.rows.flat()).length, numbers.length, name);
      const sum = (values: number[]) => values.filter(Number.isFinite).reduce((a, b) => a + b, 0);
      assert.equal(sum(scans.flatMap((scan) => scan.rows.flat())), sum(numbers.map(Number)), name);
    }
  },
});

Deno.test("isSpec() is true of nothing but logs", () => {
  assert.deepEqual([log("#F x"), log("\n#S 1 a"), log("#include"), log("# F"), log("x #F y")].map(isSpec), [
    true,
    true,
    false,
    false,
    false,
  ]);
});
