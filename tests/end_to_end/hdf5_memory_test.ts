/** A long HDF5 scan is prepared by ranges of frames: its length does not count. 2 GB are prepared by hand, with bench/prepare_hdf5.ts. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "./command_line.ts";

/** Debian's Python, the one that python3-h5py belongs to. */
const PYTHON = "/usr/bin/python3";
const BENCH = join(import.meta.dirname!, "../../bench");
const isPossible = Deno.build.os === "linux" && hasH5py();

const SCAN_BYTES = 100e6;
/** Measured 122 MB for scans of 200 MB, 400 MB and 2 GB; with all frames in memory it were 220. */
const MOST_BYTES = 160e6;

Deno.test({
  name: `a scan of 100 MB is prepared in less than 160 MB${
    isPossible ? "" : " (skipped: no python3-h5py, or no Linux)"
  }`,
  ignore: !isPossible,
  fn: inFolder(async (folder) => {
    const scan = join(folder, "scan.h5");
    await run(PYTHON, [join(BENCH, "prepare_hdf5.py"), "make", scan, `${SCAN_BYTES}`]);
    const program = ["run", "-A", "--no-check", join(BENCH, "prepare_hdf5.ts"), "--prepare", scan];
    const [, , peak] = (await run(Deno.execPath(), program)).trim().split(" ").map(Number);
    assert.ok(Deno.statSync(scan).size > 0.99 * SCAN_BYTES);
    assert.ok(peak! < MOST_BYTES, `found ${peak} bytes`);
  }),
});

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  assert.ok(success, program);
  return new TextDecoder().decode(stdout);
}

function hasH5py(): boolean {
  try {
    return new Deno.Command(PYTHON, { args: ["-c", "import h5py"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
