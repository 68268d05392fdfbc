/** Files in progress are told from whole ones by what their superblock says. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { DataError } from "../errors.ts";
import { hasWholeExtent } from "./hdf5_extent.ts";

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const LENGTH = 300;

/** A file of 300 bytes with the superblock of a version, which says so. */
function file(version: number, { flags = 0, base = 0 }: { flags?: number; base?: number } = {}): Uint8Array {
  const bytes = new Uint8Array(LENGTH);
  const view = new DataView(bytes.buffer);
  bytes.set([...SIGNATURE, version]);
  const first = [24, 28, 12, 12][version]!;
  bytes[version < 2 ? 13 : 9] = 8;
  if (version >= 2) bytes[11] = flags;
  view.setBigUint64(first, BigInt(base), true);
  view.setBigUint64(first + 8, 2n ** 64n - 1n, true);
  view.setBigUint64(first + 16, BigInt(LENGTH - base), true);
  return bytes;
}

function isWhole(bytes: Uint8Array): boolean {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeFileSync(join(folder, "a.h5"), bytes);
    return hasWholeExtent(join(folder, "a.h5"));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

for (const version of [0, 1, 2, 3]) {
  Deno.test(`hasWholeExtent() of superblock ${version}: true with all its bytes and more, false without the last one`, () => {
    const bytes = file(version);
    assert.equal(isWhole(bytes), true);
    assert.equal(isWhole(new Uint8Array([...bytes, 0, 0])), true);
    for (const length of [LENGTH - 1, 96, 48, 20, 8]) {
      assert.equal(isWhole(bytes.slice(0, length)), false, `${length} bytes`);
    }
  });
}

Deno.test("hasWholeExtent() is false while a writer has a file of superblock 3 open, also with readers beside it", () => {
  assert.equal(isWhole(file(3, { flags: 1 })), false);
  assert.equal(isWhole(file(3, { flags: 5 })), false);
  assert.equal(isWhole(file(2, { flags: 1 })), true);
});

Deno.test("hasWholeExtent() counts from the base address", () => {
  assert.equal(isWhole(file(0, { base: 100 })), true);
  assert.equal(isWhole(file(0, { base: 100 }).slice(0, LENGTH - 1)), false);
});

Deno.test("hasWholeExtent() knows nothing of files that are something else, nor of later superblocks", () => {
  assert.equal(isWhole(new Uint8Array(0)), true);
  assert.equal(isWhole(new TextEncoder().encode("not HDF5")), true);
  assert.equal(isWhole(new Uint8Array([...SIGNATURE, 4, ...new Uint8Array(100)])), true);
});

Deno.test("hasWholeExtent() takes an address that is none for a file that is not whole", () => {
  const bytes = file(0);
  bytes.fill(0xff, 40, 48);
  assert.equal(isWhole(bytes), false);
});

Deno.test("hasWholeExtent() says that there is no such file", () => {
  assert.throws(() => hasWholeExtent("/not/there.h5"), DataError);
});

const FOLDER = join(import.meta.dirname!, "../../../shared/data/ptypy_files");
const NAMES = ["synth64_poisson.ptyd", "synth64_poisson_v04.ptyd"];
const ignore = !isThere(FOLDER);

for (const name of NAMES) {
  Deno.test({
    name: `hasWholeExtent() is true of ${name} by PtyPy, false when it is cut off${
      ignore ? " (skipped: no ../shared)" : ""
    }`,
    ignore,
    fn() {
      const bytes = Deno.readFileSync(join(FOLDER, name));
      assert.equal(isWhole(bytes), true);
      assert.equal(isWhole(bytes.slice(0, -1)), false);
    },
  });
}

function isThere(folder: string): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch {
    return false;
  }
}
