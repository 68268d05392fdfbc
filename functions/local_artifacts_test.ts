/** Artifacts in a folder: whole or not at all, nothing outside the folder, and every failure in words. */

import assert from "node:assert/strict";
import { isPtychoError } from "../core/errors.ts";
import { fetchText, keysBelow, publishText, testStore } from "./artifact_store_cases.ts";
import { createLocalArtifacts } from "./local_artifacts.ts";

async function inFolder(use: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** All files below a folder. */
function filesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${folder}/${name}`).map((below) => `${name}/${below}`) : [name]
  ).sort();
}

function isDataError(says: RegExp): (error: unknown) => boolean {
  return (error) => isPtychoError(error, "DataError") && says.test(error.message);
}

testStore({
  name: "local store",
  withStore: (use) => inFolder((folder) => use(createLocalArtifacts(`${folder}/store`))),
});

/** File systems without hard links refuse them so. */
testStore({
  name: "local store without hard links",
  outlivesRemoval: false,
  withStore: (use) =>
    inFolder(async (folder) => {
      const { linkSync } = Deno;
      Deno.linkSync = () => {
        throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
      };
      try {
        await use(createLocalArtifacts(folder));
      } finally {
        Deno.linkSync = linkSync;
      }
    }),
});

Deno.test("an artifact lies under its key, and nothing else stays behind", () =>
  inFolder(async (folder) => {
    const store = createLocalArtifacts(folder);
    await publishText(store, "a/b.pack", "1");
    await publishText(store, "a/b.pack", "2");
    await assert.rejects(store.publish("c", () => Promise.reject(new Error("no"))));
    await fetchText(store, "a/b.pack");
    assert.deepEqual(filesBelow(folder), ["a/b.pack"]);
  }));

Deno.test("what killed processes left is removed: temporary files after an hour, held files at once", () =>
  inFolder(async (folder) => {
    const store = createLocalArtifacts(folder);
    await publishText(store, "x", "1");
    using artifact = await store.fetch("x");
    Deno.mkdirSync(`${folder}/~new`, { recursive: true });
    for (const [name, minutes] of [["old", 61], ["young", 59]] as const) {
      Deno.writeTextFileSync(`${folder}/~new/${name}`, "half");
      const time = Date.now() / 1000 - 60 * minutes;
      Deno.utimeSync(`${folder}/~new/${name}`, time, time);
    }
    Deno.writeTextFileSync(`${folder}/~held/dead`, "of an artifact that was removed");
    createLocalArtifacts(folder);
    assert.deepEqual(filesBelow(`${folder}/~new`), ["young"]);
    assert.equal(filesBelow(`${folder}/~held`).length, 1);
    assert.equal(Deno.readTextFileSync(artifact!.path), "1");
    assert.deepEqual(await keysBelow(store, ""), ["x"]);
  }));

Deno.test("nothing outside the folder is read, written, listed or removed through a symbolic link", () =>
  inFolder(async (folder) => {
    const [root, outside] = [`${folder}/store`, `${folder}/outside`];
    Deno.mkdirSync(`${root}/real`, { recursive: true });
    Deno.mkdirSync(outside);
    Deno.writeTextFileSync(`${outside}/secret`, "secret");
    Deno.symlinkSync(outside, `${root}/linked`);
    Deno.symlinkSync(`${outside}/secret`, `${root}/real/file`);
    Deno.symlinkSync(`${outside}/nothing`, `${root}/real/broken`);
    Deno.symlinkSync(root, `${root}/self`);
    const store = createLocalArtifacts(root);
    await publishText(store, "real/own", "1");
    const says = isDataError(/found a symbolic link/);
    for (const key of ["linked/secret", "linked/new", "linked/a/b", "real/file", "real/broken", "self/real/own"]) {
      await assert.rejects(publishText(store, key, "overwritten"), says, key);
      await assert.rejects(store.fetch(key), says, key);
      await assert.rejects(store.has(key), says, key);
      await assert.rejects(store.remove(key), says, key);
    }
    assert.deepEqual(await keysBelow(store, ""), ["real/own"]);
    assert.deepEqual(await keysBelow(store, "linked/"), []);
    assert.deepEqual(filesBelow(outside), ["secret"]);
    assert.equal(Deno.readTextFileSync(`${outside}/secret`), "secret");
  }));

for (const name of ["~new", "~held"]) {
  Deno.test(`a symbolic link named ${name} is not followed`, () =>
    inFolder(async (folder) => {
      const [root, outside] = [`${folder}/store`, `${folder}/outside`];
      const store = createLocalArtifacts(root);
      await publishText(store, "x", "1");
      Deno.removeSync(`${root}/~new`, { recursive: true });
      Deno.mkdirSync(outside);
      Deno.writeTextFileSync(`${outside}/other`, "not ours");
      Deno.utimeSync(`${outside}/other`, 0, 0);
      Deno.symlinkSync(outside, `${root}/${name}`);
      assert.throws(() => createLocalArtifacts(root), isDataError(/found a symbolic link/));
      if (name === "~new") await assert.rejects(publishText(store, "y", "2"), isDataError(/found a symbolic link/));
      else assert.equal(await fetchText(store, "x"), "1");
      assert.deepEqual(filesBelow(outside), ["other"]);
    }));
}

Deno.test("the folder itself may be a symbolic link", () =>
  inFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/disk`);
    Deno.symlinkSync(`${folder}/disk`, `${folder}/store`);
    const store = createLocalArtifacts(`${folder}/store`);
    await publishText(store, "x", "1");
    assert.equal(await fetchText(store, "x"), "1");
  }));

