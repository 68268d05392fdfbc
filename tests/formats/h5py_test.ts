/** h5py, the library that PtyPy uses, reads what we write, and we read what it writes. */

import assert from "node:assert/strict";
import type { DType, NdArray } from "../../kernels/nd_array.ts";
import { openHdf5 } from "../../core/formats/hdf5.ts";
import { writeHdf5 } from "../../core/formats/hdf5_writer.ts";
import { createPtyd } from "../../core/formats/ptyd_writer.ts";
import { writePtyr } from "../../core/formats/ptyr.ts";
import { writeNpy } from "../../core/formats/npy.ts";
import { exampleChunk, exampleReconstruction, exampleSpec, NOW } from "./example_content.ts";

/** Debian's Python, the one that python3-h5py belongs to. */
const PYTHON = "/usr/bin/python3";

interface Seen {
  readonly kind: string;
  readonly dtype?: string;
  readonly shape?: readonly number[];
  readonly gzip?: boolean;
  readonly value?: unknown;
  readonly link?: string;
  readonly attributes: Readonly<Record<string, readonly [string, unknown]>>;
}

const isThere = hasH5py();
const isCi = Deno.env.get("CI") === "true";
const skipped = isThere ? "" : " (skipped: no python3-h5py)";

Deno.test("h5py is there where CI=true", () => {
  assert.ok(isThere || !isCi, `${PYTHON} cannot import h5py: install python3-h5py`);
});

function withH5py(name: string, test: (folder: string) => void): void {
  Deno.test({
    name: name + skipped,
    ignore: !isThere,
    fn() {
      const folder = Deno.makeTempDirSync();
      try {
        test(folder);
      } finally {
        Deno.removeSync(folder, { recursive: true });
      }
    },
  });
}

withH5py("h5py sees every element type that we write", (folder) => {
  const arrays: Record<string, [NdArray, unknown]> = {};
  const add = (dtype: DType, data: NdArray["data"], value: unknown): void => {
    const shape = [Array.isArray(value) ? value.length : 0];
    arrays[dtype] = [{ dtype, shape, data }, value];
  };
  add("int8", Int8Array.of(-1, 2), [-1, 2]);
  add("uint8", Uint8Array.of(1, 255), [1, 255]);
  add("int16", Int16Array.of(-300, 2), [-300, 2]);
  add("uint16", Uint16Array.of(1, 65535), [1, 65535]);
  add("int32", Int32Array.of(-70000, 2), [-70000, 2]);
  add("uint32", Uint32Array.of(1, 2 ** 32 - 1), [1, 2 ** 32 - 1]);
  add("int64", BigInt64Array.of(-5n, 2n ** 40n), [-5, 2 ** 40]);
  add("uint64", BigUint64Array.of(5n, 2n ** 40n), [5, 2 ** 40]);
  add("float32", Float32Array.of(0.5, -2), [0.5, -2]);
  add("float64", Float64Array.of(0.1, -2), [0.1, -2]);
  add("complex64", Float32Array.of(1, -2, 3, 4), [[1, -2], [3, 4]]);
  add("complex128", Float64Array.of(0.1, -2), [[0.1, -2]]);
  writeHdf5(`${folder}/x.h5`, (writer) => {
    for (const [name, [array]] of Object.entries(arrays)) {
      writer.array(`/${name}`, array);
      writer.array(`/${name}_gzip`, array, { gzip: 4 });
    }
    writer.booleans("/bools", { dtype: "uint8", shape: [3], data: Uint8Array.of(1, 0, 1) }, { gzip: 4 });
  });
  const seen = dump(`${folder}/x.h5`);
  for (const [name, [, value]] of Object.entries(arrays)) {
    for (const suffix of ["", "_gzip"]) {
      const { dtype, gzip, value: found } = seen[`/${name}${suffix}`]!;
      assert.deepEqual({ dtype, gzip, found }, { dtype: name, gzip: suffix !== "", found: value });
    }
  }
  assert.equal(seen["/bools"]!.dtype, "bool");
  assert.deepEqual(seen["/bools"]!.value, [true, false, true]);
});

