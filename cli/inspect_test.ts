/** `exitwave inspect`: summary, tree, JSON, and files that are broken. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { isPtychoError } from "../core/errors.ts";
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
