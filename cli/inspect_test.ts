/** `exitwave inspect`: summary, tree, JSON, and files that are broken. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { isPtychoError } from "../core/errors.ts";
import { writeNpy } from "../core/formats/npy.ts";
import { writeHdf5 } from "../core/formats/hdf5_writer.ts";
import { inspectCommand } from "./inspect.ts";

const FIXTURES = join(dirname(import.meta.dirname!), "tests/fixtures");

async function inspect(...args: string[]): Promise<string> {
  let text = "";
  const io = {
    out: (part: string) => void (text += part),
    err: () => {},
    isTerminal: false,
    signal: new AbortController().signal,
  };
  await inspectCommand(io).exitOverride().parseAsync(args, { from: "user" });
  return text;
}

Deno.test("inspect of a .ptyd begins with frames, geometry, positions, mask and counts", async () => {
  const text = await inspect(join(FIXTURES, "synth64_nonoise_v04.ptyd"));
  assert.match(text, /^synth64_nonoise_v04\.ptyd {2}PtyPy data, 399\.7 kB\n/);
  assert.match(text, /frames {5}60 of 64 x 64, int32/);
  assert.match(text, /geometry {3}7\.2 keV, distance 7\.19 m, pixel 172 um/);
  assert.match(text, /positions {2}y -?[\d.]+ um to [\d.]+ um, x /);
  assert.match(text, /mask {7}100 % valid, no mask/);
  assert.match(text, /counts {5}0 to \d+ per pixel, mean \d+ per frame/);
  assert.match(text, /├─ data {7}int32 {2}60 x 64 x 64 {2}deflate/);
  assert.match(text, /energy\s+float64 {2}= 7\.2\n/);
  assert.match(text, /label\s+None\n/);
});

Deno.test("inspect of a .ptyr begins with engines, errors, object and probe, and shortens long lists", async () => {
  const path = join(FIXTURES, "synth64_nonoise_DM_0050_09.ptyr");
  const text = await inspect(path);
  assert.match(text, /PtyPy reconstruction/);
  assert.match(text, /run {8}synth64_nonoise \(minimal\)\n {2}engines {4}DM 50\n/);
  assert.match(text, /errors {5}Fourier 53\.907, photon 49\.602, exit 6\.7118 after iteration 50/);
  assert.match(text, /obj {8}SMFG00 {2}1 x 172 x 172 complex64, pixel 112\.47 nm, 7\.2 keV/);
  assert.match(text, /probe {6}SMFG00 {2}1 x 64 x 64 complex64/);
  assert.match(text, /⋮ {2}44 more \(--all shows them\)/);
  assert.ok(!(await inspect(path, "--all")).includes("⋮"));
});

Deno.test("inspect --json is one object with summary and tree", async () => {
  const content = JSON.parse(await inspect(join(FIXTURES, "synth64_nonoise_v04.ptyd"), "--json"));
  assert.equal(content.kind, "ptyd");
  assert.equal(content.summary.frames, 60);
  assert.deepEqual(content.summary.shape, [64, 64]);
  const info = content.tree.children.find((node: { name: string }) => node.name === "info");
  const distance = info.children.find((node: { name: string }) => node.name === "distance");
  assert.equal(distance.value, 7.19);
  assert.equal(distance.dtype, "float64");
});

Deno.test("inspect keeps control characters of a file from the terminal", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    writeHdf5(`${folder}/x.h5`, (writer) => writer.text("/bad\u001b[2Jname", "\u001b]0;title\u0007"));
    const text = await inspect(`${folder}/x.h5`);
    assert.ok(!text.includes("\u001b") && !text.includes("\u0007"));
    assert.match(text, /^x\.h5 {2}HDF5, /);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("inspect of a broken .ptyr says why and still shows its tree", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    writeHdf5(`${folder}/x.ptyr`, (writer) => {
      writer.group("/header");
      writer.group("/content");
      writer.text("/header/kind", "fullflat");
    });
    const text = await inspect(`${folder}/x.ptyr`);
    assert.match(text, /note: Cannot read "\/header\/kind" .*found "fullflat"/);
    assert.match(text, /kind {2}string {2}= "fullflat"/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("inspect of a missing file is an error with the nearest name", async () => {
  await assert.rejects(
    () => inspect(join(FIXTURES, "synth64_nonoise_v04.ptyt")),
    (error) => isPtychoError(error, "DataError") && error.message.includes(`did you mean "synth64_nonoise_v04.ptyd"`),
  );
});

/** Part of a text that begins with the names of lines. */
function line(text: string, name: string): string {
  return text.split("\n").find((one) => one.trimStart().startsWith(name)) ?? "";
}

