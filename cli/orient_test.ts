/** `exitwave orient`: what it prints, and mistakes. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { OrientResult } from "../functions/orient.ts";
import { parsePtycho } from "../core/ptycho_params.ts";
import { exitwave, inFolder } from "../tests/end_to_end/command_line.ts";
import { orientText } from "./orient.ts";

const ERRORS = [9, 2, 8, 9, 7, 9, 9, 9];
const TRIALS = ERRORS.map((error, orientation) => ({ orientation, error, matter: 0 })).sort((a, b) =>
  a.error - b.error
);
const RESULT: OrientResult = {
  label: "A",
  frames: 64,
  of: 100,
  iterations: 20,
  orientation: 1,
  factor: 3.5,
  halfTurn: "error",
  trials: TRIALS,
};

const { p } = parsePtycho({ scans: { A: { name: "Full", data: { name: "PtydScan", dfile: "a.ptyd" } } } });

Deno.test("orient prints all errors, the best first, and the lines to write", () => {
  const lines = orientText(RESULT, p).split("\n");
  assert.equal(lines[0], "scan A: 64 of 100 frames, 20 iterations of DM for each orientation");
  assert.match(lines[3]!, /^ {2}1 \(reverse columns\) +2\.000 {2}█{7}$/);
  assert.match(lines[4]!, /^ {2}4 \(transpose\) +7\.000/);
  const rest = lines.slice(12).join("\n");
  assert.match(rest, /orientation 1 fits: the others are off by 3\.50 times as much or more/);
  assert.match(rest, /scans\.A\.data\.orientation: 1\n.*scans\.A\.data\.source: a\.ptyd/);
  assert.match(rest, /or reverse the sign of the positions' columns instead/);
});

Deno.test("orient says where half a turn fits alike, and where nothing fits", () => {
  assert.match(
    orientText({ ...RESULT, halfTurn: "matter" }, p),
    /2, half a turn away, fits alike.*phase and absorption say 1/,
  );
  assert.match(orientText({ ...RESULT, halfTurn: null }, p), /2, half a turn away.*neither probe nor object say which/);
  const unclear = orientText({ ...RESULT, factor: 1.05 }, p);
  assert.match(unclear, /nothing fits clearly: the best others are only 1\.05 times as far off as 1/);
  assert.doesNotMatch(unclear, /write into/);
});

Deno.test(
  "orient refuses a scan that is not there, several scans without a choice, and counts that are none",
  inFolder(async (folder) => {
    const file = join(folder, "p.json");
    const data = { name: "MoonFlowerScan", shape: 32, num_frames: 4 };
    Deno.writeTextFileSync(file, JSON.stringify({ scans: { A: { name: "Full", data }, B: { name: "Full", data } } }));
    const several = await exitwave(["orient", file, "--device", "reference"]);
    assert.equal(several.code, 2);
    assert.match(several.err, /found 2 scans \("A", "B"\), expected one; name one with --scan/);
    const missing = await exitwave(["orient", file, "--scan", "C", "--device", "reference"]);
    assert.match(missing.err, /found no "C", expected one of "A", "B"/);
    const none = await exitwave(["orient", file, "--frames", "0"]);
    assert.deepEqual([none.code, /Found "0", expected a whole number from 1/.test(none.err)], [2, true]);
  }),
);
