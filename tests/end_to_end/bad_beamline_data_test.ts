/** Data of instruments that cannot be used: `run` ends with code 2 and one line that says what is wrong, and leaves nothing behind. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { exitwave, filesBelow, inFolder } from "./command_line.ts";

const BEAMLINES = join(import.meta.dirname!, "../fixtures/beamlines");
const NANOMAX = {
  dataPath: `${BEAMLINES}/nanomax`,
  datafile: "master_7.h5",
  pilatusPath: `${BEAMLINES}/nanomax/pilatus`,
  pilatusPattern: "scan_%04d_pil_%04d.hdf5",
  scannr: 7,
};

/** What is wrong, the loader, its parameters, and what is said. */
const CASES: readonly [string, string, Record<string, unknown>, RegExp][] = [
  ["frames of one axis", "Savu", { data: `${BEAMLINES}/savu/arrays.h5:/entry/flat_frames` }, /found shape \(4, 35\)/],
  ["a missing data set", "AMOScan", { data_file: `${BEAMLINES}/amo/flat.h5` }, /found no "data" in group "\/".*"flat"/],
  ["a missing file", "ALS5321Scan", { dataPath: `${BEAMLINES}/als`, dataile: "scan.cxl" }, /did you mean "scan\.cxi"/],
  ["no motor", "ID16AScan", {
    base_path: `${BEAMLINES}/id16a/edf`,
    sample_name: "sample",
    motors: ["spx", "spz"],
  }, /found no motor "spx"; there are "sx", "spy", "spz"/],
  ["no frame files", "DiProIFERMIScan", {
    base_path: `${BEAMLINES}/diproi`,
    run_ID: "Scan018",
    scan_name: "Dark",
    motors: ["sample_x", "sample_y"],
  }, /found no "DPI" in group "\/"/],
  ["a dark frame of another shape", "UCLLaserScan", {
    base_path: `${BEAMLINES}/ucl`,
    scan_number: 12,
    dark_number: 14,
    lam: 6e-7,
    z: 0.1,
  }, /found shape \(5, 6\), expected \(5, 7\)/],
  ["a scan that the log lacks", "FliSpecScanMultexp", {
    base_path: `${BEAMLINES}/fli_spec`,
    scan_number: 75,
    data_dir_pattern: "%(base_path)s%(scan_dir)sS00074/",
  }, /Cannot read scan 75 of .*: found scans 73, 74/],
  [
    "a series with a gap",
    "NanomaxStepscanNov2016",
    { ...NANOMAX, pilatusPattern: "scan_%04d_pil_%03d.hdf5" },
    /no such file/,
  ],
  ["another group", "NanomaxStepscanMay2017", { ...NANOMAX, hdfPath: "entry_0000/measurement/Pilatus/dat" }, /"data"/],
  ["no lines", "NanomaxFlyscanJune2017", NANOMAX, /found no "AdLinkAI_buff" in group/],
];
for (const [what, name, data, says] of CASES) {
  Deno.test(
    `${name} with ${what} ends with code 2 and leaves nothing`,
    inFolder(async (folder) => {
      const tree = {
        run: "bad",
        io: { home: folder, autosave: false, autoplot: false, interaction: false },
        scans: { S: { name: "Full", data: { name, shape: null, save: "append", dfile: "out.ptyd", ...data } } },
        engines: { e: { name: "DM", numiter: 1 } },
      };
      const file = join(folder, "bad.json");
      Deno.writeTextFileSync(file, JSON.stringify(tree));
      const { code, err } = await exitwave(["run", file]);
      assert.equal(code, 2, err);
      assert.match(err, says);
      assert.deepEqual(filesBelow(folder), ["bad.json"]);
    }),
  );
}
