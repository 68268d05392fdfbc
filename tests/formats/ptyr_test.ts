/** .ptyr files: ours come back and are strictly what PtyPy 0.4 writes; PtyPy's are read as h5py reads them. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { isPtychoError } from "../../core/errors.ts";
import { openHdf5 } from "../../core/formats/hdf5.ts";
import { type Hdf5Node, hdf5Tree } from "../../core/formats/hdf5_tree.ts";
import { writeHdf5 } from "../../core/formats/hdf5_writer.ts";
import { type Ptyr, readPtyr, writePtyr } from "../../core/formats/ptyr.ts";
import { sourceOf } from "../../kernels/state_arrays.ts";
import { exampleReconstruction, NOW } from "./example_content.ts";
import { ptyrProblems } from "./strict_reader.ts";

const ROOT = dirname(dirname(import.meta.dirname!));
const FIXTURE = join(ROOT, "tests/fixtures/synth64_nonoise_DM_0050_09.ptyr");
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

function present(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

Deno.test(
  "writePtyr() and readPtyr() give back what was written",
  inFolder((folder) => {
    const content = exampleReconstruction();
    writePtyr(`${folder}/x.ptyr`, content, { now: NOW });
    const notices: string[] = [];
    assert.deepEqual(readPtyr(`${folder}/x.ptyr`, { notice: (message) => notices.push(message) }), content);
    assert.deepEqual(notices, []);
    assert.deepEqual(ptyrProblems(`${folder}/x.ptyr`), []);
  }),
);

Deno.test(
  "a dump keeps the last entry of the history and the exit waves",
  inFolder((folder) => {
    const exit = { S0000: { dtype: "complex128" as const, shape: [1, 2, 1], data: Float64Array.of(1, 2, 3, 4) } };
    const content: Ptyr = { ...exampleReconstruction(), kind: "dump", exit };
    writePtyr(`${folder}/x.ptyr`, content, { now: NOW });
    const read = readPtyr(`${folder}/x.ptyr`);
    assert.equal(read.kind, "dump");
    assert.deepEqual(read.runtime.iter_info, content.runtime.iter_info.slice(-1));
    assert.deepEqual(read.exit, exit);
  }),
);

for (const shape of [[2, 3, 4], [70, 64, 64], [2, 400, 300], [1, 1000, 700]]) {
  Deno.test(
    `exit waves of ${shape.join(" x ")} that are read as they are written make the same file as those that are held`,
    inFolder((folder) => {
      const data = Float32Array.from({ length: 2 * shape.reduce((a, b) => a * b) }, (_, i) => i % 1013);
      const held = { dtype: "complex64" as const, shape, data };
      for (const [name, waves] of [["held", held], ["read", sourceOf(held)]] as const) {
        const content: Ptyr = { ...exampleReconstruction(), kind: "dump", exit: { S0000: waves } };
        writePtyr(`${folder}/${name}.ptyr`, content, { now: NOW });
      }
      // The library writes the second at which it made each object, so that bytes may differ where it took longer.
      const [read, whole] = ["read", "held"].map((name) => `${folder}/${name}.ptyr`) as [string, string];
      assert.equal(Deno.statSync(read).size, Deno.statSync(whole).size);
      assert.deepEqual(readPtyr(read), readPtyr(whole));
      assert.deepEqual(readPtyr(`${folder}/read.ptyr`).exit, { S0000: held });
    }),
  );
}

Deno.test(
  "writePtyr() writes whole numbers as floats where it is told that they are",
  inFolder((folder) => {
    const isFloat = (path: string): boolean => path === "scans.scan.data.energy";
    writePtyr(`${folder}/x.ptyr`, exampleReconstruction(), { now: NOW, isFloat });
    using file = openHdf5(`${folder}/x.ptyr`);
    assert.equal(file.info("/content/pars/scans/scan/data/energy").type.name, "float64");
    assert.equal(file.info("/content/pars/scans/scan/data/odd_SLASH_key").type.name, "int64");
    assert.equal(file.attribute("/content/pars/scans/scan/data/odd_SLASH_key", "escaped"), "1");
  }),
);

Deno.test(
  "grids are the coordinates of every pixel in metres, y then x",
  inFolder((folder) => {
    writePtyr(`${folder}/x.ptyr`, exampleReconstruction(), { now: NOW });
    using file = openHdf5(`${folder}/x.ptyr`);
    const grids = file.readArray("/content/probe/SscanG00/grids");
    assert.deepEqual(grids.shape, [2, 2, 3, 4]);
    const at = (axis: number, layer: number, y: number, x: number) => grids.data[((axis * 2 + layer) * 3 + y) * 4 + x];
    assert.equal(at(0, 1, 2, 3), -1e-8 + 2 * 1e-8);
    assert.equal(at(1, 1, 2, 3), -4e-8 + 3 * 2e-8);
  }),
);

Deno.test(
  "grids of a storage that is written in many parts are the same coordinates",
  inFolder((folder) => {
    const content = exampleReconstruction();
    const { SscanG00: small } = content.probe;
    // 2 x 2 MB per axis: no part holds a layer.
    const shape = [2, 501, 509];
    const data = { ...small!.data, shape, data: new Float32Array(2 * 2 * 501 * 509) };
    writePtyr(`${folder}/x.ptyr`, { ...content, probe: { SscanG00: { ...small!, data } } }, { now: NOW });
    using file = openHdf5(`${folder}/x.ptyr`);
    const { origin, psize } = small!;
    const grids = file.readArray("/content/probe/SscanG00/grids").data as Float64Array;
    const wrong = grids.findIndex((found, i) => {
      const [axis, y, x] = [Math.floor(i / (2 * 501 * 509)), Math.floor(i / 509) % 501, i % 509];
      return found !== origin[axis]! + (axis === 0 ? y : x) * psize[axis]!;
    });
    assert.equal(grids.length, 2 * 2 * 501 * 509);
    assert.equal(wrong, -1);
  }),
);

Deno.test("readPtyr() reads what PtyPy 0.9 wrote", () => {
  const content = readPtyr(FIXTURE);
  assert.equal(content.kind, "minimal");
  const object = content.obj.SMFG00!;
  assert.deepEqual(object.data.shape, [1, 172, 172]);
  assert.equal(object.data.dtype, "complex64");
  assert.equal(object.energy, 7.2);
  assert.deepEqual([...object.psize], [1.1247455735096696e-7, 1.1247455735096696e-7]);
  assert.equal(content.runtime.iter_info.length, 50);
  // Numbers as h5py shows them.
  assert.deepEqual([...content.runtime.iter_info[49]!.error], [
    53.90701837539673,
    49.601780064900716,
    6.711761584008733,
  ]);
  assert.deepEqual(content.runtime.iter_info[1]!.iteration, 2);
  assert.equal((content.pars.scans as { MF: { data: { num_frames: number } } }).MF.data.num_frames, 60);
});

Deno.test("the strict reader finds nothing wrong with PtyPy 0.9's file, and finds a missing member", () => {
  assert.deepEqual(ptyrProblems(FIXTURE), []);
  const folder = Deno.makeTempDirSync();
  try {
    writeHdf5(`${folder}/x.ptyr`, (writer) => {
      for (const path of ["/header", "/content", "/content/obj", "/content/probe", "/content/runtime"]) {
        writer.group(path);
      }
      writer.group("/content/runtime/iter_info");
    });
    const problems = ptyrProblems(`${folder}/x.ptyr`);
    assert.ok(problems.includes("no /content/pars"));
    assert.ok(problems.includes("/header/kind: missing"));
    assert.ok(problems.some((problem) => problem.startsWith("/content: group of undefined")));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test(
  "a pickle is left out with a notice, an unknown type is refused by path",
  inFolder((folder) => {
    writePtyr(`${folder}/good.ptyr`, exampleReconstruction(), { now: NOW });
    for (const type of ["pickle", "surprise"]) {
      writeHdf5(`${folder}/${type}.ptyr`, (writer) => {
        for (const path of ["/header", "/content", "/content/probe", "/content/obj", "/content/pars"]) {
          writer.group(path);
        }
        writer.text("/header/kind", "minimal");
        writer.text("/content/pars/x", "cos\nsystem");
        writer.attribute("/content/pars/x", "type", type);
      });
    }
    const notices: string[] = [];
    const read = readPtyr(`${folder}/pickle.ptyr`, { notice: (message) => notices.push(message) });
    assert.deepEqual(read.pars, {});
    assert.match(notices.join(), /"\/content\/pars\/x".*never executed/);
    const says = /Cannot read "\/content\/pars\/x" in ".*surprise\.ptyr": found type "surprise"/;
    assert.throws(
      () => readPtyr(`${folder}/surprise.ptyr`),
      (error) => isPtychoError(error, "DataError") && says.test(error.message),
    );
  }),
);

Deno.test(
  "readPtyr() refuses other files and kinds by name",
  inFolder((folder) => {
    writeHdf5(`${folder}/x.h5`, (writer) => writer.text("/a", "b"));
    assert.throws(() => readPtyr(`${folder}/x.h5`), /Cannot read "\/header" .*expected a \.ptyr file/);
    writeHdf5(`${folder}/flat.ptyr`, (writer) => {
      writer.group("/header");
      writer.group("/content");
      writer.text("/header/kind", "fullflat");
    });
    assert.throws(() => readPtyr(`${folder}/flat.ptyr`), /found "fullflat", expected minimal, dump, dls/);
  }),
);

const REAL = join(SHARED, "ptypy_files/synth64_nonoise_v04_DM_0050_04.ptyr");
Deno.test({
  name: `what we write has every member of PtyPy 0.4's file with its type (skipped where ${REAL} is absent)`,
  ignore: !present(REAL),
  fn: inFolder((folder) => {
    const content = readPtyr(REAL);
    writePtyr(`${folder}/x.ptyr`, content, {
      now: NOW,
      isFloat: (path) => /photons|connection_timeout|poll_timeout|density|psf$/.test(path),
    });
    using theirs = openHdf5(REAL);
    using ours = openHdf5(`${folder}/x.ptyr`);
    const expected = membersOf(hdf5Tree(theirs));
    const found = membersOf(hdf5Tree(ours));
    for (const [path, what] of expected) assert.equal(found.get(path), what, path);
    assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
    assert.deepEqual(ptyrProblems(`${folder}/x.ptyr`), []);
    // Storage by storage, also what we compute instead of keeping.
    for (const path of ["/content/obj/SMFG00", "/content/probe/SMFG00"]) {
      const [a, b] = [theirs.readArray(`${path}/grids`).data, ours.readArray(`${path}/grids`).data];
      assert.ok(a.every((value, i) => Math.abs(Number(value) - Number(b[i])) < 1e-18));
    }
  }),
});

const REAL_FILES = ["ptypy_files", "siemens_star"].flatMap((folder) => ptyrFiles(join(SHARED, folder)));
for (const path of REAL_FILES) {
  Deno.test(`${path.slice(SHARED.length + 1)} opens, is strictly right, and tells its last error`, () => {
    assert.deepEqual(ptyrProblems(path), []);
    const content = readPtyr(path);
    const name = path.slice(path.lastIndexOf("/") + 1);
    const [, stem, iterations, version] = /^(.*)_(?:DM|ML|EPIE)_(\d{4})(?:_(\d\d))?\.ptyr$/.exec(name)!;
    const history = [`${stem}_errors.json`, `${stem}_${version}_errors.json`].map((file) => join(dirname(path), file))
      .find(present)!;
    const errors = JSON.parse(Deno.readTextFileSync(history)).errors as number[][];
    assert.equal(content.runtime.iter_info.length, Number(iterations));
    content.runtime.iter_info.forEach((info, i) => assert.deepEqual([...info.error], errors[i]));
  });
}

function ptyrFiles(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter((entry) => entry.name.endsWith(".ptyr")).map((entry) =>
      join(folder, entry.name)
    ).sort();
  } catch {
    return [];
  }
}

/** Path of everything in a tree, with its `type`, element type and shape. */
function membersOf(node: Hdf5Node): Map<string, string> {
  const own = `${node.attributes.type} ${node.info?.type.name ?? "group"} ${node.info?.shape?.join() ?? ""}`;
  const members = new Map(node.path === "/" ? [] : [[node.path, own]]);
  for (const child of node.children) for (const [path, what] of membersOf(child)) members.set(path, what);
  return members;
}
