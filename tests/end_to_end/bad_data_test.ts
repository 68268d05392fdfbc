/** Data files that cannot be reconstructed: each is refused in one line that names file, data set or frame, and leaves no result. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { createPtyd, type PtydChunk, type PtydSpec } from "../../core/formats/ptyd_writer.ts";
import { type Hdf5Writer, writeHdf5 } from "../../core/formats/hdf5_writer.ts";
import type { NdArray } from "../../kernels/nd_array.ts";
import { exitwave, filesBelow, inFolder, overrides, writeMoon } from "./command_line.ts";

const FRAMES = 4;
const SIDE = 8;
const PIXELS = SIDE * SIDE;

/** A scan that can be reconstructed: frames count up, positions lie on a 2 x 2 grid of 100 nm. */
const DATA = ramp([FRAMES, SIDE, SIDE]);
const POSITIONS = Float64Array.of(0, 0, 0, 1e-7, 1e-7, 0, 1e-7, 1e-7);

interface Scan {
  readonly data?: NdArray;
  readonly positions?: Float64Array;
  readonly weights?: NdArray | null;
  readonly meta?: Partial<PtydSpec["meta"]>;
  readonly save?: PtydSpec["save"];
}

/** Files that are .ptyd files, with content that cannot be used. */
const CONTENTS: readonly (readonly [name: string, scan: Scan, says: RegExp])[] = [
  [
    "a count that is not a number",
    { data: changed(2, NaN) },
    /frame 2 of ".*x\.ptyd": found NaN at valid pixel \(1, 3\), expected counts >= 0; mask the pixel/,
  ],
  [
    "a count that is infinite",
    { data: changed(3, Infinity) },
    /frame 3 of ".*x\.ptyd": found Infinity at valid pixel \(1, 3\)/,
  ],
  [
    "a negative count",
    { data: changed(1, -7) },
    /frame 1 of ".*x\.ptyd": found -7 at valid pixel \(1, 3\), expected counts >= 0; clip the data at 0 or mask/,
  ],
  ["frames without light", { data: zeros([FRAMES, SIDE, SIDE]) }, /found no photons in any frame, expected some/],
  [
    "counts that are too large to add up",
    { data: changed(0, 1e300) },
    /scan "S": found Infinity photons in its brightest frame, expected a finite number/,
  ],
  [
    "a frame that is masked all over",
    { weights: ones([FRAMES, SIDE, SIDE], PIXELS) },
    /frame 0 of ".*x\.ptyd": found all 64 pixels masked, expected some valid ones; check the mask/,
  ],
  [
    "a position that is not a number",
    { positions: POSITIONS.map((x, i) => i === 5 ? NaN : x) },
    /positions of ".*x\.ptyd": found NaN at frame 2, expected metres/,
  ],
  [
    "positions in micrometres",
    { positions: POSITIONS.map((x) => x * 1e6) },
    /Cannot make object "SSG00": found .* pixels .*, expected at most .*check that positions are in metres/,
  ],
  ["no energy above 0", { meta: { energy: 0 } }, /scans\.S\.data\.energy: found 0, expected a number of keV above 0/],
  [
    "no distance above 0",
    { meta: { distance: -1 } },
    /scans\.S\.data\.distance: found -1, expected a number of metres/,
  ],
  ["no pixel size above 0", { meta: { psize: [0, 0] } }, /scans\.S\.data\.psize: found 0, expected a number of metres/],
  ["a distance in nanometres", { meta: { distance: 7.19e9 } }, /scans\.S\.data: found a sample pixel of .* in metres/],
];
for (const [name, scan, says] of CONTENTS) {
  Deno.test(
    `data with ${name} are refused`,
    inFolder(async (folder) => {
      writeScan(join(folder, "x.ptyd"), scan);
      await assertRefused(folder, says);
    }),
  );
}

