/** Whole files: they appear complete or not at all, and every failure says why. */

import assert from "node:assert/strict";
import { isPtychoError } from "../errors.ts";
import { beginWhole, checkTarget, writeBytesWhole, writeWhole } from "./atomic_file.ts";

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

const names = (folder: string): string[] => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

Deno.test(
  "writeBytesWhole() makes the folders and writes the content",
  inFolder((folder) => {
    writeBytesWhole(`${folder}/a/b/c.txt`, "good\u00e4");
    assert.equal(Deno.readTextFileSync(`${folder}/a/b/c.txt`), "good\u00e4");
    assert.deepEqual(names(`${folder}/a/b`), ["c.txt"]);
  }),
);

Deno.test(
  "writeWhole() leaves the old file and nothing else when writing fails",
  inFolder((folder) => {
    writeBytesWhole(`${folder}/x`, "old");
    assert.throws(() =>
      writeWhole(`${folder}/x`, (temporaryPath) => {
        Deno.writeTextFileSync(temporaryPath, "half");
        throw new Error("stopped in the middle");
      }), (error) => isPtychoError(error, "DataError") && /stopped in the middle/.test(error.message));
    assert.equal(Deno.readTextFileSync(`${folder}/x`), "old");
    assert.deepEqual(names(folder), ["x"]);
  }),
);

Deno.test(
  "beginWhole() shows nothing under the name before commit, and keeps the old file as .old when asked",
  inFolder((folder) => {
    writeBytesWhole(`${folder}/x`, "old");
    const file = beginWhole(`${folder}/x`);
    Deno.writeTextFileSync(file.temporaryPath, "new");
    assert.equal(Deno.readTextFileSync(`${folder}/x`), "old");
    file.commit({ keepOld: true });
    assert.equal(Deno.readTextFileSync(`${folder}/x`), "new");
    assert.equal(Deno.readTextFileSync(`${folder}/x.old`), "old");
    assert.deepEqual(names(folder), ["x", "x.old"]);
  }),
);

Deno.test(
  "beginWhole() and abandon leave nothing",
  inFolder((folder) => {
    const file = beginWhole(`${folder}/x`);
    Deno.writeTextFileSync(file.temporaryPath, "half");
    file.abandon();
    assert.deepEqual(names(folder), []);
  }),
);

Deno.test(
  "writeBytesWhole() writes through a symbolic link",
  inFolder((folder) => {
    writeBytesWhole(`${folder}/real`, "old");
    Deno.symlinkSync(`${folder}/real`, `${folder}/link`);
    writeBytesWhole(`${folder}/link`, "new");
    assert.equal(Deno.readTextFileSync(`${folder}/real`), "new");
    assert.ok(Deno.lstatSync(`${folder}/link`).isSymlink);
  }),
);

const REFUSED = [
  { path: "folder", says: /found a folder/ },
  { path: "file/x", says: /found a file where a folder/ },
  { path: "/dev/null", says: /found a device or pipe/ },
];
for (const { path, says } of REFUSED) {
  Deno.test(
    `writeBytesWhole() to ${path} says why it cannot`,
    inFolder((folder) => {
      Deno.mkdirSync(`${folder}/folder`);
      writeBytesWhole(`${folder}/file`, "");
      const target = path.startsWith("/") ? path : `${folder}/${path}`;
      assert.throws(
        () => writeBytesWhole(target, "x"),
        (error) => isPtychoError(error, "DataError") && says.test(error.message),
      );
      assert.throws(
        () => checkTarget(target),
        (error) => isPtychoError(error, "DataError") && says.test(error.message),
      );
    }),
  );
}

Deno.test(
  "checkTarget() takes names that can be written, in folders that are not there yet, and makes nothing",
  inFolder((folder) => {
    writeBytesWhole(`${folder}/file`, "");
    for (const path of ["file", "new", "a/b/new"]) checkTarget(`${folder}/${path}`);
    assert.deepEqual(names(folder), ["file"]);
  }),
);

Deno.test(
  "a process that is killed while writing leaves nothing under the name",
  inFolder((folder) => {
    const module = new URL("./atomic_file.ts", import.meta.url).href;
    const code = `import { writeWhole } from ${JSON.stringify(module)};
      writeWhole(${JSON.stringify(`${folder}/x`)}, (temporaryPath) => {
        Deno.writeTextFileSync(temporaryPath, "half");
        Deno.kill(Deno.pid, "SIGKILL");
      });`;
    Deno.writeTextFileSync(`${folder}/writer.ts`, code);
    const args = ["run", "--allow-all", "--no-lock", `${folder}/writer.ts`];
    const { signal } = new Deno.Command(Deno.execPath(), { args, stderr: "null" }).outputSync();
    assert.equal(signal, "SIGKILL");
    assert.ok(!names(folder).includes("x"));
  }),
);
