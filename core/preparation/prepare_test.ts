/** The chain as a whole: what wins over what, chunks, masks, and what is refused. */

import { allDiffraction, allMasks } from "../../kernels/measured.ts";
import assert from "node:assert/strict";
import type { NdArray } from "../../kernels/nd_array.ts";
import { isPtychoError } from "../errors.ts";
import type { OpenScan } from "../loaders/loader.ts";
import { planScan, type Preparation, type PrepareOptions, prepareScan } from "./prepare.ts";
import { arrayLoader, asArrays, ptyScan, rampFrames, silentServices } from "./testing.ts";

type Source = Parameters<typeof arrayLoader>[1];

const NOW = new Date(0);

interface Setup {
  readonly source?: Source;
  readonly options?: Partial<PrepareOptions>;
  readonly messages?: string[];
}

/** Prepares `data` with what is written; the shape is null unless written. */
function prepare(data: NdArray, given: Record<string, unknown> = {}, o: Setup = {}): Preparation {
  const written = { shape: null, ...given };
  return prepareScan(arrayLoader(data, o.source), ptyScan(written), {
    label: "S",
    written: new Set(Object.keys(written)),
    services: silentServices(o.messages ? { messages: o.messages } : {}),
    precision: "double",
    now: NOW,
    ...o.options,
  });
}

function masked(shape: readonly number[], invalid: readonly number[]): NdArray<Uint8Array> {
  const data = new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(1);
  for (const i of invalid) data[i] = 0;
  return { dtype: "uint8", shape, data };
}

Deno.test("prepareScan() takes geometry from the source unless the user wrote it", () => {
  const found = {
    energy: 8,
    distance: 2,
    psize: [1e-5, 2e-5] as const,
    shape: [4, 4] as const,
    center: [3, 2] as const,
  };
  const loader = arrayLoader(rampFrames([2, 6, 6]), { found });
  const options = { label: "S", services: silentServices(), precision: "double" as const, now: NOW };
  const theirs = prepareScan(loader, ptyScan(), { ...options, written: new Set() });
  assert.deepEqual([theirs.meta.energy, theirs.meta.distance, theirs.meta.psize], [8, 2, [1e-5, 2e-5]]);
  assert.deepEqual([theirs.meta.shape, theirs.rawCenter], [[4, 4], [3, 2]]);
  assert.equal(allDiffraction(theirs.measured)[0], 1 + 100 * 1 + 0);
  const written = { energy: 7, psize: 3e-5, center: "fftshift", shape: 2 };
  const ours = prepareScan(loader, ptyScan(written), { ...options, written: new Set(Object.keys(written)) });
  assert.deepEqual([ours.meta.energy, ours.meta.distance, ours.meta.psize], [7, 2, [3e-5, 3e-5]]);
  assert.deepEqual([ours.meta.shape, ours.rawCenter], [[2, 2], [3, 3]]);
});

for (
  const { chunkBytes, min_frames, reads } of [
    { chunkBytes: 1, min_frames: 1, reads: [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]] },
    { chunkBytes: 1, min_frames: 3, reads: [[0, 3], [3, 5]] },
    { chunkBytes: 2 * 9 * 64, min_frames: 1, reads: [[0, 2], [2, 4], [4, 5]] }, // 8 bytes a count and 1 a weight.
    { chunkBytes: 1e6, min_frames: 1, reads: [[0, 5]] },
  ]
) {
  Deno.test(`prepareScan() with ${chunkBytes} bytes a chunk and min_frames ${min_frames} reads ${JSON.stringify(reads)}`, () => {
    const data = rampFrames([5, 8, 8]);
    const weights = masked([5, 8, 8], [3 * 64 + 10]);
    const given = { rebin: 2, orientation: 5, min_frames };
    const found: number[][] = [];
    const source: Source = {
      frames(start, stop) {
        found.push([start, stop]);
        const shape = [stop - start, 8, 8];
        const part = (a: NdArray) => ({ ...a, shape, data: a.data.slice(64 * start, 64 * stop) });
        return { data: part(data), weights: part(weights) };
      },
    };
    const parts = prepare(data, given, { source, options: { chunkBytes } });
    assert.deepEqual(found, [[0, 1], ...reads]); // The first frame tells shape and type.
    assert.deepEqual(asArrays(parts), asArrays(prepare(data, given, { source: { weights } })));
    assert.deepEqual([parts.measured.maskFrames, allMasks(parts.measured).filter((valid) => valid === 0).length], [
      5,
      1,
    ]);
  });
}

