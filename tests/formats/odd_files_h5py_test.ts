/** Values of odd HDF5 files against h5py, for every data set that both read, and against what is known of those that h5py has no filter for. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isPtychoError } from "../../core/errors.ts";
import { type Hdf5File, openHdf5 } from "../../core/formats/hdf5.ts";
import { toNumbers } from "../../core/formats/hdf5_values.ts";

/** Debian's Python, the one that python3-h5py belongs to. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = join(import.meta.dirname!, "odd_files_dump.py");
const FOLDER = join(dirname(dirname(dirname(import.meta.dirname!))), "shared/data/odd_files/hdf5_jhdf");

const isThere = existsSync(FOLDER);
const dump = isThere ? await dumped() : null;
const skipped = dump === null ? " (skipped: no python3-h5py, or no ../shared/data/odd_files)" : "";

/**
 * What h5py reads and we refuse: bytes without a meaning, and a heap that HDF5 2.0 calls too small for its texts and HDF5 1.10 does not look
 * at.
 */
const REFUSED = [
  "opaque_datasets_earliest.hdf5:/opaque_2d_string",
  "opaque_datasets_latest.hdf5:/opaque_2d_string",
  "var-length-strings-reused.hdf5:/a0",
];
/** Both read 2306 of 2309, 20 fewer where h5py has no plugin for LZ4; much fewer would mean that the comparison fell silent. */
const LEAST_COMPARED = 2280;

interface Dumped {
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

Deno.test({
  name: `every data set of odd files that h5py reads too has its shape and values${skipped}`,
  ignore: dump === null,
  fn() {
    const refused: string[] = [];
    let compared = 0;
    for (const [name, sets] of Object.entries(dump!)) {
      if (Object.keys(sets).length === 0) continue;
      using file = openHdf5(join(FOLDER, name));
      for (const [path, expected] of Object.entries(sets)) {
        try {
          assert.deepEqual(dumpOf(file, path), { ...expected, values: expected.values.map(String) }, `${name}:${path}`);
          compared++;
        } catch (error) {
          if (!isPtychoError(error, "DataError")) throw error;
          refused.push(`${name}:${path}`);
        }
      }
    }
    assert.deepEqual(refused, REFUSED);
    assert.ok(compared >= LEAST_COMPARED, `compared ${compared}`);
  },
});

for (const [name, sets] of [["bitshuffle_datasets.hdf5", 40], ["lz4_datasets.hdf5", 20]] as const) {
  Deno.test({
    name: `${name}: the ${sets} data sets, each compressed in its way, count from 0 to 19${
      isThere ? "" : " (skipped: no ../shared/data/odd_files)"
    }`,
    ignore: !isThere,
    fn() {
      using file = openHdf5(join(FOLDER, name));
      assert.equal(file.keys().length, sets);
      for (const key of file.keys()) {
        assert.deepEqual([...toNumbers(file.readArray(key))], Array.from({ length: 20 }, (_, i) => i), key);
      }
    },
  });
}

/** A data set as odd_files_dump.py tells it. */
function dumpOf(file: Hdf5File, path: string): { shape: readonly number[]; values: string[] } {
  const value = file.read(path);
  if (value !== null && typeof value === "object") {
    if ("strings" in value) return { shape: value.shape, values: [...value.strings] };
    if ("data" in value) return { shape: value.shape, values: Array.from(value.data as ArrayLike<number>, textOf) };
  }
  return { shape: [], values: [textOf(typeof value === "boolean" ? Number(value) : value)] };
}

function textOf(value: unknown): string {
  if (typeof value !== "number" || Number.isFinite(value)) return Object.is(value, -0) ? "0" : String(value);
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

async function dumped(): Promise<Record<string, Record<string, Dumped>> | null> {
  try {
    const { success, stdout } = await new Deno.Command(PYTHON, { args: [SCRIPT, FOLDER], stderr: "null" }).output();
    return success ? JSON.parse(new TextDecoder().decode(stdout)) : null;
  } catch {
    return null;
  }
}