/** Files that are HDF5 files, but not as a .ptyd file is. */
const STRUCTURES: readonly (readonly [name: string, write: (writer: Hdf5Writer) => void, says: RegExp])[] = [
  [
    "no chunks",
    (writer) => writer.array("/entry", DATA),
    /frames of ".*x\.ptyd": found no group "\/chunks", expected a \.ptyd file; there are "entry"/,
  ],
  [
    "no chunk",
    (writer) => writer.group("/chunks"),
    /frames of ".*x\.ptyd": found no chunks, expected at least one frame/,
  ],
  [
    "no frames",
    (writer) => writeChunk(writer, { data: ramp([0, SIDE, SIDE]), positions: ramp([0, 2]) }),
    /frames of ".*x\.ptyd": found only chunks without frames, expected at least one/,
  ],
  [
    "no data set of frames",
    (writer) => writeChunk(writer, { positions: ramp([FRAMES, 2]) }),
    /"\/chunks\/0\/data" in ".*x\.ptyd": found no "data" .*; there are "positions"/,
  ],
  [
    "no positions",
    (writer) => writeChunk(writer, { data: DATA }),
    /"\/chunks\/0\/positions" in ".*x\.ptyd": found no "positions" .*; there are "data"/,
  ],
  [
    "no geometry",
    (writer) => writeChunk(writer, { data: DATA, positions: ramp([FRAMES, 2]) }),
    /Cannot use ".*x\.ptyd": found no energy, no distance, no psize in it, .*; write scans\.S\.data\.energy, /,
  ],
  [
    "a text where the energy should be",
    (writer) => {
      writeChunk(writer, { data: DATA, positions: ramp([FRAMES, 2]) });
      writer.group("/meta");
      writer.text("/meta/energy", "high");
    },
    /"energy" of the geometry in ".*x\.ptyd": found "high", expected a number/,
  ],
  [
    "a pixel size of three numbers",
    (writer) => {
      writeChunk(writer, { data: DATA, positions: ramp([FRAMES, 2]) });
      writer.group("/meta");
      writer.array("/meta/psize", ramp([3]));
    },
    /"psize" of the geometry in ".*x\.ptyd": found an array of shape 3, expected one or two numbers/,
  ],
  [
    "fewer positions than frames",
    (writer) => writeChunk(writer, { data: DATA, positions: ramp([FRAMES - 1, 2]) }),
    /"\/chunks\/0\/positions" in ".*x\.ptyd": found shape \(3, 2\), expected \(4, 2\)/,
  ],
  [
    "positions of three numbers",
    (writer) => writeChunk(writer, { data: DATA, positions: ramp([FRAMES, 3]) }),
    /"\/chunks\/0\/positions" in ".*x\.ptyd": found shape \(4, 3\), expected \(4, 2\)/,
  ],
  [
    "a mask of another shape",
    (writer) => writeChunk(writer, { data: DATA, positions: ramp([FRAMES, 2]), weights: ramp([FRAMES, 3, 3]) }),
    /"\/chunks\/0\/weights" in ".*x\.ptyd": found shape \(4, 3, 3\), expected \(4, 8, 8\)/,
  ],
  [
    "a single frame without an axis of frames",
    (writer) => writeChunk(writer, { data: ramp([SIDE, SIDE]), positions: ramp([SIDE, 2]) }),
    /"\/chunks\/0\/data" in ".*x\.ptyd": found shape \(8, 8\), expected \(frames, y, x\)/,
  ],
  [
    "complex frames",
    (writer) => {
      writeGeometry(writer);
      writeChunk(writer, {
        data: { dtype: "complex128", shape: [FRAMES, SIDE, SIDE], data: new Float64Array(2 * FRAMES * PIXELS).fill(1) },
        positions: ramp([FRAMES, 2]),
      });
    },
    /Cannot prepare ".*x\.ptyd": found complex frames \(complex128\), expected counts/,
  ],
];
for (const [name, write, says] of STRUCTURES) {
  Deno.test(
    `a file with ${name} is refused`,
    inFolder(async (folder) => {
      writeHdf5(join(folder, "x.ptyd"), write);
      await assertRefused(folder, says);
    }),
  );
}

const OTHER_FILES: readonly (readonly [name: string, make: (path: string) => void, says: RegExp])[] = [
  ["no file", () => {}, /Cannot open ".*x\.ptyd": found no such file; /],
  ["a folder", (path) => Deno.mkdirSync(path), /Cannot open ".*x\.ptyd": found a folder, expected an HDF5 file/],
  ["an empty file", (path) => Deno.writeTextFileSync(path, ""), /Cannot open ".*x\.ptyd": found an empty file/],
  [
    "a text",
    (path) => Deno.writeTextFileSync(path, "not HDF5"),
    /".*x\.ptyd": found other content .*check the file name/,
  ],
];
for (const [name, make, says] of OTHER_FILES) {
  Deno.test(
    `${name} instead of data is refused`,
    inFolder(async (folder) => {
      make(join(folder, "x.ptyd"));
      await assertRefused(folder, says);
    }),
  );
}

Deno.test(
  "a file that was cut off anywhere is refused",
  inFolder(async (folder) => {
    const path = join(folder, "x.ptyd");
    writeScan(path, {});
    const bytes = Deno.readFileSync(path);
    const lengths = [1, 7, 8, 100, 512, ...[0.1, 0.25, 0.5, 0.75, 0.9].map((part) => Math.floor(part * bytes.length))];
    for (const length of [...lengths, bytes.length - 1]) {
      Deno.writeFileSync(path, bytes.subarray(0, length));
      await assertRefused(folder, /Cannot open ".*x\.ptyd": found a (truncated|damaged)/);
    }
  }),
);

