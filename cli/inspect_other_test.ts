/** `exitwave inspect` of pictures, archives, raw frames and logs. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isPtychoError } from "../core/errors.ts";
import { inspectCommand } from "./inspect.ts";
import { inspectOther } from "./inspect_other.ts";

const ROOT = dirname(import.meta.dirname!);
const BEAMLINES = join(ROOT, "tests/fixtures/beamlines");
const RAW = "fli_spec/ccdfli/S00000-00999/S00074/ccd_s74_00000_00.raw";
const LOG = "fli_spec/spec/dat-files/spec_started_2013_11_21_1659.dat";
const ODD = join(ROOT, "../shared/data/odd_files/spec");
const isOddThere = existsSync(ODD);

async function inspect(...args: string[]): Promise<string> {
  let text = "";
  const signal = new AbortController().signal;
  const io = { out: (part: string) => void (text += part), err: () => {}, isTerminal: false, signal };
  await inspectCommand(io).exitOverride().parseAsync(args, { from: "user" });
  return text;
}

const CASES: readonly [string, RegExp][] = [
  ["id16a/edf/sample_0001.edf", /EDF image, 5 x 7 uint16[^]*counts +1001 to 1407[^]*motor_mne = sx spy spz/],
  ["tiff/pages.tif", /TIFF picture, 3 x 5 x 7 uint16[^]*frames +3 of 5 x 7[^]*counts +1 to 2407/],
  ["savu/frames.npy", /NumPy array, 4 x 5 x 7 float32[^]*frames +4 of 5 x 7/],
  ["savu/packed.npz", /NumPy archive of 2 arrays[^]*frames 4 x 5 x 7 uint16[^]*mask 5 x 7 uint8/],
  ["savu/stored.npz", /NumPy archive of 1 arrays, only 4 x 5 x 7 int32[^]*counts +1 to 3407/],
  [RAW, /raw FLI frame, 5 x 7 uint16[^]*counts +96 to 13088[^]*exp_time = 1\.6/],
  [
    LOG,
    /SPEC log spec_test\.dat of 2 scans[^]*74 {2}mesh {2}\(6 points of 4 columns, samx -20 to 30\.5, samy 1 to 4\.5, .*aborted/,
  ],
];
for (const [file, says] of CASES) {
  Deno.test(`inspect of ${file} says what is in it`, async () => {
    assert.match(await inspect(join(BEAMLINES, file)), says);
  });
}

Deno.test("inspect --json of a log has its scans and motors", async () => {
  const { kind, tree } = JSON.parse(await inspect(join(BEAMLINES, LOG), "--json"));
  assert.deepEqual([kind, tree[1].number, tree[1].points, tree[1].motors.samy], ["spec", 74, 6, 10]);
});

Deno.test("inspect of a picture that is cut off says so", async () => {
  const path = Deno.makeTempFileSync({ suffix: ".edf" });
  try {
    Deno.writeFileSync(path, Deno.readFileSync(join(BEAMLINES, "edf/u2.edf")).subarray(0, 550));
    await assert.rejects(
      () => inspect(path),
      (e) => isPtychoError(e, "DataError") && /truncated file of 550 bytes, expected 582/.test(e.message),
    );
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test({
  name: `inspect opens logs of real beamlines${isOddThere ? "" : " (skipped: no ../shared)"}`,
  ignore: !isOddThere,
  async fn() {
    const names = [...Deno.readDirSync(ODD)].map((entry) => entry.name);
    for (const name of names) {
      const path = join(ODD, name);
      if (name.endsWith(".dat")) assert.match(await inspect(path), /SPEC log .* of \d+ scans/, name);
      else {
        assert.equal(inspectOther(path), null);
        await assert.rejects(
          () => inspect(path),
          (e) => isPtychoError(e, "DataError") && /found other content/.test(e.message),
        );
      }
    }
  },
});
