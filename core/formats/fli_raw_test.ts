/** Raw frames of FLI cameras. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../errors.ts";
import { parseFliRaw, readFliRaw } from "./fli_raw.ts";

const FOLDER = join(import.meta.dirname!, "../../tests/fixtures/beamlines/fli_spec/ccdfli/S00000-00999");

/** A file with lines numbered from 0, of 2 x 3 pixels unless something else is said. */
function file(o: { rows?: string; cols?: string; bytes?: number; before?: string[]; end?: string } = {}): Uint8Array {
  const lines = [...o.before ?? ["raw", "camera"], `rows = ${o.rows ?? 2}`, `cols = ${o.cols ?? 3}`, "t = 4", "t = 5"];
  const text = [...lines, "t = 6", "t = 7", "c", "t = 9", "m = 10", "b = 1", "b = 2", "r = 3", "r = 4"].join("\n");
  const head = new TextEncoder().encode(`${text}\n${o.end ?? "# EOH"}\n`);
  const numbers = Uint8Array.from({ length: o.bytes ?? 12 }, (_, i) => i % 2 === 0 ? i / 2 + 1 : 1);
  return Uint8Array.from([...head, ...numbers]);
}

Deno.test("readFliRaw() reads an image of Python's and its header", () => {
  const { image, fields } = readFliRaw(join(FOLDER, "S00074/ccd_s74_00001_01.raw"));
  assert.deepEqual([image.dtype, image.shape], ["uint16", [5, 7]]);
  // Twice the light of frame 1, 1001 + 100 y + x, and a dark of 32.
  assert.deepEqual([...image.data].slice(6, 9).map(Number), [2 * 1007 + 32, 2 * 1101 + 32, 2 * 1102 + 32]);
  assert.deepEqual([fields.get("exp_time"), fields.get("exp_measured"), fields.get("monitor")], [0.1, 0.101, 7.5]);
});

for (const [what, before] of [["0", ["raw", "camera"]], ["1", ["raw"]]] as const) {
  Deno.test(`parseFliRaw() finds the size in lines counted from ${what}`, () => {
    const { image, fields } = parseFliRaw(file({ before: [...before] }), "x");
    assert.deepEqual([image.shape, [...image.data]], [[2, 3], [257, 258, 259, 260, 261, 262]]);
    assert.deepEqual([fields.get("exp_time"), fields.get("roi_x")], [6, 4]);
  });
}

Deno.test("parseFliRaw() takes the last numbers of a file that has more", () => {
  const { image } = parseFliRaw(file({ bytes: 14 }), "x");
  assert.deepEqual([...image.data], [258, 259, 260, 261, 262, 263]);
});

const HOSTILE: readonly [string, Uint8Array, RegExp][] = [
  ["no header", new Uint8Array(100), /found no line with EOH/],
  ["no end of the header", file({ end: "# end" }), /found no line with EOH/],
  ["fewer bytes than pixels", file({ bytes: 11 }), /found 11 bytes behind the header, expected 12 of 2 x 3 pixels/],
  [
    "absurdly many pixels",
    file({ rows: "2000000000" }),
    /found 12 bytes behind the header, expected 1.*of 2000000000 x 3/,
  ],
  ["a negative size", file({ rows: "-2", cols: "-3" }), /found no size in its header/],
  ["a size that is no number", file({ rows: "two" }), /found no size in its header/],
];
for (const [what, bytes, says] of HOSTILE) {
  Deno.test(`parseFliRaw() refuses ${what}`, () => {
    assert.throws(() => parseFliRaw(bytes, "x"), (e) => isPtychoError(e, "DataError") && says.test(e.message));
  });
}