Deno.test(
  "what the tests above break is a scan that runs",
  inFolder(async (folder) => {
    writeScan(join(folder, "x.ptyd"), {});
    const { code, out, err } = await run(folder);
    assert.equal(code, 0, err);
    assert.equal(out, `${join(folder, "r.ptyr")}\n`);
  }),
);

Deno.test(
  "a chunk that is missing is left out, and the user is told without asking",
  inFolder(async (folder) => {
    writeScan(join(folder, "x.ptyd"), { save: "link" });
    const { code, err } = await run(folder);
    assert.deepEqual([code, err.includes("note:")], [0, false]);
    const parts = filesBelow(folder).filter((path) => path.startsWith("x.ptyd.chunk"));
    assert.equal(parts.length, 2);
    Deno.removeSync(join(folder, parts[1]!));
    const second = await run(folder);
    assert.equal(second.code, 0, second.err);
    assert.match(second.err, /^note: Left out "\/chunks\/1" of ".*x\.ptyd": found a link to .*that leads nowhere$/m);
  }),
);

Deno.test(
  "preparation that fails in the middle leaves no saved data",
  inFolder(async (folder) => {
    writeScan(join(folder, "x.ptyd"), { data: changed(3, NaN) });
    for (const save of ["append", "merge"]) {
      const data = `{name: PtydScan, source: x.ptyd, dfile: saved.ptyd, save: ${save}, min_frames: 1}`;
      await assertRefused(folder, /frame 3 of ".*x\.ptyd": found NaN/, `scans.S.data=${data}`);
    }
  }),
);

async function run(folder: string, ...more: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const scans = { S: { name: "Full", data: { name: "PtydScan", dfile: "x.ptyd" } } };
  const file = writeMoon(folder, { scans, engines: { e: { name: "DM", numiter: 1 } } });
  return await exitwave(["run", file, "--quiet", ...overrides("io.rfile=r.ptyr", ...more)]);
}

async function assertRefused(folder: string, says: RegExp, ...more: readonly string[]): Promise<void> {
  const before = filesBelow(folder);
  const { code, out, err: text } = await run(folder, ...more);
  // Files that are written by hand below have no mask, which is told beside the mistake.
  const err = text.replace(/^note: .* has no mask .*\n/, "");
  assert.equal(code, 2, err);
  assert.equal(out, "");
  assert.match(err, /^exitwave: [^\n]+\n$/);
  assert.match(err, says);
  assert.deepEqual(filesBelow(folder).filter((path) => path !== "moon.json"), before.filter((p) => p !== "moon.json"));
}

function writeScan(
  path: string,
  { data = DATA, positions = POSITIONS, weights = null, meta = {}, save = "append" }: Scan,
): void {
  const geometry = { label: "S", energy: 7.2, distance: 7.19, psize: [1.72e-4, 1.72e-4], center: [4, 4], version: 0.1 };
  const spec = { save, info: {}, now: new Date(0), meta: { shape: [SIDE, SIDE], ...geometry, ...meta } };
  using writer = createPtyd(path, spec as PtydSpec);
  const chunk: PtydChunk = { data, positions, weights, indices: [0, 1, 2, 3] };
  writer.append(chunk);
  if (save === "link") writer.append({ ...chunk, indices: [4, 5, 6, 7] });
  writer.close();
}

function writeGeometry(writer: Hdf5Writer): void {
  writer.group("/meta");
  for (const name of ["energy", "distance", "psize"]) writer.array(`/meta/${name}`, ramp([]));
}

function writeChunk(writer: Hdf5Writer, arrays: Readonly<Record<string, NdArray>>): void {
  writer.group("/chunks");
  writer.group("/chunks/0");
  for (const [name, values] of Object.entries(arrays)) writer.array(`/chunks/0/${name}`, values);
}

/** 1, 2, 3, ... */
function ramp(shape: readonly number[]): NdArray<Float64Array> {
  const length = shape.reduce((a, b) => a * b, 1);
  return { dtype: "float64", shape, data: Float64Array.from({ length }, (_, i) => i + 1) };
}

function zeros(shape: readonly number[]): NdArray<Float64Array> {
  return { ...ramp(shape), data: ramp(shape).data.fill(0) };
}

/** 0 in the first `dark` elements, 1 in the others. */
function ones(shape: readonly number[], dark: number): NdArray<Float64Array> {
  return { ...ramp(shape), data: ramp(shape).data.fill(1).fill(0, 0, dark) };
}

/** The scan's frames with one value in pixel (1, 3) of one frame. */
function changed(frame: number, value: number): NdArray<Float64Array> {
  const data = ramp([FRAMES, SIDE, SIDE]).data;
  data[frame * PIXELS + SIDE + 3] = value;
  return { dtype: "float64", shape: [FRAMES, SIDE, SIDE], data };
}
