/** below(): nothing outside of the data root can be named, whatever links say. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isPtychoError } from "../core/errors.ts";
import { anywhere, below } from "./data_root.ts";

const inFolder = (test: (folder: string) => void) => () => {
  const folder = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    Deno.mkdirSync(join(folder, "root/runs"), { recursive: true });
    Deno.mkdirSync(join(folder, "rootless"));
    Deno.writeTextFileSync(join(folder, "secret"), "x");
    test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
};

const isRefused = (find: () => string) =>
  assert.throws(find, (e) => isPtychoError(e, "DataError") && /leads out of the data root/.test(e.message));

Deno.test("anywhere() starts relative paths in io.home and takes absolute ones", () => {
  assert.equal(anywhere("some/home").path("a/b.ptyd"), "some/home/a/b.ptyd");
  assert.equal(anywhere("some/home").path("/data/b.ptyd"), "/data/b.ptyd");
});

Deno.test(
  "below() finds what is there and what will be, also by absolute paths and with dots that stay inside",
  inFolder((folder) => {
    const { path } = below(join(folder, "root"))("./runs");
    assert.equal(path("a.ptyd"), join(folder, "root/runs/a.ptyd"));
    assert.equal(path("new/deep/a.ptyd"), join(folder, "root/runs/new/deep/a.ptyd"));
    assert.equal(path("../b.ptyd"), join(folder, "root/b.ptyd"));
    assert.equal(path(join(folder, "root/c.ptyd")), join(folder, "root/c.ptyd"));
  }),
);

Deno.test(
  "below() refuses paths and homes that lead out, and folders that only begin alike",
  inFolder((folder) => {
    const find = below(join(folder, "root"));
    for (const reference of ["../secret", "runs/../../secret", "/etc/passwd", join(folder, "rootless/x")]) {
      isRefused(() => find("./").path(reference));
    }
    isRefused(() => find("..").path("secret"));
    isRefused(() => find("/").path("etc/passwd"));
  }),
);

Deno.test(
  "below() refuses links that lead out: to files, through folders, in a row, and to nothing",
  inFolder((folder) => {
    const root = join(folder, "root");
    Deno.symlinkSync(join(folder, "secret"), join(root, "file"));
    Deno.symlinkSync(folder, join(root, "folder"));
    Deno.symlinkSync("folder", join(root, "twice"));
    Deno.symlinkSync(join(folder, "not-yet"), join(root, "dangling"));
    Deno.symlinkSync("runs", join(root, "inside"));
    const { path } = below(root)("./");
    for (const reference of ["file", "folder/secret", "twice/secret", "dangling", "folder/new/file"]) {
      isRefused(() => path(reference));
    }
    assert.equal(path("inside/a.ptyd"), join(root, "inside/a.ptyd"));
  }),
);

Deno.test(
  "below() refuses folders of the server itself, also by links and before they are there",
  inFolder((folder) => {
    const root = join(folder, "root");
    const closed = join(root, ".exitwave");
    const { path } = below(root, [closed])("./");
    assert.throws(() => path(".exitwave/runs.sqlite"), /leads into a folder of the server itself/);
    Deno.mkdirSync(closed);
    Deno.symlinkSync(".exitwave", join(root, "link"));
    for (const reference of [".exitwave", "link/runs.sqlite", "runs/../.exitwave/new/x"]) {
      assert.throws(() => path(reference), /leads into a folder of the server itself/);
    }
    assert.equal(path(".exitwave2/x"), join(root, ".exitwave2/x"));
  }),
);