Deno.test("prepareScan() of precision single returns float32, of double float64", () => {
  assert.ok(
    allDiffraction(prepare(rampFrames([1, 4, 4]), {}, { options: { precision: "single" } }).measured) instanceof
      Float32Array,
  );
  assert.ok(allDiffraction(prepare(rampFrames([1, 4, 4])).measured) instanceof Float64Array);
});

Deno.test("num_frames limits frames, positions_theory replaces positions and num_frames", () => {
  const data = rampFrames([4, 3, 3]);
  const two = prepare(data, { num_frames: 2 });
  assert.deepEqual([two.numFrames, two.positions.length, [...two.indices]], [2, 4, [0, 1]]);
  const many = prepare(data, { num_frames: 9 });
  assert.equal(many.numFrames, 4);
  const messages: string[] = [];
  const positions_theory = [[1, 2], [3, 4], [5, 6]];
  const given = prepare(data, { num_frames: 2, positions_theory }, { messages });
  assert.deepEqual([...given.positions], [1, 2, 3, 4, 5, 6]);
  assert.equal(given.numFrames, 3);
  assert.match(messages.join("\n"), /num_frames = 2 gives way to the 3 positions/);
  assert.match(messages.join("\n"), /first 3 of 4 frames/);
});

Deno.test("positions of the scan model stand in where the source has none", () => {
  const positions = new Float64Array([7, 8, 9, 10]);
  const scan = prepare(rampFrames([2, 3, 3]), {}, { source: { positions: null }, options: { positions } });
  assert.deepEqual([...scan.positions], [7, 8, 9, 10]);
});

Deno.test("a shape that is not square becomes its smaller side, with a message", () => {
  const messages: string[] = [];
  assert.deepEqual(prepare(rampFrames([1, 6, 8]), { shape: [4, 6] }, { messages }).meta.shape, [4, 4]);
  assert.match(messages[0]!, /4 x 6 is not square: frames are cropped to 4 x 4/);
});

Deno.test("auto_center finds the centre only where none is given, and else reports it", () => {
  const data: NdArray = { dtype: "uint16", shape: [2, 5, 5], data: new Uint16Array(50) };
  data.data[1 * 5 + 3] = 4; // Frame 0: (1, 3).
  data.data[25 + 3 * 5 + 3] = 9; // Frame 1: (3, 3); the mean is (2, 3).
  assert.deepEqual(prepare(data, { center: null, shape: 3 }).rawCenter, [2, 3]);
  assert.deepEqual(prepare(data, { center: null, auto_center: false }).rawCenter, [2, 2]);
  const messages: string[] = [];
  assert.deepEqual(prepare(data, { center: [1, 1], auto_center: true }, { messages }).rawCenter, [1, 1]);
  assert.match(messages.join(), /pixel \(2\.00, 3\.00\), but data\.center says \(1, 1\)/);
  const weight = masked([5, 5], [18]);
  assert.deepEqual(prepare(data, { center: null, shape: 3 }, { source: { weight } }).rawCenter, [1, 3]);
});

Deno.test("weights of another size than the frames are cut around their own middle", () => {
  const weight = masked([8, 8], [4 * 8 + 5]);
  const scan = prepare(rampFrames([2, 6, 6]), { shape: 4, center: [2, 2] }, { source: { weight } });
  assert.deepEqual([...allMasks(scan.measured)].flatMap((valid, i) => valid ? [] : [i]), [2 * 4 + 3]);
  assert.equal(scan.measured.maskFrames, 1);
});

