/** .ptyd files: every way to save comes back and is strictly right; PtyPy's files and broken ones. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { DataError } from "../../core/errors.ts";
import { toNumbers } from "../../core/formats/hdf5_values.ts";
import { type Hdf5Writer, writeHdf5 } from "../../core/formats/hdf5_writer.ts";
import { openPtyd, type Ptyd } from "../../core/formats/ptyd.ts";
import { createPtyd } from "../../core/formats/ptyd_writer.ts";
import { exampleChunk, exampleSpec } from "./example_content.ts";
import { ptydProblems } from "./strict_reader.ts";

const ROOT = dirname(dirname(import.meta.dirname!));
const FIXTURE = join(ROOT, "tests/fixtures/synth64_nonoise_v04.ptyd");
const SHARED = join(dirname(ROOT), "shared/data");

function inFolder(test: (folder: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      test(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

/** Writes 3 + 2 + 4 example frames. */
function writeExample(path: string, save: "append" | "link" | "merge"): void {
  using writer = createPtyd(path, exampleSpec(save));
  for (const [start, stop] of [[0, 3], [3, 5], [5, 9]] as const) writer.append(exampleChunk(start, stop));
  writer.close();
}

function assertExample(file: Ptyd): void {
  const whole = exampleChunk(0, 9);
  assert.equal(file.numFrames, 9);
  assert.deepEqual([...file.shape], [3, 4]);
  assert.deepEqual([...file.indices], whole.indices);
  assert.deepEqual(file.positions, whole.positions);
  assert.deepEqual(file.frames(0, 9).data, whole.data);
  assert.deepEqual(file.frames(2, 6).data.data, whole.data.data.slice(24, 72));
  const weights = [exampleChunk(0, 3), exampleChunk(3, 5), exampleChunk(5, 9)].flatMap((
    chunk,
  ) => [...toNumbers(chunk.weights!)]);
  assert.deepEqual([...toNumbers(file.frames(0, 9).weights!)], weights);
  const angles = { theta_bragg: null, rocking_step: null };
  assert.deepEqual(file.meta, { ...exampleSpec("append").meta, ...angles, num_frames: 9 });
  assert.equal(file.info.add_poisson_noise, false);
  assert.deepEqual(file.info.orientation, [true, false, true]);
}

for (const save of ["append", "link", "merge"] as const) {
  Deno.test(
    `a file saved with "${save}" comes back, also after a second one took its name`,
    inFolder((folder) => {
      const path = `${folder}/x.ptyd`;
      for (const round of [1, 2]) {
        writeExample(path, save);
        using file = openPtyd(path);
        assertExample(file);
        assert.deepEqual(ptydProblems(path), []);
        if (round === 1) continue;
        using old = openPtyd(`${path}.old`);
        assertExample(old);
      }
    }),
  );
}

