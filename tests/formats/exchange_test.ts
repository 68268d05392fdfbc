/** Files in the formats of other programs: there and back with equal arrays, and read by h5py, fabio and NumPy. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openPtyd } from "../../core/formats/ptyd.ts";
import { createPtyd } from "../../core/formats/ptyd_writer.ts";
import { readPtyr, writePtyr } from "../../core/formats/ptyr.ts";
import { writeHdf5 } from "../../core/formats/hdf5_writer.ts";
import { cxiScan } from "../../core/loaders/cxi_scan.ts";
import { nxcxiPtychoScan } from "../../core/loaders/nxcxi_ptycho_scan.ts";
import { cxiScanParams, nxcxiPtychoScanParams } from "../../core/parameters/scandata/cxi.ts";
import { silentServices } from "../../core/preparation/testing.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { exitwave, filesBelow, inFolder } from "../end_to_end/command_line.ts";
import { exampleReconstruction, NOW } from "./example_content.ts";

/** Debian's Python, the one that h5py and fabio belong to. */
const PYTHON = "/usr/bin/python3";
const isThere = hasReaders();

/** Frames with a value of its own at every pixel, a mask for each, and nothing symmetric. */
function writeFrames(path: string, { energy = 6.2 }: { energy?: number | null } = {}): void {
  const shape = [5, 4, 4];
  const meta = {
    label: "scan",
    energy,
    distance: 1.5,
    psize: [55e-6, 75e-6],
    shape: [4, 4],
    center: [2, 1],
    version: 0.1,
  };
  const spec = { save: "append", meta, info: {}, now: NOW } as const;
  using file = createPtyd(path, spec as unknown as Parameters<typeof createPtyd>[1]);
  const weights = new Uint8Array(80).fill(1);
  weights[2 * 16 + 7] = 0;
  file.append({
    data: { dtype: "int32", shape, data: Int32Array.from({ length: 80 }, (_, i) => 1 + i * i) },
    indices: [0, 1, 2, 3, 4],
    positions: Float64Array.from({ length: 10 }, (_, i) => (i % 2 ? 2e-6 : -1e-6) * (i + 1)),
    weights: { dtype: "uint8", shape, data: weights },
  });
  file.close();
}

async function exported(file: string, to: string, out: string): Promise<string[]> {
  const { code, out: text, err } = await exitwave(["export", file, "--to", to, "-o", out, "--json"]);
  assert.equal(code, 0, err);
  return JSON.parse(text).files;
}

for (const to of ["cxi", "nxcxi"]) {
  Deno.test(
    `.ptyr -> ${to} -> .ptyr keeps arrays, positions, parameters and history`,
    inFolder(async (folder) => {
      const source = join(folder, "a.ptyr");
      writePtyr(source, exampleReconstruction(), { now: NOW });
      const [there] = await exported(source, to, join(folder, "there"));
      const [back] = await exported(there!, "ptyr", join(folder, "back"));
      assert.deepEqual(readPtyr(back!), readPtyr(source));
    }),
  );

  Deno.test(
    `.ptyd -> ${to} -> its loader keeps frames, masks, positions and geometry`,
    inFolder(async (folder) => {
      const source = join(folder, "a.ptyd");
      writeFrames(source);
      const [path] = await exported(source, to, join(folder, "frames"));
      const [loader, params] = to === "cxi" ? [cxiScan, cxiScanParams] : [nxcxiPtychoScan, nxcxiPtychoScanParams];
      const p = params.parse({ name: loader.name, source: path });
      using scan = loader.open(p as never, silentServices());
      using want = openPtyd(source);
      const numbers = (array: NdArray | undefined) => Array.from(array!.data as ArrayLike<number>, Number);
      const [a, b] = [scan.frames(0, 5), want.frames(0, 5)];
      assert.deepEqual(a.data, b.data);
      assert.deepEqual(numbers(a.weights), numbers(b.weights));
      assert.deepEqual(scan.positions, want.positions);
      const { energy, ...found } = scan.found;
      assert.deepEqual(found, { distance: 1.5, psize: [55e-6, 75e-6], center: [2, 1] });
      // Joules and back are two roundings.
      assert.ok(Math.abs(energy! / 6.2 - 1) < 1e-15);
    }),
  );
}

