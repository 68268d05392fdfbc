/** Files that were made to be read by a server: none leads it to other files or makes it take memory for what is only declared. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../../core/errors.ts";
import { boundHdf5 } from "../../core/formats/hdf5_bounds.ts";
import { openHdf5 } from "../../core/formats/hdf5.ts";
import { openPtyd } from "../../core/formats/ptyd.ts";
import { below, isAllowed } from "../../functions/data_root.ts";

/** Debian's Python, the one that python3-h5py belongs to. */
const PYTHON = "/usr/bin/python3";
const isThere = hasH5py();
const skipped = isThere ? "" : " (skipped: no python3-h5py)";

/** Less than anything that is too much here, more than everything that is right. */
const MOST_BYTES = 100_000_000;

const FOLDER = isThere ? makeFiles() : "";
const ROOT = join(FOLDER, "root");

Deno.test("h5py is there where CI=true", () => {
  assert.ok(isThere || Deno.env.get("CI") !== "true", `${PYTHON} cannot import h5py: install python3-h5py`);
});

for (const name of ["good", "within", "soft_circle"]) {
  bounded(`"${name}" is read within bounds as without`, () => {
    using file = openPtyd(join(ROOT, `${name}.ptyd`));
    assert.deepEqual([...file.frames(1, 2).data.data.subarray(0, 3)], [15, 16, 17]);
  });
}

const LEADING_OUT = ["external", "relative", "group", "not_hdf5", "virtual", "storage", "linked_file"];

for (const name of LEADING_OUT) {
  bounded(`"${name}", which leads out of the data root, is refused and not read as zeros`, () => {
    const read = () => {
      using file = openPtyd(join(ROOT, `${name}.ptyd`));
      file.frames(0, 1);
    };
    assert.throws(read, isSaid(/which is out of bounds here, expected a file below the data root/));
  });
}

const TOO_LARGE = [
  ...["many_positions", "many_more_positions", "large_frames", "large_weights", "large_chunk"],
  ...["large_info", "much_info", "large_texts"],
];

for (const name of TOO_LARGE) {
  bounded(`"${name}", which declares more than may be held, is refused before memory is taken`, () => {
    const read = () => {
      using file = openPtyd(join(ROOT, `${name}.ptyd`));
      file.frames(0, 1);
    };
    assert.throws(read, isSaid(/found \d+ bytes to hold at once, expected at most 100000000; see limits.read/));
  });
}

bounded(`"circle", whose tree has no end, is refused`, () => {
  assert.throws(
    () => openPtyd(join(ROOT, "circle.ptyd")),
    isSaid(/groups more than 64 deep.*does a group hold itself/),
  );
});

bounded(`"wide", whose 18 groups are a tree of 2^18, is refused`, () => {
  assert.throws(() => openPtyd(join(ROOT, "wide.ptyd")), isSaid(/bytes to hold at once/));
}, 1_000_000);

Deno.test({
  name: `the library bears any number of errors${skipped}`,
  ignore: !isThere,
  fn() {
    using file = openHdf5(join(ROOT, "good.ptyd"));
    // Each left some of its 2 MiB of stack: 144 bytes the former, 1 KB the latter.
    for (let i = 0; i < 20_000; i++) {
      assert.equal(file.attribute("/", "nothing"), undefined);
      if (i % 4 === 0) assert.throws(() => file.readArray("/nothing"), isSaid(/found no "nothing"/));
    }
  },
});

Deno.test({
  name: `without bounds links are followed, as a user of his own files expects${skipped}`,
  ignore: !isThere,
  fn() {
    for (const name of LEADING_OUT.filter((name) => name !== "not_hdf5")) {
      using file = openPtyd(join(ROOT, `${name}.ptyd`));
      assert.deepEqual([...file.frames(1, 2).data.data.subarray(0, 3)], [15, 16, 17], name);
    }
  },
});

function bounded(name: string, test: () => void, mostBytes = MOST_BYTES): void {
  Deno.test({
    name: `${name}${skipped}`,
    ignore: !isThere,
    fn() {
      const files = below(ROOT);
      using _ = boundHdf5({ mayOpen: (file) => isAllowed(files, file), mostBytes });
      test();
    },
  });
}

function isSaid(pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isPtychoError(error, "DataError"), String(error));
    assert.match(error.message, pattern);
    return true;
  };
}

/** In a folder that goes with the process. */
function makeFiles(): string {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  for (const name of ["root", "outside"]) Deno.mkdirSync(join(folder, name));
  const script = join(import.meta.dirname!, "hostile_make.py");
  const args = [script, join(folder, "root"), join(folder, "outside")];
  const { success, stderr } = new Deno.Command(PYTHON, { args }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  return folder;
}

function hasH5py(): boolean {
  try {
    return new Deno.Command(PYTHON, { args: ["-c", "import h5py"], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