Deno.test(
  `linked chunks stay reachable when the folder is moved`,
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/a`);
    writeExample(`${folder}/a/x.ptyd`, "link");
    Deno.renameSync(`${folder}/a`, `${folder}/b`);
    assert.ok([...Deno.readDirSync(`${folder}/b`)].some((entry) => entry.name === "x.ptyd.chunk00"));
    using file = openPtyd(`${folder}/b/x.ptyd`);
    assertExample(file);
  }),
);

Deno.test(
  "linked chunks are called by chunkFormat, with numbers after those that are there",
  inFolder((folder) => {
    const spec = { ...exampleSpec("link"), chunkFormat: "_%3d.h5" };
    for (const _ of [1, 2]) {
      using writer = createPtyd(`${folder}/x.ptyd`, spec);
      writer.append(exampleChunk(0, 3));
      writer.append(exampleChunk(3, 7));
      writer.close();
    }
    const names = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => name.endsWith(".h5"));
    assert.deepEqual(names.sort(), ["x.ptyd_  0.h5", "x.ptyd_  1.h5", "x.ptyd_  2.h5", "x.ptyd_  3.h5"]);
    using file = openPtyd(`${folder}/x.ptyd`);
    assert.equal(file.numFrames, 7);
  }),
);

Deno.test(
  "a linked chunk that is gone is left out with a notice",
  inFolder((folder) => {
    writeExample(`${folder}/x.ptyd`, "link");
    Deno.removeSync(`${folder}/x.ptyd.chunk01`);
    const notices: string[] = [];
    using file = openPtyd(`${folder}/x.ptyd`, { notice: (message) => notices.push(message) });
    assert.equal(file.numFrames, 7);
    assert.deepEqual([...file.indices], [0, 2, 4, 10, 12, 14, 16]);
    assert.match(notices.join(), /Left out "\/chunks\/1".*x\.ptyd\.chunk01/);
  }),
);

Deno.test(
  "linked chunks can be read while more are to come; the other ways show nothing before they are closed",
  inFolder((folder) => {
    for (const save of ["append", "merge", "link"] as const) {
      using writer = createPtyd(`${folder}/${save}.ptyd`, exampleSpec(save));
      writer.append(exampleChunk(0, 3));
      const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
      assert.equal(names.includes(`${save}.ptyd`), save === "link");
    }
    using file = openPtyd(`${folder}/link.ptyd`);
    assert.equal(file.numFrames, 3);
    const names = [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
    assert.deepEqual(names, ["link.ptyd", "link.ptyd.chunk00"]);
  }),
);

Deno.test(
  "a mask that all frames share is written for every frame",
  inFolder((folder) => {
    const weights = { dtype: "uint8" as const, shape: [3, 4], data: Uint8Array.of(1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1) };
    using writer = createPtyd(`${folder}/x.ptyd`, exampleSpec("append"));
    writer.append({ ...exampleChunk(0, 3), weights });
    writer.append({ ...exampleChunk(3, 5), weights: null });
    writer.close();
    using file = openPtyd(`${folder}/x.ptyd`);
    assert.equal(file.weightKind, "frames");
    const read = toNumbers(file.frames(0, 5).weights!);
    assert.deepEqual([...read.slice(24, 36)], [...weights.data]);
    assert.ok(read.slice(36).every((weight) => weight === 1));
  }),
);

Deno.test(
  "createPtyd() refuses chunks that do not fit, and a file without frames",
  inFolder((folder) => {
    using writer = createPtyd(`${folder}/x.ptyd`, exampleSpec("append"));
    assert.throws(() => writer.close(), /found no frames/);
    const chunk = exampleChunk(0, 3);
    assert.throws(
      () => writer.append({ ...chunk, positions: new Float64Array(4) }),
      /found 4 numbers for positions, expected 2 or 4 for each of 3 frames/,
    );
    assert.throws(() => writer.append({ ...chunk, indices: [1] }), /found 1 indices, expected 3/);
    const weights = { dtype: "uint8" as const, shape: [4, 3], data: new Uint8Array(12) };
    assert.throws(() => writer.append({ ...chunk, weights }), /found weights of shape 4 x 3/);
    writer.append(chunk);
    const other = { dtype: "int32" as const, shape: [3, 4, 3], data: new Int32Array(36) };
    assert.throws(() => writer.append({ ...chunk, data: other, weights: null }), /found frames 4 x 3, expected 3 x 4/);
  }),
);

Deno.test("openPtyd() reads what PtyPy 0.4 wrote, whose mask is lost", () => {
  assert.deepEqual(ptydProblems(FIXTURE), []);
  using file = openPtyd(FIXTURE);
  assert.equal(file.numFrames, 60);
  assert.deepEqual([...file.shape], [64, 64]);
  assert.equal(file.weightKind, "none");
  assert.equal(file.frames(0, 1).weights, undefined);
  assert.equal(file.meta.energy, 7.2);
  assert.equal(file.meta.distance, 7.19);
  assert.deepEqual(file.meta.psize, [0.000172, 0.000172]);
  assert.equal(file.meta.label, null);
  // Numbers as h5py shows them: positions[1], and the sum of frames 3 and 4.
  assert.deepEqual([...file.positions.slice(2, 4)], [0, 0.0000014396743340923772]);
  assert.equal(toNumbers(file.frames(3, 5).data).reduce((a, b) => a + b, 0), 28275106);
});

/** Builds a .ptyd file by hand from one that is right. */
function byHand(
  change: (writer: Hdf5Writer) => void,
  extra: { weights?: readonly number[] } = {},
): (path: string) => void {
  return (path) =>
    writeHdf5(path, (writer) => {
      for (const group of ["/meta", "/info", "/chunks"]) writer.group(group);
      // Numeric order is not the order of names: 10 comes after 2.
      for (const [name, value] of [["10", 10], ["2", 2]] as const) {
        writer.group(`/chunks/${name}`);
        writer.array(`/chunks/${name}/data`, {
          dtype: "uint16",
          shape: [1, 2, 2],
          data: Uint16Array.of(value, 0, 0, 0),
        });
        writer.array(`/chunks/${name}/positions`, { dtype: "float32", shape: [1, 2], data: Float32Array.of(value, 0) });
        if (extra.weights) {
          const data = new Float32Array(extra.weights.reduce((a, b) => a * b, 1)).fill(value === 2 ? 1 : 0);
          writer.array(`/chunks/${name}/weights`, { dtype: "float32", shape: extra.weights, data });
        }
      }
      change(writer);
    });
}

Deno.test(
  "chunks are read in numeric order, and files without attributes, indices and meta open",
  inFolder((folder) => {
    byHand(() => {})(`${folder}/x.ptyd`);
    using file = openPtyd(`${folder}/x.ptyd`);
    assert.deepEqual([...file.positions], [2, 0, 10, 0]);
    assert.deepEqual([...file.frames(0, 2).data.data], [2, 0, 0, 0, 10, 0, 0, 0]);
    assert.deepEqual([...file.indices], [0, 1]);
    assert.equal(file.meta.energy, null);
    assert.equal(file.weightKind, "none");
  }),
);

for (const weights of [[2, 2], [1, 2, 2]]) {
  Deno.test(
    `weights of shape ${weights.join(" x ")} belong to the frames of their chunk`,
    inFolder((folder) => {
      byHand(() => {}, { weights })(`${folder}/x.ptyd`);
      using file = openPtyd(`${folder}/x.ptyd`);
      assert.equal(file.weightKind, "frames");
      assert.deepEqual([...toNumbers(file.frames(0, 2).weights!)], [1, 1, 1, 1, 0, 0, 0, 0]);
    }),
  );
}

const twoByTwo = { dtype: "uint16" as const, shape: [1, 2, 2], data: new Uint16Array(4) };
const BROKEN: readonly { name: string; says: RegExp; write(path: string): void }[] = [
  {
    name: "with too few positions",
    says: /Cannot read "\/chunks\/11\/positions" in ".*": found shape \(2, 2\), expected \(1, 2\)/,
    write: byHand((writer) => {
      writer.group("/chunks/11");
      writer.array("/chunks/11/data", twoByTwo);
      writer.array("/chunks/11/positions", { dtype: "float32", shape: [2, 2], data: new Float32Array(4) });
    }),
  },
  {
    name: "with frames of two sizes",
    says: /"\/chunks\/11\/data" .*found shape \(4, 1\), expected \(2, 2\)/,
    write: byHand((writer) => {
      writer.group("/chunks/11");
      writer.array("/chunks/11/data", { ...twoByTwo, shape: [1, 4, 1] });
      writer.array("/chunks/11/positions", { dtype: "float32", shape: [1, 2], data: new Float32Array(2) });
    }),
  },
  {
    name: "with weights of another size",
    says: /weights" .*found shape \(3, 2\), expected \(1, 2, 2\)/,
    write: byHand(() => {}, { weights: [3, 2] }),
  },
  {
    name: "without positions",
    says: /found no "positions" in group "\/chunks\/11"/,
    write: byHand((writer) => {
      writer.group("/chunks/11");
      writer.array("/chunks/11/data", twoByTwo);
    }),
  },
  {
    name: "without chunks",
    says: /found no group "\/chunks", expected a \.ptyd file; there are "x"/,
    write: (path) => writeHdf5(path, (writer) => writer.text("/x", "y")),
  },
  {
    name: "with no frames",
    says: /found no chunks, expected at least one frame/,
    write: (path) => writeHdf5(path, (writer) => writer.group("/chunks")),
  },
];
for (const { name, says, write } of BROKEN) {
  Deno.test(
    `openPtyd() refuses a file ${name}`,
    inFolder((folder) => {
      write(`${folder}/x.ptyd`);
      assert.throws(() => openPtyd(`${folder}/x.ptyd`), (error) => {
        assert.ok(error instanceof DataError);
        assert.match(error.message, says);
        return true;
      });
    }),
  );
}

const REAL_FILES = ["ptypy_files", "siemens_star"].flatMap((folder) => ptydFiles(join(SHARED, folder)));
for (const path of REAL_FILES) {
  Deno.test(`${path.slice(SHARED.length + 1)} opens and is strictly right`, () => {
    assert.deepEqual(ptydProblems(path), []);
    using file = openPtyd(path, { notice: (message) => assert.fail(message) });
    assert.equal(file.numFrames, file.meta.num_frames);
    assert.deepEqual([...file.shape], [...file.meta.shape!]);
    const isOld = /_(v)?04\.ptyd$/.test(path);
    assert.equal(file.weightKind, isOld ? "none" : "frames");
    const { data, weights } = file.frames(file.numFrames - 2, file.numFrames);
    assert.ok(toNumbers(data).some((count) => count > 0));
    if (weights) assert.ok(toNumbers(weights).every((weight) => weight === 1));
  });
}

function ptydFiles(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter((entry) => entry.name.endsWith(".ptyd")).map((entry) =>
      join(folder, entry.name)
    ).sort();
  } catch {
    return [];
  }
}