withH5py("h5py sees in our .ptyr the types that PtyPy's reader goes by", (folder) => {
  writePtyr(`${folder}/x.ptyr`, exampleReconstruction(), { now: NOW });
  const seen = dump(`${folder}/x.ptyr`);
  for (const [path, { attributes }] of Object.entries(seen)) {
    for (const [name, [type]] of Object.entries(attributes)) assert.equal(type, "utf8", `${path} ${name}`);
    if (path !== "/") assert.ok("type" in attributes, path);
  }
  assert.deepEqual(seen["/"]!.attributes.ctime, ["utf8", "Mon Nov  2 03:04:05 2026"]);
  const typed = (path: string): unknown[] => [seen[path]!.attributes.type![1], seen[path]!.dtype, seen[path]!.value];
  const storage = "/content/probe/SscanG00";
  assert.equal(seen[storage]!.attributes.type![1], "ordered_dict");
  assert.deepEqual(typed(`${storage}/ID`), ["string", "string", "SscanG00"]);
  assert.deepEqual(typed(`${storage}/_record`), ["scalar", "[('ID', 'S16')]", { ID: "SscanG00" }]);
  assert.deepEqual(typed(`${storage}/padonly`), ["scalar", "bool", false]);
  assert.deepEqual(typed(`${storage}/model_initialized`), ["scalar", "bool", true]);
  assert.deepEqual(typed(`${storage}/shape`), ["arraytuple", "int64", [2, 3, 4]]);
  assert.deepEqual(typed(`${storage}/layermap`), ["arraylist", "int64", [0, 1]]);
  assert.deepEqual(typed(`${storage}/_psize`), ["array", "float64", [1e-8, 2e-8]]);
  assert.deepEqual(typed(`${storage}/_energy`), ["scalar", "float64", 6.2]);
  const data = seen[`${storage}/data`]!;
  assert.deepEqual([data.dtype, data.shape, data.gzip], ["complex64", [2, 3, 4], true]);
  assert.deepEqual((data.value as number[][][][])[1]![2]![3], [46 / 8 - 1, 47 / 8 - 1]);
  const scan = "/content/pars/scans/scan";
  assert.deepEqual(typed("/content/runtime/allstop"), ["None", "float64", [0]]);
  assert.deepEqual(typed(`${scan}/data/positions_theory`), ["None", "float64", [0]]);
  assert.deepEqual(typed(`${scan}/data/shape`), ["arraylist", "int64", [3, 4]]);
  assert.deepEqual(typed(`${scan}/flags`), ["arraylist", "bool", [true, false]]);
  assert.deepEqual(typed(`${scan}/illumination/recon/rfile`), ["string", "string", "\u00e4.ptyr"]);
  assert.equal(seen[`${scan}/tags`]!.attributes.type![1], "list");
  assert.deepEqual(typed(`${scan}/tags/00001`), ["string", "string", "b"]);
  assert.deepEqual(typed("/content/runtime/iter_info/00003/error"), ["array", "float64", [4, 2.5, 3.5]]);
});

for (const save of ["append", "link", "merge"] as const) {
  withH5py(`h5py sees all frames of our .ptyd saved with "${save}", links followed`, (folder) => {
    using writer = createPtyd(`${folder}/x.ptyd`, exampleSpec(save));
    writer.append(exampleChunk(0, 3));
    writer.append(exampleChunk(3, 5));
    writer.close();
    const seen = dump(`${folder}/x.ptyd`);
    const chunks = save === "merge" ? ["0"] : ["0", "1"];
    const all = (name: string): unknown[] => chunks.flatMap((n) => seen[`/chunks/${n}/${name}`]!.value as unknown[]);
    assert.deepEqual(all("data").flat(2), [...exampleChunk(0, 5).data.data]);
    assert.deepEqual(all("positions").flat(), [...exampleChunk(0, 5).positions]);
    assert.deepEqual(all("indices"), [0, 2, 4, 6, 8]);
    const weights = [exampleChunk(0, 3), exampleChunk(3, 5)].flatMap((chunk) => [...chunk.weights!.data]);
    assert.deepEqual(all("weights").flat(2), weights);
    assert.deepEqual([seen["/chunks/0/data"]!.dtype, seen["/chunks/0/weights"]!.dtype], ["int32", "float64"]);
    assert.deepEqual(seen["/meta/num_frames"]!.value, 5);
    assert.deepEqual(seen["/info/weight2d"]!.dtype, "bool");
    assert.equal(seen["/chunks/0"]!.link, save === "link" ? "ExternalLink" : "HardLink");
  });
}

