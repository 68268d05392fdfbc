/** HDF5 scans that cannot be prepared: each is refused in words that name file and data set, with exit code 2, and nothing is written. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../cli/command.ts";
import { exitwave, inFolder } from "./command_line.ts";

const FIXTURES = join(import.meta.dirname!, "../fixtures/hdf5_loader");
const OFF = { autosave: false, autoplot: false, interaction: false };
const POSITIONS = { slow_key: "/entry/motors/row_slow", fast_key: "/entry/motors/row_fast" };

/** A scan that can be prepared, but for what a case changes; `scan.h5` is a copy of the fixture. */
const DATA = {
  name: "Hdf5Loader",
  intensities: { file: "scan.h5", key: "/entry/row" },
  positions: { ...POSITIONS, slow_multiplier: 1e-6, fast_multiplier: 1e-6 },
  save: "append",
  dfile: "scan.ptyd",
};

const CASES: readonly (readonly [name: string, change: Record<string, unknown>, says: RegExp])[] = [
  [
    "no such file",
    { intensities: { file: "scann.h5", key: "x" } },
    /scann\.h5": found no such file; did you mean "scan\.h5"/,
  ],
  [
    "no such data set",
    { intensities: { file: "scan.h5", key: "/entry/rwo" } },
    /found no "rwo" in group "\/entry".*"row"/,
  ],
  [
    "frames of wrong rank",
    { intensities: { file: "scan.h5", key: "/entry/dark" } },
    /found shape \(4, 6\), expected frames/,
  ],
  [
    "positions of another number",
    { positions: { slow_key: "/entry/motors/short", fast_key: "/entry/motors/short" } },
    /found frames \(12\) .*slow positions \(5\)/,
  ],
  ["no motors", { positions: { ...POSITIONS, fast_key: "/entry/motors/row_fat" } }, /did you mean "row_fast"/],
  [
    "a dark field of another shape",
    { darkfield: { key: "/entry/wrong_dark" } },
    /found shape \(4, 5\), expected \(4, 6\)/,
  ],
  ["a truncated file", { intensities: { file: "cut.h5", key: "/entry/row" } }, /cut\.h5": found a truncated file of/],
  ["text for a file", { intensities: { file: "text.h5", key: "/entry/row" } }, /text\.h5": found .*expected/],
  [
    "a damaged chunk",
    {
      intensities: { file: "damaged.h5", key: "gzip" },
      positions: {},
      positions_theory: Array.from({ length: 6 }, (_, n) => [n * 1e-6, n * n * 1e-6]),
    },
    /Cannot read "gzip" in ".*damaged\.h5": found /,
  ],
];

for (const [name, change, says] of CASES) {
  Deno.test(
    `${name}: prepare and run end with 2 and a message, and write nothing`,
    inFolder(async (folder) => {
      writeSources(folder);
      const before = [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
      const tree = {
        io: { home: folder, rfile: "result.ptyr", ...OFF },
        scans: { S: { name: "Full", data: { ...DATA, ...change } } },
        engines: { engine00: { name: "DM", numiter: 1 } },
      };
      const file = join(Deno.makeTempDirSync(), "scan.json");
      Deno.writeTextFileSync(file, JSON.stringify(tree));
      for (const command of ["prepare", "run"]) {
        const { code, err } = await exitwave([command, file]);
        assert.equal(code, EXIT.user, err);
        assert.match(err, says);
        assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name).sort(), before, command);
      }
    }),
  );
}

/** The fixture, a half of it, text, and a file of which a chunk in the middle is damaged. */
function writeSources(folder: string): void {
  const bytes = Deno.readFileSync(join(FIXTURES, "scan.h5"));
  Deno.writeFileSync(join(folder, "scan.h5"), bytes);
  Deno.writeFileSync(join(folder, "cut.h5"), bytes.subarray(0, bytes.length / 2));
  Deno.writeTextFileSync(join(folder, "text.h5"), "This is not a scan.\n");
  const starts: Record<string, number[]> = JSON.parse(Deno.readTextFileSync(join(FIXTURES, "filters.json")));
  const damaged = Deno.readFileSync(join(FIXTURES, "filters.h5"));
  damaged.fill(0xff, starts.gzip![1], starts.gzip![1]! + 24);
  Deno.writeFileSync(join(folder, "damaged.h5"), damaged);
}