Deno.test("a folder that is gone is named, and not taken for an empty store", () =>
  inFolder(async (folder) => {
    const store = createLocalArtifacts(`${folder}/store`);
    Deno.removeSync(`${folder}/store`, { recursive: true });
    const says = isDataError(/found no such folder; was it removed or its disk unmounted\?|found no such file/);
    await assert.rejects(publishText(store, "a/x", "1"), says);
    await assert.rejects(store.fetch("a/x"), says);
    await assert.rejects(store.has("x"), says);
    await assert.rejects(store.remove("x"), says);
    await assert.rejects(keysBelow(store, ""), says);
    assert.deepEqual(filesBelow(folder), []);
  }));

Deno.test("a key that is a folder of other keys, or below a file, is refused in words", () =>
  inFolder(async (folder) => {
    const store = createLocalArtifacts(folder);
    await publishText(store, "a/b", "1");
    await assert.rejects(
      publishText(store, "a", "2"),
      isDataError(/found a folder of other artifacts, expected a file/),
    );
    await assert.rejects(publishText(store, "a/b/c", "2"), isDataError(/a\/b": found a file, expected a folder/));
    assert.equal(await store.has("a/b/c"), false);
  }));

Deno.test("a place that cannot be a folder is refused in words", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    assert.throws(() => createLocalArtifacts(`${folder}/file`), isDataError(/^Cannot write ".*file": found/));
    assert.throws(() => createLocalArtifacts(`${folder}/file/below`), isDataError(/found a file where a folder/));
  }));

Deno.test("an error of the system in write() is put in words, naming the artifact", () =>
  inFolder(async (folder) => {
    const store = createLocalArtifacts(folder);
    const full = Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" });
    const says = isDataError(/^Cannot write ".*\/a\/x": found no space left on the disk; free some space/);
    await assert.rejects(store.publish("a/x", () => Promise.reject(full)), says);
    await assert.rejects(store.publish("a/x", () => Deno.openSync("/nothing/there").close()), isDataError(/a\/x"/));
  }));

Deno.test({
  name: "a store that may only be read is read, and says so when written (skipped where nothing can be mounted)",
  ignore: !canMount(),
  fn: () =>
    inFolder(async (folder) => {
      const [root, view] = [`${folder}/store`, `${folder}/view`];
      await publishText(createLocalArtifacts(root), "x", "1");
      Deno.mkdirSync(view);
      assert.ok(mount("--bind", root, view) && mount("-o", "remount,bind,ro", view));
      try {
        const store = createLocalArtifacts(view);
        assert.equal(await fetchText(store, "x"), "1");
        assert.deepEqual(await keysBelow(store, ""), ["x"]);
        await assert.rejects(publishText(store, "y", "2"), isDataError(/found a read-only file system/));
        await assert.rejects(store.remove("x"), isDataError(/found a read-only file system/));
      } finally {
        new Deno.Command("umount", { args: [view] }).outputSync();
      }
    }),
});

function mount(...args: string[]): boolean {
  try {
    return new Deno.Command("mount", { args, stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

function canMount(): boolean {
  const folder = Deno.makeTempDirSync();
  try {
    const isMounted = mount("--bind", folder, folder);
    if (isMounted) new Deno.Command("umount", { args: [folder] }).outputSync();
    return isMounted;
  } finally {
    Deno.removeSync(folder);
  }
}
