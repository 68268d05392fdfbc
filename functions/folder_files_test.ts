/** Which files of a folder are found: by pattern, whole, inside the data root wherever links lead. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { DataError } from "../core/errors.ts";
import { below } from "./data_root.ts";
import { listFolderFiles } from "./folder_files.ts";

const { signal } = new AbortController();

async function inRoot(use: (root: string) => Promise<void>): Promise<void> {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    Deno.mkdirSync(join(folder, "data/scans/deep/er"), { recursive: true });
    await use(join(folder, "data"));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

async function names(root: string, prefix = "scans", pattern = "**"): Promise<string[]> {
  const found = await listFolderFiles({ prefix, pattern }, { files: below(root, [join(root, "state")]), signal });
  return found.map(({ path }) => path).sort();
}

Deno.test("listFolderFiles() finds files below a prefix by their pattern, named from the data root", () =>
  inRoot(async (root) => {
    for (const name of ["scans/a.ptyd", "scans/deep/b.ptyd", "scans/deep/er/c.h5", "other.ptyd"]) {
      Deno.writeTextFileSync(join(root, name), "x");
    }
    assert.deepEqual(await names(root), ["scans/a.ptyd", "scans/deep/b.ptyd", "scans/deep/er/c.h5"]);
    assert.deepEqual(await names(root, "scans", "*.ptyd"), ["scans/a.ptyd"]);
    assert.deepEqual(await names(root, "scans/deep/", "**/*.h5"), ["scans/deep/er/c.h5"]);
    assert.deepEqual(await names(root, "not/there/yet"), []);
  }));

Deno.test("listFolderFiles() leaves out temporary names, hidden folders, empty files, results and the server's own folders", () =>
  inRoot(async (root) => {
    for (const folder of [".hidden", "runs/one", "state", "scans/runs"]) {
      Deno.mkdirSync(join(root, folder), { recursive: true });
    }
    for (const name of ["scans/.a.h5.12.part", "scans/a.h5.tmp", ".hidden/a.h5", "runs/one/a.ptyr", "state/a.h5"]) {
      Deno.writeTextFileSync(join(root, name), "x");
    }
    Deno.writeTextFileSync(join(root, "scans/empty.h5"), "");
    Deno.writeTextFileSync(join(root, "scans/runs/b.h5"), "x");
    assert.deepEqual(await names(root, "./"), ["scans/runs/b.h5"]);
  }));

Deno.test("listFolderFiles() follows links inside the data root, also in a circle, and none that leads out of it", () =>
  inRoot(async (root) => {
    const outside = join(root, "../outside");
    Deno.mkdirSync(outside);
    Deno.writeTextFileSync(join(outside, "secret.h5"), "x");
    Deno.writeTextFileSync(join(root, "real.h5"), "x");
    const links = [
      ["../real.h5", "inside.h5"],
      ["../../outside/secret.h5", "file.h5"],
      [outside, "folder"],
      ["./", "circle"],
      ["nowhere", "broken.h5"],
    ] as const;
    for (const [target, name] of links) Deno.symlinkSync(target, join(root, "scans", name));
    assert.deepEqual(await names(root), ["scans/inside.h5"]);
    await assert.rejects(names(root, "scans/folder"), /found a path that leads out of the data root/);
    await assert.rejects(names(root, "../outside"), DataError);
  }));

Deno.test("listFolderFiles() gives another stamp to a file that was written again", () =>
  inRoot(async (root) => {
    const path = join(root, "scans/a.h5");
    const stamp = async () => {
      const [file] = await listFolderFiles({ prefix: "scans", pattern: "**" }, { files: below(root), signal });
      return file!.stamp;
    };
    Deno.writeTextFileSync(path, "one");
    Deno.utimeSync(path, 1000, 1000);
    const first = await stamp();
    assert.equal(first, "3 bytes at 1000000");
    Deno.utimeSync(path, 1000, 1001);
    const second = await stamp();
    Deno.writeTextFileSync(path, "longer");
    Deno.utimeSync(path, 1000, 1001);
    assert.equal(new Set([first, second, await stamp()]).size, 3);
  }));

Deno.test("listFolderFiles() says that an HDF5 file that is cut off is not whole, and of other files nothing", () =>
  inRoot(async (root) => {
    const header = new Uint8Array(96);
    header.set([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0]);
    header[13] = 8;
    header[40] = 200;
    Deno.writeFileSync(join(root, "scans/cut.h5"), header);
    Deno.writeTextFileSync(join(root, "scans/text.h5"), "x");
    const found = await listFolderFiles({ prefix: "scans", pattern: "**" }, { files: below(root), signal });
    assert.deepEqual(found.map(({ path, isWhole }) => [path, isWhole()]).sort(), [
      ["scans/cut.h5", false],
      ["scans/text.h5", true],
    ]);
    Deno.writeFileSync(join(root, "scans/cut.h5"), new Uint8Array(104), { append: true });
    const [whole] = await listFolderFiles({ prefix: "scans", pattern: "cut.h5" }, { files: below(root), signal });
    assert.equal(whole!.isWhole(), true);
  }));