Deno.test("inspect of a CXI file shows what its loader would take, with positions and mean pattern", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const png = join(folder, "a.png");
    const text = await inspect(join(FIXTURES, "cxi/raster.nxs"), "--png", png);
    assert.match(line(text, "loader"), /NXcxiPtychoScan of ".*raster\.nxs:\/entry_1\/data_1\/data"/);
    assert.match(line(text, "frames"), /6 of 4 x 5, uint32/);
    assert.match(line(text, "geometry"), /8\.8 keV, distance 1\.92 m, pixel 55 um x 75 um/);
    assert.match(line(text, "positions"), /y -25 um to 0 m, x 0 m to 10 um/);
    // One pixel of 120 is masked.
    assert.match(line(text, "mask"), /99\.17 % valid/);
    assert.match(line(text, "counts"), /1 to 5305 per pixel, mean 52393 per frame/);
    assert.match(text, /positions, y down {4,}mean pattern, logarithmic/);
    assert.deepEqual([...Deno.readFileSync(png).subarray(1, 4)], [...new TextEncoder().encode("PNG")]);
    const { kind, summary } = JSON.parse(await inspect(join(FIXTURES, "cxi/scan.cxi"), "--json"));
    assert.deepEqual([kind, summary.loader, summary.frames, summary.counts.max], ["cxi", "CxiScan", 6, 5305]);
    assert.equal(summary.pictures, undefined);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("inspect of a CXI file that its loader would refuse says why", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    writeHdf5(`${folder}/x.cxi`, (writer) => {
      for (const group of ["/entry_1", "/entry_1/data_1"]) writer.group(group);
      writer.array("/entry_1/data_1/data", { dtype: "uint16", shape: [2, 8, 8], data: new Uint16Array(128).fill(3) });
    });
    const text = await inspect(`${folder}/x.cxi`);
    assert.match(text, /note: CxiScan would refuse it: Cannot read the .* write data\./);
    assert.match(line(text, "may be frames"), /\/entry_1\/data_1\/data {2}2 x 8 x 8 uint16/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("inspect of any HDF5 file says what may be frames and positions, and of .npy what it holds", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    writeHdf5(`${folder}/x.h5`, (writer) => {
      writer.array("/small", { dtype: "uint16", shape: [3, 2, 2], data: new Uint16Array(12) });
      writer.array("/counts", { dtype: "uint16", shape: [5, 8, 9], data: new Uint16Array(360).fill(7) });
      writer.array("/xy", { dtype: "float64", shape: [5, 2], data: new Float64Array(10) });
      writer.array("/other", { dtype: "float64", shape: [4], data: new Float64Array(4) });
    });
    const text = await inspect(`${folder}/x.h5`);
    assert.match(line(text, "may be frames"), /\/counts {2}5 x 8 x 9 uint16/);
    assert.match(line(text, "may be positions"), /\/xy {2}5 x 2 float64/);
    assert.equal(text.match(/may be/g)!.length, 2);
    assert.match(line(text, "counts"), /7 to 7 per pixel, mean 504 per frame/);
    writeNpy(`${folder}/x.npy`, {
      dtype: "int32",
      shape: [2, 2, 3],
      data: Int32Array.from({ length: 12 }, (_, i) => i),
    });
    const array = await inspect(`${folder}/x.npy`);
    assert.match(array, /^x\.npy {2}NumPy array, 2 x 2 x 3 int32, 176 bytes\n/);
    assert.match(line(array, "counts"), /0 to 11 per pixel, mean 33 per frame/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("inspect of a parameter file shows what the loader of each scan would take", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const data = { name: "CxiScan", source: join(FIXTURES, "cxi/scan.cxi"), energy: 9, motors_multiplier: [-1, 1] };
    const file = `${folder}/p.json`;
    Deno.writeTextFileSync(file, JSON.stringify({ scans: { A: { name: "Full", data } } }));
    const text = await inspect(file);
    assert.match(line(text, "frames"), /6 of 4 x 5, uint16, scan A/);
    assert.match(line(text, "geometry"), /9 keV, distance 1\.92 m/);
    assert.match(line(text, "positions"), /y 0 m to 25 um/);
    assert.match(line(await inspect(file, "--set", "scans.A.data.energy=5"), "geometry"), /5 keV/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