withH5py("we read big-endian, half, complex, boolean, text, filtered and virtual data of h5py", (folder) => {
  python(["h5py_make.py", `${folder}/x.h5`]);
  using file = openHdf5(`${folder}/x.h5`);
  assert.deepEqual(file.readArray("big_int"), { dtype: "int32", shape: [3], data: Int32Array.of(1, -2, 70000) });
  assert.deepEqual(file.readArray("big_float"), { dtype: "float64", shape: [1, 2], data: Float64Array.of(1.5, -2.25) });
  assert.deepEqual(file.readArray("big_complex"), {
    dtype: "complex64",
    shape: [2],
    data: Float32Array.of(1, 2, 3, -4),
  });
  assert.deepEqual(file.read("big_single"), { re: 3, im: -4 });
  assert.deepEqual(file.readArray("half").data, Float32Array.of(1, -0.5, 65504));
  assert.deepEqual(file.readArray("bools").data, Uint8Array.of(1, 0, 0, 1));
  assert.equal(file.read("bool"), true);
  assert.equal(file.read("large"), 2n ** 63n + 1n);
  assert.equal(file.read("small"), -5);
  assert.deepEqual(file.read("fixed"), { shape: [2], strings: ["ab", "cde"] });
  assert.equal(file.read("fixed_text"), "single");
  assert.deepEqual(file.read("texts"), { shape: [2], strings: ["x", "\u00e4\u00f6"] });
  const frames = Array.from({ length: 24 }, (_, i) => i);
  assert.deepEqual([...file.readArray("shuffled").data], frames);
  assert.deepEqual([...file.readFrames("shuffled", 1, 2).data], frames.slice(12));
  assert.deepEqual([...file.readArray("offset").data], frames);
  assert.deepEqual([...file.readArray("virtual").data], [...frames.slice(12), ...frames.slice(0, 12)]);
  assert.equal(file.read("nothing"), null);
  assert.deepEqual(file.readArray("lzf").data, file.readArray("shuffled").data);
  const attributes = file.attributes("shuffled");
  assert.equal(attributes.unit, "counts");
  assert.deepEqual((attributes.scale as NdArray).data, Float64Array.of(1, 2.5));
  assert.ok(!("pairs" in attributes) && file.attributeNames("shuffled").includes("pairs"));
});

withH5py("we read records of h5py by member, whatever their types, byte orders and nesting", (folder) => {
  const code = [
    "import h5py, numpy as np, sys",
    "f = h5py.File(sys.argv[1], 'w')",
    "t = np.dtype([('text', 'S8'), ('big', '>i2'), ('float', '<f4'), ('large', '<u8'), ('complex', '>c16'), ('bool', '?')])",
    "f['flat'] = np.array((b'abc', -3, 0.25, 2**63, 1 - 2j, True), dtype=t)",
    "t = np.dtype([('row', '>f4', (3,)), ('inner', np.dtype([('a', 'i4'), ('b', 'S3')])), ('raw', 'V2')])",
    "f['nested'] = np.array(((1, 2, 3), (4, b'ab'), b'xy'), dtype=t)",
    "d = f.create_dataset('variable', shape=(), dtype=np.dtype([('text', h5py.string_dtype()), ('n', 'i4')]))",
    "d[()] = ('w\\u00f6rld', 7)",
    "f['many'] = np.zeros(3, dtype=t)",
  ];
  python(["-c", code.join("\n"), `${folder}/x.h5`]);
  using file = openHdf5(`${folder}/x.h5`);
  assert.deepEqual(file.readRecord("flat"), {
    text: "abc",
    big: -3,
    float: 0.25,
    large: 2n ** 63n,
    complex: { re: 1, im: -2 },
    bool: true,
  });
  assert.deepEqual(file.readRecord("nested"), {
    row: { dtype: "float32", shape: [3], data: Float32Array.of(1, 2, 3) },
    inner: { a: 4, b: "ab" },
    raw: null,
  });
  assert.deepEqual(file.readRecord("variable"), { text: "w\u00f6rld", n: 7 });
  assert.equal(file.readRecord("many"), null);
});

withH5py("numpy reads our .npy files", (folder) => {
  writeNpy(`${folder}/x.npy`, { dtype: "complex64", shape: [2, 1], data: Float32Array.of(1, 2, 3, 4) });
  const code = "import numpy, sys; a = numpy.load(sys.argv[1]); print(a.dtype, a.shape, a.ravel().tolist())";
  assert.equal(python(["-c", code, `${folder}/x.npy`]).trim(), "complex64 (2, 1) [(1+2j), (3+4j)]");
});

function dump(path: string): Record<string, Seen> {
  return JSON.parse(python(["h5py_dump.py", path]));
}

function python(args: string[]): string {
  const options = { args, cwd: import.meta.dirname!, stdout: "piped", stderr: "piped" } as const;
  const { code, stdout, stderr } = new Deno.Command(PYTHON, options).outputSync();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function hasH5py(): boolean {
  try {
    return new Deno.Command(PYTHON, { args: ["-c", "import h5py"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
