/** createScratchFiles(): bytes by position in files that leave nothing behind. */

import assert from "node:assert/strict";
import { isPtychoError } from "../errors.ts";
import { createScratchFiles } from "./scratch_file.ts";

const inFolder = (test: (folder: string) => void) => () => {
  const folder = Deno.makeTempDirSync();
  try {
    test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
};

Deno.test(
  "createScratchFiles().open() gives back what was written, in any order",
  inFolder((folder) => {
    using files = createScratchFiles(folder);
    const [a, b] = [files.open(), files.open()];
    const values = Float32Array.from({ length: 100_000 }, (_, i) => i / 7);
    a.write(4_000_000, new Uint8Array(values.buffer));
    a.write(3, Uint8Array.of(1, 2, 3));
    b.write(0, Uint8Array.of(9));
    const [late, early] = [new Float32Array(100_000), new Uint8Array(2)];
    a.read(4_000_000, new Uint8Array(late.buffer));
    a.read(4, early);
    assert.deepEqual(late, values);
    assert.deepEqual([...early], [2, 3]);
  }),
);

Deno.test(
  "createScratchFiles() leaves no file once it is disposed, and on Linux none that has a name before",
  inFolder((folder) => {
    {
      using files = createScratchFiles(folder);
      files.open().write(0, Uint8Array.of(1));
      if (Deno.build.os === "linux") assert.deepEqual([...Deno.readDirSync(folder)], []);
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }),
);

Deno.test(
  "createScratchFiles().open() refuses bytes that were never written",
  inFolder((folder) => {
    using files = createScratchFiles(folder);
    const scratch = files.open();
    scratch.write(0, new Uint8Array(10));
    assert.throws(() => scratch.read(8, new Uint8Array(4)), { name: "RangeError", message: /found 10 bytes/ });
  }),
);

Deno.test("createScratchFiles().open() says which folder cannot be written and what chooses it", () => {
  using files = createScratchFiles("/dev/null/scratch");
  assert.throws(
    () => files.open(),
    (e) => isPtychoError(e, "DataError") && /\/dev\/null\/scratch.*TMPDIR/.test(e.message),
  );
});
