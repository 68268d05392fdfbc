/** takeApart(): the module and the script of the package in deno.json, and null for anything else. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { takeApart } from "./h5wasm_parts.ts";

function inFile<T>(content: string, test: (file: URL) => T): T {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "script.js");
    Deno.writeTextFileSync(path, content);
    return test(pathToFileURL(path));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The smallest module, written as the package writes its own. */
const MODULE = "\\0asm\\x01\\0\\0\\0";

/** A section that a module may hold: its kind, its length, its name `n`, and two bytes above 127. */
const SECTION = "\\0\\x04\\x01nÿ\\xc3";

Deno.test("takeApart() finds the library in the package that is used, so that it is not imported whole", async () => {
  // Only what is imported is downloaded.
  await import("h5wasm/node");
  const parts = takeApart(new URL("hdf5_util.js", import.meta.resolve("h5wasm/node")));
  assert.ok(parts !== null, "the package is built in another way; see h5wasm_parts.ts");
  assert.ok(WebAssembly.Module.exports(parts.module).length > 100);
  assert.ok(parts.script.length < 300_000, `${parts.script.length}`);
});

Deno.test("takeApart() decodes escapes, and tells the script where it lies", () => {
  inFile(`const a = binaryDecode('${MODULE}${SECTION}'); export default [a, import.meta.url];`, (file) => {
    const parts = takeApart(file)!;
    const [section] = WebAssembly.Module.customSections(parts.module, "n");
    assert.deepEqual([...new Uint8Array(section!)], [255, 0xc3]);
    assert.equal(parts.script, `const a = binaryDecode(''); export default [a, "${file.href}"];`);
  });
});

for (
  const [what, content] of [
    ["a script without the text", "export default 1;"],
    ["a text that never ends", `binaryDecode('${MODULE}`],
    ["a text that is no module", "binaryDecode('hello')"],
    ["a text that goes on", `binaryDecode('${MODULE}' + more)`],
  ] as const
) {
  Deno.test(`takeApart() gives null for ${what}`, () => assert.equal(inFile(content, takeApart), null));
}

Deno.test("takeApart() gives null for a file that is not there", () => {
  assert.equal(takeApart(new URL("file:///nowhere/script.js")), null);
});
