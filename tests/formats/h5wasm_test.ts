/** The HDF5 library in core/formats/h5wasm is that of the npm package in deno.json. */

import assert from "node:assert/strict";
import { H5WASM_FOLDER, unpackH5wasm } from "../../infra/unpack_h5wasm.ts";

Deno.test("core/formats/h5wasm is what deno task h5wasm makes of the package", async () => {
  // Only what is imported is downloaded.
  await import("h5wasm/node");
  for (const [name, expected] of Object.entries(unpackH5wasm())) {
    const found = Deno.readFileSync(new URL(name, H5WASM_FOLDER));
    const bytes = typeof expected === "string" ? new TextEncoder().encode(expected) : expected;
    assert.ok(found.length === bytes.length && found.every((byte, i) => byte === bytes[i]), name);
  }
});
