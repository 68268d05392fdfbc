/** `exitwave prepare`: a `.ptyd` file and nothing more, and mistakes that leave nothing. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openPtyd } from "../core/formats/ptyd.ts";
import { exitwave, filesBelow, inFolder } from "../tests/end_to_end/command_line.ts";

const CXI = fileURLToPath(new URL("../tests/fixtures/cxi/scan.cxi", import.meta.url));

function writeTree(folder: string, data: Record<string, unknown>, more: Record<string, unknown> = {}): string {
  const file = join(folder, "p.json");
  const tree = { io: { home: folder }, scans: { A: { name: "Full", data }, ...more } };
  Deno.writeTextFileSync(file, JSON.stringify(tree));
  return file;
}

Deno.test(
  "prepare writes the prepared frames of a CXI file, and no result",
  inFolder(async (folder) => {
    const file = writeTree(folder, { name: "CxiScan", source: CXI, center: [2, 2] });
    const { code, out, err } = await exitwave(["prepare", file]);
    assert.equal(code, 0, err);
    assert.equal(out, `A: 6 frames of 4 x 4\n  ${join(folder, "p_A.ptyd")}\n`);
    assert.deepEqual(filesBelow(folder), ["p.json", "p_A.ptyd"]);
    using scan = openPtyd(join(folder, "p_A.ptyd"));
    const { data, weights } = scan.frames(2, 3);
    const expected = Array.from({ length: 16 }, (_, i) => 2001 + 100 * Math.floor(i / 4) + i % 4);
    // The saturated pixel is masked and keeps its value.
    expected[7] = 65535;
    assert.deepEqual(Array.from(data.data as Int32Array), expected);
    assert.deepEqual(Array.from(weights!.data, Number).flatMap((w, i) => w > 0 ? [] : [i]), [7, 10]);
    assert.equal(scan.meta.distance, 1.92);
    const dry = await exitwave(["run", file, "--dry-run", "--device", "reference"]);
    assert.match(dry.out, /frames {4}6 of 4 x 5, prepared to 4 x 4/, dry.err);
  }),
);

Deno.test(
  "prepare refuses to write over what it reads, frames that are prepared, and one file for two scans",
  inFolder(async (folder) => {
    const refused = async (file: string, message: RegExp, ...more: string[]) => {
      const before = filesBelow(folder);
      const { code, err } = await exitwave(["prepare", file, ...more]);
      assert.deepEqual([code, message.test(err)], [2, true], err);
      assert.deepEqual(filesBelow(folder), before);
    };
    const cxi = { name: "CxiScan", source: CXI };
    await refused(writeTree(folder, { ...cxi, dfile: CXI }), /scans.A.data.dfile: found the file that is read/);
    await refused(writeTree(folder, cxi), /found the file that is read/, "-o", CXI);
    await refused(
      writeTree(folder, { name: "PtydScan", dfile: "a.ptyd" }),
      /scans.A.data.source: found file: the frames of dfile are prepared/,
    );
    const hdf5 = {
      name: "Hdf5Loader",
      intensities: { file: "raw.h5", key: "a" },
      positions: { file: "raw.h5", slow_key: "b", fast_key: "c" },
    };
    await refused(writeTree(folder, { ...hdf5, dfile: "./raw.h5" }), /scans.A.data.dfile: found the file that is read/);
    const two = { B: { name: "Full", data: { ...cxi, dfile: "a.ptyd" } } };
    await refused(
      writeTree(folder, { ...cxi, dfile: "a.ptyd" }, two),
      /scans.B.data.dfile: found the file of scan "A"/,
    );
    await refused(writeTree(folder, cxi, two), /found 2 scans \(A, B\) for --out/, "-o", "x.ptyd");
    await refused(writeTree(folder, { name: "CxiScan", source: "none.cxi" }), /none.cxi/);
    await refused(writeTree(folder, { name: "CxiScan" }), /scans.A.data.source: found None, expected the file to read/);
    await refused(
      writeTree(folder, { name: "ModuleScan" }),
      /scans.A.data.module: found None, expected a file with a loader/,
    );
  }),
);