Deno.test("masked pixels may hold anything; what is no count becomes 0", () => {
  const data = rampFrames([1, 2, 3]);
  data.data.set([NaN, -1, Infinity, 5]);
  const scan = prepare(data, { shape: [2, 3] }, {
    source: { weight: masked([2, 3], [0, 1, 2, 3]), prepared: true, found: GEOMETRY },
  });
  assert.deepEqual([...allDiffraction(scan.measured)], [0, 0, 0, 5, 102, 103]);
});

/** What a prepared source must know. */
const GEOMETRY = { energy: 9, distance: 5, psize: [1e-4, 2e-4] } as const;

Deno.test("a prepared source that does not know its geometry is refused, unless the user gives it", () => {
  const source: Source = { found: { energy: 9 }, prepared: true };
  assert.throws(() => prepare(rampFrames([1, 4, 4]), {}, { source }), (e) => {
    assert.ok(isPtychoError(e, "DataError"));
    assert.match(
      e.message,
      /found no distance, no psize in it, .*; write scans\.S\.data\.distance, scans\.S\.data\.psize/,
    );
    return true;
  });
  const { meta } = prepare(rampFrames([1, 4, 4]), { distance: 3, psize: 1e-5 }, { source });
  assert.deepEqual([meta.energy, meta.distance, meta.psize], [9, 3, [1e-5, 1e-5]]);
});

Deno.test("a prepared source is taken as it is, with its own axis", () => {
  const found = { ...GEOMETRY, center: [1, 2] as const, shape: [4, 4] as const };
  const data = rampFrames([2, 4, 4]);
  const loader = arrayLoader(data, { found, prepared: true });
  const scan = prepareScan(loader, ptyScan({ energy: 9, center: [1, 2], shape: 4 }), {
    label: "S",
    written: new Set(["energy", "center", "shape"]),
    services: silentServices(),
    precision: "double",
    now: NOW,
  });
  assert.deepEqual([...allDiffraction(scan.measured)], [...data.data]);
  assert.deepEqual(scan.meta.center, [1, 2]);
});

Deno.test("a prepared source refuses every parameter that would change it, all at once, with its path", () => {
  const given = {
    energy: 8,
    shape: 2,
    rebin: 2,
    orientation: 1,
    save: "append",
    dfile: "x.ptyd",
    add_poisson_noise: true,
  };
  const source: Source = { found: { ...GEOMETRY, shape: [4, 4] }, prepared: true };
  assert.throws(() => prepare(rampFrames([1, 4, 4]), given, { source }), (e) => {
    assert.ok(isPtychoError(e, "ParameterError"));
    const paths = (e.fields.issues as { path: string }[]).map((issue) => issue.path.split(".").at(-1));
    assert.deepEqual(paths.sort(), ["add_poisson_noise", "energy", "orientation", "rebin", "save", "shape"]);
    assert.match(e.message, /scans\.S\.data\.rebin: found 2, but frames of source "file" are taken as they are/);
    return true;
  });
});

Deno.test("planScan() says what would be done and reads the first frame only", () => {
  let reads = 0;
  const loader = arrayLoader(rampFrames([3, 6, 8]), {
    frames: (start, stop) => {
      reads++;
      assert.deepEqual([start, stop], [0, 1]);
      return { data: rampFrames([1, 6, 8]) };
    },
  });
  const given = { shape: 4, rebin: 2, psize: 1e-5 };
  const plan = planScan(loader, ptyScan(given), {
    label: "S",
    written: new Set(["shape"]),
    services: silentServices(),
  });
  assert.deepEqual([plan.numFrames, plan.rawShape, plan.shape, plan.psize], [3, [6, 8], [2, 2], [2e-5, 2e-5]]);
  assert.equal(reads, 1);
});

const BAD_SOURCES: { name: string; source: Partial<OpenScan>; data?: NdArray; given?: object; message: RegExp }[] = [
  { name: "no frames", source: { numFrames: 0 }, message: /found 0 frames, expected at least one/ },
  {
    name: "fewer positions than frames",
    source: { positions: new Float64Array(4) },
    message: /found 2 positions for 3 frames/,
  },
  { name: "no positions", source: { positions: null }, message: /found no positions, expected one per frame/ },
  {
    name: "a position that is NaN",
    source: { positions: new Float64Array([0, 1, 2, NaN, 4, 5]) },
    message: /found NaN at frame 1/,
  },
  {
    name: "all pixels masked",
    source: { weight: masked([4, 4], Array.from({ length: 16 }, (_, i) => i)) },
    message: /all 16 pixels masked/,
  },
  { name: "weights that are no picture", source: { weight: masked([16], []) }, message: /found shape \(16\)/ },
  {
    name: "a centre on the edge",
    source: { found: { center: [0, 2] } },
    message: /centre \(0, 2\), expected it inside/,
  },
];