Deno.test({
  name: `h5py, fabio and NumPy read what was exported${isThere ? "" : " (skipped: no python3-h5py or python3-fabio)"}`,
  ignore: !isThere,
  fn: inFolder(async (folder) => {
    const [frames, result] = [join(folder, "a.ptyd"), join(folder, "b.ptyr")];
    writeFrames(frames);
    writePtyr(result, exampleReconstruction(), { now: NOW });
    for (const to of ["cxi", "nxcxi"]) await exported(frames, to, join(folder, "frames"));
    for (const to of ["cxi", "nxcxi", "tiff", "npy"]) await exported(result, to, join(folder, "result"));
    const seen = readByPython(folder);
    for (const scan of [seen.cxi, seen.nxcxi]) {
      assert.deepEqual([scan.version, scan.shape, scan.dtype, scan.unit, scan.class], [
        160,
        [5, 4, 4],
        "int32",
        "J",
        "NXentry",
      ]);
      assert.deepEqual(scan.last, Array.from({ length: 16 }, (_, i) => 1 + (64 + i) ** 2));
      assert.deepEqual(scan.positions, Array.from({ length: 10 }, (_, i) => (i % 2 ? 2e-6 : -1e-6) * (i + 1)));
      assert.ok(Math.abs(scan.energy / 6.2 - 1) < 1e-14);
      assert.deepEqual([scan.distance, scan.psize, scan.bad], [1.5, [55e-6, 75e-6], [[2, 1, 3]]]);
    }
    const { obj, probe, positions } = exampleReconstruction();
    const [object, beam] = [Object.values(obj)[0]!.data, Object.values(probe)[0]!.data];
    const at = 2 * (2 * 4 + 1);
    const [re, im] = [object.data[at], object.data[at + 1]];
    for (const [one, definition] of [[seen.result, "NXcxi_ptycho"], [seen.plain, null]] as const) {
      assert.deepEqual(one.object, [[1, 3, 4], `(${re}+${im}j)`, "NXdata"]);
      assert.deepEqual([one.definition, one.psize, one.illumination], [definition, [1e-8, 2e-8], [2, 3, 4]]);
      const rows = Array.from(Object.values(positions)[0]!.data);
      assert.deepEqual(one.translation.flat(), rows.flatMap((y, i) => i % 2 ? [] : [rows[i + 1], y, 0]));
    }
    assert.deepEqual(seen.object, Array.from(object.data));
    assert.deepEqual(seen.positions.flat(), Array.from(Object.values(positions)[0]!.data));
    const polar = (data: ArrayLike<number>, of: (re: number, im: number) => number) =>
      Array.from({ length: data.length / 2 }, (_, i) => Math.fround(of(data[2 * i]!, data[2 * i + 1]!)));
    const phases = polar(beam.data, (a, b) => Math.atan2(b, a));
    assert.deepEqual(
      seen.phase,
      [phases.slice(0, 12), phases.slice(12)].map((values) => ({ dtype: "float32", shape: [3, 4], values })),
    );
    assert.deepEqual(seen.amplitude, [{ dtype: "float32", shape: [3, 4], values: polar(object.data, Math.hypot) }]);
  }),
});

interface Seen {
  readonly [name: string]: {
    readonly version: number;
    readonly energy: number;
    readonly [key: string]: unknown;
    // deno-lint-ignore no-explicit-any -- JSON of a script, every field of which is compared
  } & any;
}

function readByPython(folder: string): Seen {
  const script = join(import.meta.dirname!, "exchange_read.py");
  const { success, stdout, stderr } = new Deno.Command(PYTHON, { args: [script, folder] }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

function hasReaders(): boolean {
  try {
    return new Deno.Command(PYTHON, { args: ["-c", "import h5py, fabio"] }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test(
  "export refuses what it cannot write or read, and leaves nothing",
  inFolder(async (folder) => {
    const [frames, bare, result, other] = ["a.ptyd", "b.ptyd", "c.ptyr", "d.cxi"].map((name) => join(folder, name));
    writeFrames(frames!);
    writeFrames(bare!, { energy: null });
    writePtyr(result!, exampleReconstruction(), { now: NOW });
    writeHdf5(other!, (writer) => writer.group("/entry_1"));
    const before = filesBelow(folder);
    const refused = async (args: string[], message: RegExp) => {
      const { code, err } = await exitwave(["export", ...args]);
      assert.deepEqual([code, message.test(err)], [2, true], err);
      assert.deepEqual(filesBelow(folder), before);
    };
    await refused(
      [frames!, "--to", "tiff"],
      /--to: found tiff for ".*a.ptyd", which holds frames, expected cxi or nxcxi/,
    );
    await refused([bare!, "--to", "cxi"], /found no energy in ".*b.ptyd", expected a geometry/);
    await refused([result!, "--to", "ptyr"], /Cannot write ".*c.ptyr": found the file that is read/);
    await refused(
      [other!, "--to", "ptyr", "-o", join(folder, "e")],
      /no data set "\/entry_1\/process_1\/history".*only results that exitwave export/,
    );
    await refused([result!, "--to", "png"], /Allowed choices are ptyr, cxi, nxcxi, tiff, npy/);
    await refused([join(folder, "none.ptyr"), "--to", "cxi"], /none.ptyr/);
  }),
);