for (const c of BAD_SOURCES) {
  Deno.test(`prepareScan() refuses a source with ${c.name}`, () => {
    assert.throws(
      () => prepare(rampFrames([3, 4, 4]), {}, { source: c.source }),
      (e) => isPtychoError(e, "DataError") && c.message.test(e.message),
    );
  });
}

for (const value of [NaN, Infinity, -1]) {
  Deno.test(`prepareScan() refuses ${value} at a valid pixel, naming frame and pixel`, () => {
    const data = rampFrames([3, 4, 5]);
    data.data[2 * 20 + 7] = value;
    assert.throws(
      () => prepare(data, { shape: 4 }),
      (e) => {
        assert.ok(isPtychoError(e, "DataError"));
        assert.match(e.message, new RegExp(`frame 2 of array: found ${value} at valid pixel \\(1, 2\\)`));
        assert.deepEqual([e.fields.frame, e.fields.pixel], [2, [1, 2]]);
        return true;
      },
    );
    assert.equal(prepare(data, { shape: 4, num_frames: 2 }).numFrames, 2);
  });
}

Deno.test("prepareScan() refuses the one frame whose pixels are all masked", () => {
  const weights = masked([3, 2, 2], [4, 5, 6, 7]);
  assert.throws(
    () => prepare(rampFrames([3, 2, 2]), {}, { source: { weights } }),
    (e) => isPtychoError(e, "DataError") && /frame 1 of array: found all 4 pixels masked/.test(e.message),
  );
});

Deno.test("prepareScan() refuses frames without a photon", () => {
  const data: NdArray = { dtype: "uint16", shape: [2, 4, 4], data: new Uint16Array(32) };
  assert.throws(() => prepare(data), (e) => isPtychoError(e, "DataError") && /found no photons/.test(e.message));
  assert.throws(
    () => prepare(data, { center: null }),
    (e) => isPtychoError(e, "DataError") && /found no counts in any frame/.test(e.message),
  );
});

const BAD_PARAMETERS = [
  { given: { shape: 6, rebin: 4 }, path: "rebin", message: /found 4 for frames of 6 x 6, expected a divisor of 6/ },
  { given: { shape: 0 }, path: "shape", message: /expected None, pixels/ },
  { given: { energy: null }, path: "energy", message: /found None, expected a number of keV above 0/ },
  { given: { distance: 0 }, path: "distance", message: /found 0/ },
  { given: { psize: [1e-5, 0] }, path: "psize", message: /found 0/ },
  { given: { num_frames: 0 }, path: "num_frames", message: /found 0, expected a whole number from 1/ },
  { given: { min_frames: 0 }, path: "min_frames", message: /found 0, expected a whole number from 1/ },
  { given: { positions_theory: [[1, 2, 3]] }, path: "positions_theory", message: /found an array of shape \(1, 3\)/ },
  {
    given: { positions_theory: [[1, 2], [1, 2], [1, 2]] },
    path: "positions_theory",
    message: /found 3 positions, expected 1 to 2/,
  },
  { given: { save: "append" }, path: "dfile", message: /found None with save = "append"/ },
];

for (const c of BAD_PARAMETERS) {
  Deno.test(`prepareScan() refuses ${JSON.stringify(c.given)}`, () => {
    assert.throws(() => prepare(rampFrames([2, 6, 6]), c.given), (e) => {
      assert.ok(isPtychoError(e, "ParameterError"), String(e));
      assert.equal((e.fields.issues as { path: string }[])[0]!.path, `scans.S.data.${c.path}`);
      assert.match(e.message, c.message);
      return true;
    });
  });
}
